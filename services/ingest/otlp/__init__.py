"""OpenTelemetry in: bodies of any client are decoded (`wire`), spans read by the conventions of
the library that made them (`conventions`), and told as steps (`events`). Pure.
"""

"""What a call costs: pure pricing of one call against the price book, shared by the services.

`core.price` is the whole decision; `book` holds the records, `matching` finds the one in force,
`conditions` tests variants, `rates` compiles records and `arithmetic` draws the cost lines.
"""

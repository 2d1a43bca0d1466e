"""The query form: one question for every widget, one answer with groups, Other and total.

`form` is the wire, `ask` reads it, `measures` and `dims` say what there is, `source` and
`statements` render SQL, `fold` and `told` make the answer. All pure but `engine` and `routes`.
"""

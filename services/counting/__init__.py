"""Which tellings are one call, which of them speaks, and where it is counted. Pure.

One model call may be told by one to three spans of different libraries, in any order, across
requests and traces. `telling` is what is told, `graph` is how tellings hang together, `resolve`
decides what counts.
"""

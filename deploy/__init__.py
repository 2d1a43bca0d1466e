"""How Tracetally is run: containers, and the same engines on a machine without them."""

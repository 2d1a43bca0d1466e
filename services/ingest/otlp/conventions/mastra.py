"""Mastra: what is inside a request is told, too, by its exporter for Arize as the same kind.

Steps and pieces of an answer tell no usage there; the request tells the sum of its steps.
"""

ATTRIBUTE = "mastra.span.type"
OPERATIONS = {"model_step": "invoke_agent", "model_chunk": "other"}

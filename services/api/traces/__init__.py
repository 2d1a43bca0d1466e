"""Traces and conversations: found, read as trees, with what was said, told twice and judged."""

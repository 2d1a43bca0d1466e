"""Respan, before Keywords AI: for whom a call is, on Traceloop's or OpenInference's spans.

Its customer is the user of an application, in its own documentation, too.
"""

_BRANDS = ("respan", "keywordsai")


def _places(name: str) -> tuple[str, ...]:
    return tuple(f"{brand}.{name}" for brand in _BRANDS)


CARRIERS: tuple[str, ...] = _places("metadata.")
SOURCES = {
    "user_id": _places("customer_params.customer_identifier"),
    "conversation_id": _places("threads.thread_identifier")
    + _places("sessions.session_identifier"),
    "environment": _places("environment"),
}

CONTENTS: dict[str, tuple[str, str]] = {}

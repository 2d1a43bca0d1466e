"""Examples of the OpenAPI document: traces and conversations."""

from typing import Any

_STEP = {
    "event_id": "e1",
    "parent_event_id": None,
    "depth": 0,
    "is_orphan": False,
    "is_counted": True,
    "operation": "chat",
    "name": "answer",
    "status": "ok",
    "started_at": "2026-11-22T20:11:40.280000Z",
    "occurred_at": "2026-11-22T20:11:42.120000Z",
    "duration_ms": 1840,
    "provider": "openai",
    "model": "gpt-4o",
    "pending": "",
    "currency": "USD",
    "cost": "0.0123",
    "charge": "0.0123",
    "tokens": {"input": 900, "cache_read": 120, "cache_write": 0, "output": 61, "reasoning": 0},
    "subtree": {"cost": {"USD": "0.0123"}, "charge": {"USD": "0.0123"}, "pending_calls": 0},
}
_STEP |= {
    "contents": 2,
    "call": {
        "counted": "e1", "counted_trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
        "why": "nearest_the_wire", "tellings": ["e0", "e1"], "is_usage_equal": True,
    },
}  # fmt: skip
_OUTCOME = {
    "outcome_id": "o1", "kind": "feedback", "name": "helpful", "value": "1", "unit": "",
    "label": "yes", "comment": "", "occurred_at": "2026-11-22T20:15:00Z", "org_id": "acme",
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "span_id": "", "conversation_id": "c-1",
    "response_id": "",
}  # fmt: skip
_FIGURES = {
    "started_at": "2026-11-22T20:11:40.280000Z", "ended_at": "2026-11-22T20:11:42.120000Z",
    "duration_ms": 1840, "steps": 4, "calls": 2, "errors": 0, "pending_calls": 0,
    "currency": "USD", "cost": "0.0123", "charge": "0.0148", "costs": {"USD": "0.0123"},
    "charges": {"USD": "0.0148"},
}  # fmt: skip
_FOUND = {
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736", "project": "default", "org": "acme",
    "conversation_id": "c-1", "user": "u-7", "name": "answer",
} | _FIGURES  # fmt: skip
TRACES: dict[str, Any] = {"traces": [_FOUND], "next": None}
_SPAN_OF_TIME = {
    "first_at": _FIGURES["started_at"], "last_at": _FIGURES["ended_at"],
    **{name: _FIGURES[name] for name in list(_FIGURES)[2:]},
}  # fmt: skip
CONVERSATIONS: dict[str, Any] = {
    "conversations": [
        {"conversation_id": "c-1", "org": "acme", "user": "u-7", "assistants": ["support"],
         "trace_count": 3, **_SPAN_OF_TIME}
    ],
    "next": None,
}  # fmt: skip
CONVERSATION: dict[str, Any] = {
    "conversation_id": "c-1",
    "orgs": ["acme"],
    "total": _FIGURES,
    "is_truncated": False,
    "turns": [
        {"trace_id": _FOUND["trace_id"], "project": "default", "org": "acme", "user": "u-7",
         "assistant": "support", "assistant_version": "4", "name": "answer", **_FIGURES,
         "running": {"USD": "0.0123"}, "outcomes": [_OUTCOME]}
    ],
    "outcomes": [],
}  # fmt: skip
STEPS: dict[str, Any] = {
    "trace_id": _FOUND["trace_id"], "project": "default", "count": 2, "is_truncated": False,
    "started_ms": 1795378300280,
    "total": {"cost": {"USD": "0.0123"}, "charge": {"USD": "0.0123"}, "pending_calls": 0},
    "columns": {"event_id": ["e0", "e1"], "parent": [-1, 0], "depth": [0, 1],
                "start_ms": [0, 12], "duration_ms": [1840, 1800], "told": [2, 2],
                "cost": [None, "0.0123"]},
    "next": None,
}  # fmt: skip
TRACE: dict[str, Any] = {
    "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    "project": "default",
    "total": {"cost": {"USD": "0.0123"}, "charge": {"USD": "0.0123"}, "pending_calls": 0},
    "is_truncated": False,
    "steps": [_STEP],
    "outcomes": [_OUTCOME],
}
CONTENTS: dict[str, Any] = {
    "trace_id": _FOUND["trace_id"],
    "contents": [
        {"content_id": "c-2", "event_id": "e1", "span_id": "00f067aa0ba902b7", "org_id": "acme",
         "kind": "returned", "name": "gen_ai.output.messages", "role": "assistant",
         "mime_type": "text/plain", "occurred_at": "2026-11-22T20:11:42.120000Z", "chars": 54,
         "cut_chars": 0, "content": "Write to [redacted] and your refund is on its way.",
         "is_preview": False}
    ],
    "is_truncated": False,
}  # fmt: skip
DELETION: dict[str, Any] = {
    "deletion_id": "9f86d081884c7d659a2feaa0", "requested_at": "2026-11-22T20:15:00Z",
    "requested_by": "ops", "project": "", "trace_id": "", "conversation_id": "", "user_id": "u-7",
    "status": "done", "done_at": "2026-11-22T20:15:02Z", "pieces": 12,
}  # fmt: skip

"""Google's Agent Development Kit: `call_llm` spans, the session in attributes of its own."""

SOURCES = {
    "conversation_id": ("gcp.vertex.agent.session_id",),
}  # fmt: skip

"""Google's Agent Development Kit: `call_llm` spans, the session in attributes of its own."""

SOURCES = {
    "conversation_id": ("gcp.vertex.agent.session_id",),
}  # fmt: skip

CONTENTS = {
    "gcp.vertex.agent.llm_request": ("sent", ""),
    "gcp.vertex.agent.llm_response": ("returned", "assistant"),
    "gcp.vertex.agent.tool_call_args": ("sent", "tool"),
    "gcp.vertex.agent.tool_response": ("returned", "tool"),
}

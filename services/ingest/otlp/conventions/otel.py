"""OpenTelemetry GenAI semantic conventions, of 2026 and older.

All of `gen_ai.*` is in development: a renamed attribute arrives under both names for years, and
`schema_url` is no guide. Source: open-telemetry/semantic-conventions-genai, client-inference.
"""

import re

ATTRIBUTE = "gen_ai.operation.name"
OPERATIONS = {
    "chat": "chat", "generate_content": "chat", "responses": "chat", "aresponses": "chat",
    "acompletion": "chat", "completion": "chat", "message": "chat",
    "chat_streaming": "chat", "chat_stream": "chat", "stream_chat": "chat", "inference": "chat",
    "llm": "chat", "messages": "chat", "call_llm": "chat", "llm_call": "chat",
    "chat.completions": "chat", "chat_completion": "chat", "generatecontent": "chat",
    "text.completions": "text_completion", "text_completion": "text_completion",
    "atext_completion": "text_completion", "textcompletion": "text_completion",
    "embeddings": "embeddings", "embedding": "embeddings", "aembedding": "embeddings",
    "embed_content": "embeddings", "embed": "embeddings",
    "openai.responses.create": "chat", "rerank": "rerank", "arerank": "rerank",
    "image": "image", "image_generation": "image", "generate_image": "image",
    "aimage_generation": "image", "speech": "speech", "aspeech": "speech",
    "text_to_speech": "speech", "transcription": "transcription",
    "atranscription": "transcription", "speech_to_text": "transcription",
    "translation": "transcription", "realtime": "chat", "orchestrate_tools": "invoke_agent",
    "fetch_response": "other", "execute_tool": "execute_tool", "tool": "execute_tool",
    "retrieval": "retrieval", "retrieve": "retrieval", "vectordb": "retrieval",
    "search_memory": "retrieval", "create_memory": "other", "update_memory": "other",
    "upsert_memory": "other", "delete_memory": "other", "create_memory_store": "other",
    "delete_memory_store": "other", "invoke_agent": "invoke_agent", "agent": "invoke_agent",
    "create_agent": "invoke_agent", "invoke_workflow": "invoke_agent", "plan": "invoke_agent",
    "agent_step": "invoke_agent", "execute_event_loop_cycle": "invoke_agent",
    "chain": "invoke_agent", "framework": "invoke_agent", "workflow": "invoke_agent",
    "agent_call": "invoke_agent", "tool_call": "execute_tool",
    "start_thread_run": "invoke_agent", "process_thread_run": "invoke_agent",
    "get_thread_run": "invoke_agent", "submit_tool_outputs": "invoke_agent",
    "workflow_task": "invoke_agent", "handoff": "other", "guardrail": "guardrail",
}  # fmt: skip
"""What a step is. Reading a stored response (`fetch_response`) is never priced."""
_NAME = re.compile(r"(chat|text_completion|generate_content|embeddings) (\S+)")
_LIBRARIES = ("openlit.instrumentation.", "opentelemetry.instrumentation.",
              "openinference.instrumentation.")  # fmt: skip


def of_name(scope: str, name: str) -> tuple[str, str] | None:
    """The operation and the model out of a span's name, which is made of them by convention.

    >>> of_name("openlit.instrumentation.anthropic", "chat claude-sonnet-4-5")
    ('chat', 'claude-sonnet-4-5')
    """
    said = _NAME.fullmatch(name) if scope.startswith(_LIBRARIES) else None
    return (OPERATIONS[said[1]], said[2]) if said else None


SOURCES = {
    "provider": ("gen_ai.provider.name", "gen_ai.system", "gen_ai.model.provider"),
    "request_model": ("gen_ai.request.model",),
    "response_model": ("gen_ai.response.model",),
    "response_id": ("gen_ai.response.id",),
    "input": ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens",
              "llm.usage.input_tokens"),
    "output": ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
               "llm.usage.completion_tokens", "llm.usage.output_tokens"),
    "total": ("gen_ai.usage.total_tokens", "llm.usage.total_tokens"),
    "cache_read": (
        "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cached_input_tokens", "gen_ai.usage.details.cache_read_tokens",
        "gen_ai.usage.input_tokens.cached", "gen_ai.usage.input_token_details.cached_tokens",
        "gen_ai.usage.cache_read_tokens", "gen_ai.usage.input_tokens_details.cached_tokens",
        "gen_ai.usage.prompt_tokens_details.cached_tokens", "llm.usage.cache_read_input_tokens",
    ),
    "cache_write": (
        "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens",
        "gen_ai.usage.details.cache_write_tokens", "gen_ai.usage.input_tokens.cache_creation",
        "gen_ai.usage.cache_write_tokens", "gen_ai.usage.cache_creation_tokens",
        "llm.usage.cache_creation_input_tokens",
    ),
    "cache_write_5m": ("anthropic.usage.cache_creation.ephemeral_5m_input_tokens",),
    "cache_write_1h": ("anthropic.usage.cache_creation.ephemeral_1h_input_tokens",),
    "reasoning": (
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.details.reasoning_tokens", "llm.usage.reasoning_tokens",
        "gen_ai.usage.output_tokens.reasoning", "microsoft.foundry.reasoning.tokens",
        "gen_ai.usage.reasoning_output_tokens",
        "gen_ai.usage.output_tokens_details.reasoning_tokens",
        "gen_ai.usage.completion_tokens_details.reasoning_tokens",
    ),
    "conversation_id": ("gen_ai.conversation.id", "session.id", "conversation.id",
                        "conversation_id", "session_id", "thread_id", "conversationId",
                        "sessionId"),
    "user_id": ("user.id", "enduser.id", "user_id", "gen_ai.request.user", "gen_ai.user.id",
                "enduser.pseudo.id",
                "userId"),
    "feature": ("feature.name", "feature", "feature_name", "feature.id"),
    "assistant_id": ("assistant.config.id", "assistant_config_id", "config.id", "config_id",
                     "assistant.id", "assistant_id"),
    "assistant_version": ("assistant.version", "assistant_version", "assistant.config.version"),
    "environment": ("deployment.environment.name", "deployment.environment"),
    "error_type": ("error.type", "error.code"),
    "http_status": ("http.response.status_code",),
    "finish_reason": ("gen_ai.response.finish_reasons",),
    "tier": ("openai.response.service_tier", "gen_ai.openai.response.service_tier",
             "anthropic.response.service_tier"),
    "cost": ("gen_ai.usage.cost.amount", "gen_ai.cost.total_cost", "operation.cost",
             "gen_ai.usage.cost", "gen_ai.usage.total_cost"),
    "ttft_s": ("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token",
               "gen_ai.client.operation.time_to_first_chunk"),
    "workflow": ("gen_ai.workflow.name",),
    "agent": ("gen_ai.agent.name",),
}  # fmt: skip
"""Field to attributes, the first that is told counts. Identity may stand on the resource, too."""

CONTENTS = {
    "gen_ai.input.messages": ("sent", ""),
    "gen_ai.output.messages": ("returned", "assistant"),
    "gen_ai.system_instructions": ("sent", "system"),
    "gen_ai.prompt": ("sent", ""),
    "gen_ai.completion": ("returned", "assistant"),
    "gen_ai.tool.call.arguments": ("sent", "tool"),
    "gen_ai.tool.call.result": ("returned", "tool"),
    "gen_ai.retrieval.query.text": ("sent", "user"),
    "gen_ai.retrieval.documents": ("retrieved", ""),
    "all_messages_events": ("message", ""),
    "pydantic_ai.all_messages": ("message", ""),
    "final_result": ("returned", "assistant"),
    "tool_arguments": ("sent", "tool"),
    "tool_response": ("returned", "tool"),
}
"""What was said: attribute to kind and role of the piece. Opt-in in the client, too."""
PREFIXES: dict[str, tuple[str, str]] = {
    "gen_ai.prompt.": ("sent", ""),
    "gen_ai.completion.": ("returned", "assistant"),
}
EVENT_ROLES = {
    "gen_ai.system.message": ("sent", "system"), "gen_ai.user.message": ("sent", "user"),
    "gen_ai.assistant.message": ("sent", "assistant"), "gen_ai.tool.message": ("sent", "tool"),
    "gen_ai.choice": ("returned", "assistant"),
}  # fmt: skip
"""Events, of spans or of logs, up to 1.36: their body is the message."""

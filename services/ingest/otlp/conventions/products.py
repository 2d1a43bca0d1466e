"""Names of products that else keep to the convention: PostHog, Weave, Mirascope, Galileo, Raindrop,
Agent 365 of Microsoft, Cloudflare's AI Gateway.

The gateway has the whole answer as JSON in text; of its tokens it tells the sums alone.
"""

from services.ingest.otlp.conventions import answers

_POSTHOG = "posthog_distinct_id"
COMPLETION = "gen_ai.completion_json"
_RAINDROP = "ai.telemetry.metadata.raindrop."
_MIRASCOPE = "mirascope.response.usage"
_ANSWER = answers.places(f"{COMPLETION}|")
SOURCES = _ANSWER | {
    "cache_read": (*_ANSWER["cache_read"], f"{_MIRASCOPE}|cache_read_tokens"),
    "cache_write": (*_ANSWER["cache_write"], f"{_MIRASCOPE}|cache_write_tokens"),
    "reasoning": (*_ANSWER["reasoning"], f"{_MIRASCOPE}|reasoning_tokens"),
    "response_model": (f"{COMPLETION}|model",),
    "response_id": (f"{COMPLETION}|id",),
    "conversation_id": ("wandb.thread_id", "$session_id", "$ai_session_id", "galileo.session.id",
                        "microsoft.session.id", f"{_RAINDROP}convoId"),
    "org_id": ("microsoft.tenant.id",),
    "user_id": ("posthog.distinct_id", f"ai.telemetry.metadata.{_POSTHOG}",
                f"ai.settings.context.{_POSTHOG}", f"{_RAINDROP}ai.userId", f"{_RAINDROP}userId"),
}  # fmt: skip

CONTENTS = {"gen_ai.prompt_json": ("sent", ""), COMPLETION: ("returned", "assistant")}

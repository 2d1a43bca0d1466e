"""Names of products that else keep to the convention: PostHog, Weave, Cloudflare's AI Gateway.

The gateway has the whole answer as JSON in text; of its tokens it tells the sums alone.
"""

from services.ingest.otlp.conventions import answers

_POSTHOG = "posthog_distinct_id"
COMPLETION = "gen_ai.completion_json"
SOURCES = answers.places(f"{COMPLETION}|") | {
    "response_model": (f"{COMPLETION}|model",),
    "response_id": (f"{COMPLETION}|id",),
    "conversation_id": ("wandb.thread_id", "$session_id", "$ai_session_id"),
    "user_id": ("posthog.distinct_id", f"ai.telemetry.metadata.{_POSTHOG}",
                f"ai.settings.context.{_POSTHOG}"),
}  # fmt: skip

CONTENTS = {"gen_ai.prompt_json": ("sent", ""), COMPLETION: ("returned", "assistant")}

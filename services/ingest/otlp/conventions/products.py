"""Names of identity of products that else keep to the convention: PostHog, Weave."""

_POSTHOG = "posthog_distinct_id"
SOURCES = {
    "conversation_id": ("wandb.thread_id", "$session_id", "$ai_session_id"),
    "user_id": ("posthog.distinct_id", f"ai.telemetry.metadata.{_POSTHOG}",
                f"ai.settings.context.{_POSTHOG}"),
}  # fmt: skip

CONTENTS: dict[str, tuple[str, str]] = {}

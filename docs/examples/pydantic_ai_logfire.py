"""Pydantic AI with Logfire's instrumentation, sent to Tracetally instead of Logfire.

pip install "pydantic-ai-slim[openai]" logfire
"""

import logfire
from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel

logfire.configure(send_to_logfire=False, console=False)  # OTEL_EXPORTER_OTLP_* says where
logfire.instrument_pydantic_ai()

agent = Agent(OpenAIChatModel("gpt-4o"), name="support", instructions="Be brief.")
agent.run_sync("Where is my invoice?")

logfire.force_flush()

"""Anthropic's SDK, which makes spans by itself as soon as there is a tracer provider.

pip install anthropic opentelemetry-sdk opentelemetry-exporter-otlp-proto-http
"""

from anthropic import Anthropic
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)

with trace.get_tracer("support").start_as_current_span("answer") as span:
    span.set_attribute("gen_ai.conversation.id", "c-42")  # calls below take it from here
    Anthropic().messages.create(
        model="claude-sonnet-4-5",
        max_tokens=100,
        messages=[{"role": "user", "content": "Where is my invoice?"}],
    )

provider.shutdown()

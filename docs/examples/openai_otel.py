"""OpenAI's SDK with OpenTelemetry's instrumentation.

pip install openai opentelemetry-instrumentation-genai-openai opentelemetry-exporter-otlp-proto-http
"""

from openai import OpenAI
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument()

client = OpenAI()
messages = [{"role": "user", "content": "Where is my invoice?"}]
client.chat.completions.create(model="gpt-4o", messages=messages)

stream = client.chat.completions.create(
    model="gpt-4o",
    messages=messages,
    stream=True,
    stream_options={"include_usage": True},  # without it OpenAI tells no usage of streams
)
for _ in stream:
    pass

provider.shutdown()

"""OpenInference (Arize, Phoenix) around OpenAI's SDK: two exporters would do for both backends.

pip install openai openinference-instrumentation-openai opentelemetry-exporter-otlp-proto-http
"""

from openai import OpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
OpenAIInstrumentor().instrument(tracer_provider=provider)

with using_attributes(session_id="c-42", user_id="u-7", metadata={"feature": "refunds"}):
    OpenAI().chat.completions.create(
        model="gpt-4o", messages=[{"role": "user", "content": "Where is my invoice?"}]
    )

provider.shutdown()

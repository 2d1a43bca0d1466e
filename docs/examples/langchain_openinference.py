"""LangChain with OpenInference's instrumentation.

pip install langchain langchain-openai openinference-instrumentation-langchain \
    opentelemetry-exporter-otlp-proto-http
"""

from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
LangChainInstrumentor().instrument(tracer_provider=provider)

chain = ChatPromptTemplate.from_template("Answer briefly: {question}") | ChatOpenAI(model="gpt-4o")
chain.invoke(
    {"question": "Where is my invoice?"},
    config={"metadata": {"session_id": "c-42", "feature": "refunds"}},
)

provider.shutdown()

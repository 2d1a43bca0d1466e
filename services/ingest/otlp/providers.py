"""Who answered: the provider as a library names it, else as the model's name gives it away. Pure.

Libraries write the API behind the name (`openai.chat`), or a framework's name, or nothing.
"""

import re

from services.ingest.otlp.conventions import agents, monocle
from services.pricing.providers import KNOWN, canonical

_BY_MODEL = tuple(
    (re.compile(pattern), provider)
    for pattern, provider in (
        (r"(us|eu|apac|global|au|jp|ca)\.[a-z0-9]+\.", "aws.bedrock"),
        (r"(anthropic|amazon|meta|cohere|mistral|ai21|deepseek|openai)\.", "aws.bedrock"),
        (r"gpt-|chatgpt-|o[1345](-|$)|text-embedding-(3|ada)|davinci|babbage|whisper-|tts-|dall-e|"
         r"codex-|computer-use|omni-moderation|ft:gpt-", "openai"),
        (r"claude-", "anthropic"),
        (r"gemini-|models/gemini-|text-embedding-00|gemini-embedding|embedding-001", "gcp.gemini"),
        (r"(mis|minis|magis|codes|devs|pixs?)tral-|pixtral-|open-mi[sx]tral", "mistral_ai"),
        (r"command-|embed-(english|multilingual|v)|rerank-(english|multilingual|v)", "cohere"),
        (r"deepseek-", "deepseek"),
        (r"grok-", "x_ai"),
        (r"sonar(-|$)", "perplexity"),
        (r"voyage-", "voyage"),
        (r"jina-", "jina"),
        (r"kimi-|moonshot-", "moonshot_ai"),
    )
)  # fmt: skip


def provider(told: str, model: str) -> str:
    """The provider's canonical name; a name that no table has stays as it is, nothing stays empty.

    >>> provider("openai.chat", ""), provider("", "claude-sonnet-4-5"), provider("", "in-house")
    ('openai', 'anthropic', '')
    >>> provider("google.vertex.chat", ""), provider("mock-provider", "gpt-4o")
    ('gcp.vertex_ai', 'mock-provider')
    """
    name = told.partition("/")[0].strip()
    while name:
        if (known := canonical(name)) in KNOWN:
            return known
        shorter = name.rpartition(".")[0]
        if not shorter:
            return canonical(told.partition("/")[0])
        name = shorter
    return of_model(model)


_FOUNDRY = agents.PROVIDERS | {"azure.ai.foundry"}
"""Azure's names for what serves models of OpenAI and of others: two providers here."""
_ALSO = {
    "google_ai_gemini": "gcp.gemini", "google_vertex_ai_gemini": "gcp.vertex_ai",
    "google_vertex_ai_anthropic": "gcp.vertex_ai",
    "google.vertex.ai": "gcp.vertex_ai", "gcp.anthropic": "gcp.vertex_ai",
    "google-gemini": "gcp.gemini", "watsonx_ai": "ibm.watsonx.ai", "openai_sdk": "openai",
    "genai": "gcp.gemini", "openairesponses": "openai",
    "gcp.vertex": "gcp.vertex_ai", "bailian": "alibaba_cloud",
}  # fmt: skip
"""Names that single libraries have: LangChain4j, Envoy's gateway."""
_CLASSES = frozenset(
    {"openai", "anthropic", "azure_openai", "bedrock", "mistralai", "groq", "cohere"}
)
"""Of LlamaIndex, with endings that say nothing: `openai_responses_llm`."""
_INSTRUMENTED = re.compile(
    r"(?:(?:openlit|opentelemetry|openinference)\.instrumentation\.(?:genai\.)?"
    r"|@\w+/(?:openinference-)?instrumentation-)(\w+)$"
)
_ANYONE = frozenset({"openai"})
"""Whose client is used to call other providers, too."""
_HOSTS = frozenset({"aws.bedrock"})
"""Who serves the models of others, whose names some libraries tell instead."""


def of_call(told: str, asked: str, answered: str, scope: str) -> str:
    """Who answered a call: as it is told, else as what was instrumented or a model gives it away.

    >>> of_call("", "openai/gpt-oss-120b", "", "openlit.instrumentation.groq")
    'groq'
    >>> of_call("", "groq/llama-3.3-70b-versatile", "llama-3.3-70b-versatile", "litellm")
    'groq'
    """
    part = _INSTRUMENTED.match(scope)
    instrumented = canonical(part[1]) if part else ""
    if told.lower() in _FOUNDRY:
        is_own = of_model(answered or asked) in ("openai", "")
        return "azure.ai.openai" if is_own else "azure.ai.inference"
    told = of_address(told.removeprefix(monocle.PROVIDER))
    plain = told.lower().removesuffix("_llm").removesuffix("_responses")
    told = _ALSO.get(plain, plain if plain in _CLASSES else told)
    named = "" if instrumented in _HOSTS else provider(told, "")
    if named or instrumented in KNOWN - _ANYONE:
        return named or instrumented
    before, slash, _ = asked.removeprefix("@").partition("/")
    if slash and canonical(before) in KNOWN:
        return canonical(before)
    return of_model(answered) or of_model(asked)


_ACCOUNT = "@"
"""How what Portkey's gateway knows an account at a provider by begins, before its model."""
_OWN_ADDRESS = re.compile(r"(localhost|(\d+\.){3}\d+)(:\d+)?$")
_HOST_NAMES = {
    "api.openai.com": "openai", "openai.azure.com": "azure.ai.openai",
    "api.anthropic.com": "anthropic", "generativelanguage.googleapis.com": "gcp.gemini",
    "aiplatform.googleapis.com": "gcp.vertex_ai", "amazonaws.com": "aws.bedrock",
    "api.mistral.ai": "mistral_ai", "api.groq.com": "groq", "api.deepseek.com": "deepseek",
    "api.x.ai": "x_ai", "openrouter.ai": "openrouter", "api.together.xyz": "together",
    "api.fireworks.ai": "fireworks", "api.perplexity.ai": "perplexity",
    "api.cerebras.ai": "cerebras", "api.cohere.com": "cohere",
}  # fmt: skip


def of_address(told: str) -> str:
    """The provider where LiveKit tells the host that was asked; one's own host tells none, nor does
    Portkey's name of an account.

    >>> of_address("api.openai.com"), of_address("mine.openai.azure.com"), of_address("10.0.0.1:80")
    ('openai', 'azure.ai.openai', '')
    """
    if told.startswith(_ACCOUNT):
        return ""
    if "." not in told and ":" not in told:
        return told
    host = told.partition(":")[0].lower()
    known = (named for end, named in _HOST_NAMES.items() if ("." + host).endswith("." + end))
    return next(known, "" if _OWN_ADDRESS.match(told) else told)


def of_gateway(asked: str, upstream: str) -> str:
    """The model that a gateway asked for, where it was asked by a name that says nothing.

    >>> of_gateway("my-claude", "anthropic/claude-sonnet-4-5"), of_gateway("gpt-4o", "azure/mine")
    ('claude-sonnet-4-5', 'gpt-4o')
    """
    model = upstream.partition("/")[2]
    return model if of_model(model) and not of_model(asked) else asked


def of_model_name(model: str) -> str:
    """The operation of a model that writes no text, where its name says so.

    >>> [of_model_name(name) for name in ("amazon.titan-embed-text-v2", "rerank-v3.5", "gpt-4o")]
    ['embeddings', 'rerank', '']
    """
    name = model.lower()
    return "embeddings" if "embed" in name else "rerank" if "rerank" in name else ""


def of_model(model: str) -> str:
    """The provider that a model's name gives away; empty where it does not.

    >>> of_model("@my-account/claude-sonnet-4-5")
    'anthropic'
    """
    name = model.strip().lower()
    before, slash, rest = name.partition("/")
    if before.startswith(_ACCOUNT):
        return of_model(rest)
    if slash and canonical(before) in KNOWN:
        return canonical(before)
    return next((found for pattern, found in _BY_MODEL if pattern.match(name)), "")

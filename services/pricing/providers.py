"""One name per provider: the closed table of names and the synonyms that producers send.

The canonical names are those of OpenTelemetry's `gen_ai.provider.name`. Two products of one vendor
stay two providers, because they charge differently.
"""

import re

_NAMES = {
    "openai": ("text-completion-openai",),
    "azure.ai.openai": (
        "azure",
        "azure.openai",
        "azure_openai",
        "azure-openai",
        "az.ai.openai",
        "azure_text",
    ),
    "azure.ai.inference": ("azure_ai", "az.ai.inference", "azure.ai.foundry", "azure_foundry"),
    "anthropic": (),
    "aws.bedrock": (
        "aws",
        "bedrock",
        "aws_bedrock",
        "amazon.bedrock",
        "amazon-bedrock",
        "amazon_bedrock",
        "bedrock_converse",
        "bedrock_runtime",
        "anthropic_bedrock",
    ),
    "gcp.vertex_ai": (
        "vertex_ai",
        "vertexai",
        "vertex",
        "gcp.vertexai",
        "google-vertex",
        "google.vertex",
        "google_vertexai",
        "google_vertex_ai",
        "vertex_ai-anthropic",
        "vertex_ai-anthropic_models",
        "vertex_ai-language-models",
        "google.vertex.anthropic",
        "google_anthropic_vertex",
        "anthropic_vertex",
    ),
    "gcp.gemini": (
        "google",
        "gemini",
        "gcp.gen_ai",
        "google_ai",
        "google-genai",
        "googleai",
        "google_genai",
        "google.generative-ai",
        "google_generative_ai",
        "google_ai_studio",
        "google-gla",
        "gemini_api",
    ),
    "mistral_ai": ("mistral", "mistralai"),
    "cohere": ("cohere_chat",),
    "deepseek": ("deep_seek",),
    "x_ai": ("xai", "x-ai", "x.ai", "grok"),
    "groq": ("groq_cloud",),
    "fireworks": ("fireworks_ai", "fireworks-ai", "fireworks_ai-embedding-models"),
    "together": ("together_ai", "togetherai", "together-ai"),
    "perplexity": ("perplexity_ai", "pplx"),
    "openrouter": ("open_router",),
    "ibm.watsonx.ai": ("watsonx", "ibm.watsonx"),
    "moonshot_ai": ("moonshot", "moonshotai", "kimi"),
    "cerebras": ("cerebras_ai",),
    "sambanova": ("sambanova_cloud",),
    "deepinfra": ("deep_infra",),
    "nvidia": ("nvidia_nim",),
    "replicate": (),
    "voyage": ("voyageai", "voyage_ai"),
    "jina": ("jina_ai",),
    "ai21": ("ai21_labs",),
    "alibaba_cloud": ("dashscope", "qwen", "alibaba", "aliyun"),
    "databricks": (),
    "cloudflare": ("workers_ai", "cloudflare_workers_ai"),
    "huggingface": ("hugging_face", "hf"),
    "elevenlabs": (),
    "deepgram": (),
    "assemblyai": (),
}
_OTHERS = {
    "amazon_nova": ("amazon-nova",),
    "black_forest_labs": ("bfl",),
    "fal_ai": ("fal",),
    "friendliai": ("friendli",),
    "github-copilot": (),
    "gradient_ai": (),
    "lambda_ai": ("lambda",),
    "minimax": (),
    "nebius": ("nebius_ai",),
    "novita": ("novita_ai",),
    "ovhcloud": ("ovh",),
    "snowflake": ("snowflake_cortex",),
    "stability": ("stability_ai",),
    "vercel_ai_gateway": ("vercel",),
    "xiaomi_mimo": ("xiaomi",),
    "zai": ("z-ai", "z.ai"),
    "zhipuai": ("zhipu", "bigmodel"),
}
"""Of those that only have prices: what a model's name begins with does not tell them."""
_ALL = _NAMES | _OTHERS
_CANONICAL = {
    alias: name for name, aliases in _ALL.items() for alias in (name, *aliases)
}  # fmt: skip
KNOWN = frozenset(_NAMES)
_SEPARATORS = str.maketrans("", "", " ._-")
_JOINED = {alias.translate(_SEPARATORS): name for alias, name in _CANONICAL.items()}
_API = re.compile(
    r"[ ._-](chat|completions?|embeddings?|images?|messages|responses|speech|transcription)$"
)
"""What libraries add to a provider's name: which of its APIs was called."""
_VERTEX = "vertex_ai-"
"""LiteLLM adds whose models Vertex serves."""


def plain_name(text: str) -> str:
    """How names are compared: trimmed, lower case."""
    return text.strip().lower()


def canonical(provider: str) -> str:
    """The one name of a provider; a name that is not in the table stands for itself.

    >>> canonical(" Azure.OpenAI "), canonical("gcp.vertex_ai"), canonical("our-own-gpus")
    ('azure.ai.openai', 'gcp.vertex_ai', 'our-own-gpus')
    >>> canonical("Amazon Bedrock"), canonical("google.vertex.chat")
    ('aws.bedrock', 'gcp.vertex_ai')
    >>> canonical("openai-responses"), canonical("vertex_ai-llama_models"), canonical("Z.AI")
    ('openai', 'gcp.vertex_ai', 'zai')
    """
    name = plain_name(provider)
    return _CANONICAL.get(name) or _respelled(name)


def _respelled(name: str) -> str:
    """A name of the table that is separated otherwise, or followed by the API that was called."""
    if name.startswith(_VERTEX):
        return "gcp.vertex_ai"
    joined = _JOINED.get(name.translate(_SEPARATORS))
    if joined is None and (api := _API.search(name)):
        joined = _JOINED.get(name[: api.start()].translate(_SEPARATORS))
    return joined or name


def spellings(provider: str) -> tuple[str, ...]:
    """Every name a canonical provider goes by, itself first."""
    return (provider, *_ALL.get(provider, ()))

"""One name per provider: the closed table of names and the synonyms that producers send.

The canonical names are those of OpenTelemetry's `gen_ai.provider.name`. Two products of one vendor
stay two providers, because they charge differently.
"""

_NAMES = {
    "openai": (),
    "azure.ai.openai": ("azure", "azure.openai", "azure_openai", "azure-openai", "az.ai.openai"),
    "azure.ai.inference": ("azure_ai", "az.ai.inference"),
    "anthropic": (),
    "aws.bedrock": (
        "aws",
        "bedrock",
        "aws_bedrock",
        "amazon.bedrock",
        "amazon-bedrock",
        "amazon_bedrock",
        "bedrock_converse",
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
    ),
    "mistral_ai": ("mistral", "mistralai"),
    "cohere": (),
    "deepseek": ("deep_seek",),
    "x_ai": ("xai", "x-ai", "x.ai", "grok"),
    "groq": (),
    "fireworks": ("fireworks_ai", "fireworks-ai"),
    "together": ("together_ai", "togetherai", "together-ai"),
    "perplexity": ("perplexity_ai",),
    "openrouter": ("open_router",),
    "ibm.watsonx.ai": ("watsonx", "ibm.watsonx"),
    "moonshot_ai": ("moonshot", "moonshotai"),
    "cerebras": (),
    "sambanova": (),
    "deepinfra": ("deep_infra",),
    "nvidia": ("nvidia_nim",),
    "replicate": (),
    "voyage": ("voyageai", "voyage_ai"),
    "jina": ("jina_ai",),
    "ai21": ("ai21_labs",),
    "alibaba_cloud": ("dashscope", "qwen", "alibaba"),
    "databricks": (),
    "cloudflare": ("workers_ai", "cloudflare_workers_ai"),
    "huggingface": ("hugging_face",),
    "elevenlabs": (),
    "deepgram": (),
    "assemblyai": (),
}
_CANONICAL = {
    alias: name for name, aliases in _NAMES.items() for alias in (name, *aliases)
}  # fmt: skip
KNOWN = frozenset(_NAMES)


def plain_name(text: str) -> str:
    """How names are compared: trimmed, lower case."""
    return text.strip().lower()


def canonical(provider: str) -> str:
    """The one name of a provider; a name that is not in the table stands for itself.

    >>> canonical(" Azure.OpenAI "), canonical("gcp.vertex_ai"), canonical("our-own-gpus")
    ('azure.ai.openai', 'gcp.vertex_ai', 'our-own-gpus')
    """
    name = plain_name(provider)
    return _CANONICAL.get(name, name)


def spellings(provider: str) -> tuple[str, ...]:
    """Every name a canonical provider goes by, itself first."""
    return (provider, *_NAMES.get(provider, ()))

"""More payloads and what they mean: of APIs with names of their own, of sums that tell no parts."""

from tests.unit.pricing.usage_table import Row, cached, chat, claude

READ_TOO: list[Row] = [
    ("google.interactions", {
        "total_input_tokens": 10, "total_cached_tokens": 4, "total_output_tokens": 5,
        "total_thought_tokens": 6, "total_tool_use_tokens": 2, "total_tokens": 23,
        "input_tokens_by_modality": [{"modality": "text", "tokens": 7},
                                     {"modality": "audio", "tokens": 3}],
        "cached_tokens_by_modality": [{"modality": "text", "tokens": 4}]},
     {"input": 3, "cache_read": 4, "input_audio": 3, "input_tool": 2, "output": 5, "reasoning": 6},
     {}),
    ("vertex.interactions", {
        "model": "gemini-3-pro", "usage": {
            "totalInputTokens": 10, "totalOutputTokens": 5, "totalTokens": 15,
            "groundingToolCount": [{"type": "google_search", "count": 2},
                                   {"type": "google_maps", "count": 1}]}},
     {"input": 10, "output": 5, "web_search": 2, "maps_search": 1}, {}),
    ("gemini.interactions", {
        "model": "gemini-2.5-flash", "usage": {
            "total_input_tokens": 10, "total_output_tokens": 5,
            "grounding_tool_count": [{"type": "google_search", "count": 2}]}},
     {"input": 10, "output": 5, "web_search": 1}, {}),
    ("perplexity.responses", claude(
        10, 5, total_tokens=15,
        input_tokens_details={"cache_read_input_tokens": 4, "cache_creation_input_tokens": 0},
        tool_calls_details={"search_web": {"invocation": 2}, "fetch_url": {"invocation": 3}}),
     {"input": 6, "cache_read": 4, "output": 5, "web_search": 2, "request": 3}, {}),
    ("ibm.watsonx.generation", {"results": [
        {"input_token_count": 10, "generated_token_count": 5},
        {"input_token_count": 1, "generated_token_count": 2}]},
     {"input": 11, "output": 7}, {}),
    ("xai.chat", chat(10, 5, reasoning_tokens=20, cached_prompt_text_tokens=4,
                      prompt_image_tokens=3) | {"total_tokens": 35},
     {"input": 3, "cache_read": 4, "input_image": 3, "output": 5, "reasoning": 20}, {}),
    ("xai.chat", chat(10, 5, **cached(7, text_tokens=4, image_tokens=6)),
     {"input_image": 3, "cache_read": 4, "cache_read_image": 3, "output": 5}, {}),
    ("mistral.chat", chat(10, 5, num_cached_tokens=4,
                          prompt_token_details={"cached_tokens": 4}),
     {"input": 6, "cache_read": 4, "output": 5}, {}),
    ("openai.images", claude(50, 9, input_tokens_details={"text_tokens": 10, "image_tokens": 40,
                                                          "cached_tokens": 30}),
     {"input_image": 20, "cache_read": 10, "cache_read_image": 20, "output_image": 9}, {}),
    ("openai.realtime", claude(
        100, 20,
        input_token_details={"text_tokens": 30, "audio_tokens": 70, "cached_tokens": 50},
        output_token_details={"text_tokens": 4, "audio_tokens": 16}),
     {"cache_read": 30, "input_audio": 50, "cache_read_audio": 20, "output": 4,
      "output_audio": 16}, {}),
    ("google.gemini", {"promptTokenCount": 10, "cachedContentTokenCount": 7,
                       "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 6},
                                               {"modality": "TEXT", "tokenCount": 4}]},
     {"input_audio": 3, "cache_read": 4, "cache_read_audio": 3}, {}),
    ("openai.responses", claude(10, 5, prompt_tokens_details={"cached_tokens": 4})
     | {"output": {"text": "Alibaba's own"}},
     {"input": 6, "cache_read": 4, "output": 5}, {}),
    ("anthropic.messages", claude(2, 5, cache_read_input_tokens=7, total_tokens=14),
     {"input": 2, "cache_read": 7, "output": 5}, {}),
    ("pydantic_ai.usage", claude(
        20, 9, cache_read_tokens=6, cache_write_tokens=3, input_audio_tokens=5,
        cache_audio_read_tokens=2, output_audio_tokens=4, details={"reasoning_tokens": 1}),
     {"input": 8, "cache_read": 4, "cache_write": 3, "input_audio": 3, "cache_read_audio": 2,
      "output": 4, "output_audio": 4, "reasoning": 1}, {}),
    ("genai_prices.usage", claude(20, 9, cache_read_tokens=6, output_reasoning_tokens=2),
     {"input": 14, "cache_read": 6, "output": 7, "reasoning": 2}, {}),
    ("otel.genai", {"llm.token_count.prompt": 20, "llm.token_count.completion": 9,
                    "llm.token_count.prompt_details.cache_read": 6,
                    "llm.token_count.prompt_details.audio": 5,
                    "llm.token_count.completion_details.audio": 4},
     {"input": 9, "cache_read": 6, "input_audio": 5, "output": 5, "output_audio": 4}, {}),
    ("otel.genai", {"llm.token_count.prompt": 20, "llm.token_count.total": 20}, {"input": 20}, {}),
    ("otel.genai", {"llm.token_count.prompt": 20, "llm.token_count.total": 29},
     {"input": 20, "output": 9}, {}),
    ("bedrock.sonic", {"event": {"usageEvent": {
        "totalInputTokens": 10, "totalOutputTokens": 5, "totalTokens": 15, "details": {"total": {
            "input": {"speechTokens": 9, "textTokens": 1},
            "output": {"speechTokens": 2, "textTokens": 3}}}}}},
     {"input": 1, "input_audio": 9, "output": 3, "output_audio": 2}, {}),
    ("mistral.chat", {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 35,
                      "connector_tokens": 20, "connectors": {"web_search": 2, "library": 1}},
     {"input": 10, "input_tool": 20, "output": 5, "web_search": 2, "request": 1}, {}),
    ("openai.chat", chat(10, 5, prompt_token_details={"cached_tokens": 4}),
     {"input": 6, "cache_read": 4, "output": 5}, {}),
    ("openai.chat", {"choices": [{"delta": {}, "usage": chat(10, 5, cached_tokens=4)}]},
     {"input": 6, "cache_read": 4, "output": 5}, {}),
    ("openai.chat", {"token_usage": chat(10, 5), "model_name": "m"},
     {"input": 10, "output": 5}, {}),
]  # fmt: skip

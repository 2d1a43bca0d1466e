"""IBM watsonx.ai, text generation: each result tells what was read and written for it.

Facts: API reference of watsonx.ai, text generation. Its chat API has OpenAI's shape.
"""

from services.pricing.usage.reading import InvalidError, Payload, Reading, count, items, quantities


def generation(usage: Payload, response: Payload) -> Reading:  # noqa: ARG001 - all is in the results
    """The sums over the results."""
    sums = {"input_token_count": 0, "generated_token_count": 0}
    results = items(usage, "results")
    for name in sums:
        for result in results:
            told = count(result, name)
            if told is None:
                raise InvalidError("results", f"{name} is missing")
            sums[name] += told
    if not results:
        return Reading({}, {})
    received, sent = sums.values()
    return Reading(quantities(input=received, output=sent), {})

"""Personal data found by Presidio's patterns and checksums (extra `pii`): no model, no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services.ingest.redact import Detector

SCORE_MIN = 0.4
HINT = "detect_pii needs the extra 'pii': pip install 'tracetally[pii]'"


def detector() -> Detector:
    """Finds e-mail addresses, phone numbers, cards, IBANs, IP addresses and US SSNs.

    Names and places need a language model and are not looked for. ValueError without the extra.
    """
    recognizers = _recognizers()

    def detect(text: str) -> Sequence[tuple[int, int, str]]:
        return [
            (hit.start, hit.end, hit.entity_type)
            for recognizer in recognizers
            for hit in recognizer.analyze(text, recognizer.supported_entities, None)
            if hit.score >= SCORE_MIN
        ]

    return detect


def _recognizers() -> list[Any]:
    try:
        from presidio_analyzer import predefined_recognizers as known
    except ImportError:
        raise ValueError(HINT) from None

    class Mail(known.EmailRecognizer):  # type: ignore[misc]
        """Without the check of the domain against a list from the network."""

        def validate_result(self, pattern_text: str) -> bool | None:  # noqa: ARG002
            return None

    return [
        Mail(), known.PhoneRecognizer(), known.CreditCardRecognizer(), known.IbanRecognizer(),
        known.IpRecognizer(), known.UsSsnRecognizer(),
    ]  # fmt: skip

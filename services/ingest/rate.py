"""A token bucket per key. Pure: the caller brings the time and keeps the state."""

from dataclasses import dataclass
from math import ceil


@dataclass(frozen=True)
class Bucket:
    """What was left at an instant. A batch may take it below zero: then the key waits."""

    tokens: float
    at: float


def spend(bucket: Bucket | None, rate: float, events: int, now: float) -> tuple[Bucket, int]:
    """The bucket afterwards and the seconds to wait, 0 when the events may pass.

    One second's worth may be saved up. Events that must wait take nothing.
    """
    if bucket is None:
        bucket = Bucket(rate, now)
    tokens = min(rate, bucket.tokens + (now - bucket.at) * rate)
    if tokens <= 0:
        return Bucket(tokens, now), max(1, ceil(-tokens / rate))
    return Bucket(tokens - events, now), 0

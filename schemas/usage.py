"""Disjoint usage quantities: each token or unit stands in exactly one dimension.

The list is closed and follows the design's section on normalised usage: a price record may only
name these, a call may only carry these.
"""

from decimal import Decimal
from typing import Annotated, Literal, get_args

from pydantic import Field, StringConstraints

TokenDimension = Literal[
    "input", "cache_read", "cache_write", "cache_write_5m", "cache_write_1h",
    "input_audio", "input_image", "input_video", "input_tool", "cache_read_audio",
    "cache_read_image", "output", "reasoning", "output_audio", "output_image", "output_video",
    "citation",
]  # fmt: skip
UnitDimension = Literal[
    "request", "web_search", "maps_search", "file_search", "code_session", "search_unit", "image",
    "page", "audio_second", "video_second", "character", "cache_storage_token_hour",
]  # fmt: skip
Dimension = Literal[TokenDimension, UnitDimension]

TOKEN_DIMENSIONS: frozenset[str] = frozenset(get_args(TokenDimension))
CACHE_READ = frozenset({"cache_read", "cache_read_audio", "cache_read_image"})
CACHE_WRITE = frozenset({"cache_write", "cache_write_5m", "cache_write_1h"})
OUTPUT = frozenset({"output", "output_audio", "output_image", "output_video"})
FRESH_INPUT = frozenset({"input", "input_audio", "input_image", "input_video", "input_tool"})
INPUT = FRESH_INPUT | CACHE_READ | CACHE_WRITE
"""Everything the provider read for the call; long-context tiers look at the sum of these."""

Quantity = (
    Annotated[int, Field(ge=0, le=10**15)]
    | Annotated[str, StringConstraints(pattern=r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?$")]
)
"""A count, or a decimal in text where the unit is not whole (seconds, search units)."""

Usage = dict[Dimension, Quantity]
UsageSource = Literal["provider", "stream_final", "partial", "estimated", "missing"]


def quantity(value: int | str) -> Decimal:
    """The exact number behind a `Quantity`."""
    return Decimal(value)

"""A query with its parameters, and the limits every query runs under. Pure."""

from dataclasses import dataclass
from typing import Any

LIMITS = (
    " SETTINGS max_execution_time = 10, max_result_rows = 200000, "
    "result_overflow_mode = 'throw', do_not_merge_across_partitions_select_final = 1"
)
"""A bucket's rows share a partition, so partitions need not be merged with each other."""


@dataclass(frozen=True)
class Statement:
    """A query and its parameters."""

    sql: str
    parameters: dict[str, Any]

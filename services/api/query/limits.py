"""What a question costs, and how much a key may ask for. Pure: the caller tells the time."""

from dataclasses import dataclass, field
from datetime import datetime

from services.api.plan import GRAINS, SECONDS, Plan
from services.api.query.ask import Asked
from services.api.query.dims import Level, level_of

_WEIGHT: dict[Level, int] = {"total": 1, "narrow": 4, "wide": 8, "ledger": 40}
"""How many rows a bucket of each kind of table holds, roughly."""
_PER_UNIT = 10
KEYS_MAX = 10_000


def units(asked: Asked) -> int:
    """The rows a question can touch, in tens; at least 1."""
    weight = _WEIGHT[level_of(asked.names, is_one_org=asked.scope.org_id is not None)]
    plans = [asked.plan, *([asked.compared] if asked.compared else [])]
    return max(1, sum(map(_buckets, plans)) * weight // _PER_UNIT)


def _buckets(plan: Plan) -> int:
    return sum((r.end - r.start) // SECONDS[grain] for grain in GRAINS for r in plan.pieces[grain])


@dataclass
class Budget:
    """Units of each key: full at first, refilled evenly, a minute's worth at most."""

    per_minute: int
    held: dict[str, tuple[datetime, float]] = field(default_factory=dict)

    def take(self, key: str, wanted: int, now: datetime) -> tuple[int, int] | None:
        """Charge a key. None: granted; else the units left and the seconds to wait.

        A question dearer than a whole minute's worth is granted to a full budget.
        """
        at, left = self.held.get(key, (now, float(self.per_minute)))
        elapsed = max(0.0, (now - at).total_seconds())
        left = min(float(self.per_minute), left + elapsed * self.per_minute / 60)
        needed = min(wanted, self.per_minute)
        if needed > left:
            return int(left), int((needed - left) * 60 / self.per_minute) + 1
        if len(self.held) >= KEYS_MAX:
            self.held.clear()  # a flood of keys: everyone starts full again
        self.held[key] = (now, left - needed)
        return None

"""What is told of a step, and what becomes of it in the ledger."""

from dataclasses import dataclass
from typing import NamedTuple


class Place(NamedTuple):
    """Identity of a telling: its row in `tellings`."""

    slot: int
    trace_key: int
    span_key: int
    shape: int


class Identity(NamedTuple):
    """For whom a step was made. Empty where a telling does not say."""

    org_id: str = ""
    conversation_id: str = ""
    user_id: str = ""
    assistant_id: str = ""
    assistant_version: str = ""
    feature: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Telling:
    """What resolution needs of one row of `tellings`."""

    place: Place
    call_key: int
    ver: int
    is_void: bool
    identity: Identity
    minute: int
    usage_rank: int
    wire_rank: int
    is_call: bool = True
    """A model call; of nested ones the innermost counts."""
    is_reading: bool = False
    """A model call that embeds or ranks, and so is no part of one that writes around it."""
    billed_org: str | None = None
    """The org whose prices it was priced by, where that is not its own."""
    own_key: int = 0
    """The span, in its trace; 0 for a step that is no span."""
    parent_key: int = 0
    from_resource: tuple[str, ...] = ()
    """Fields of `identity` that its process says of all its steps."""

    @property
    def own(self) -> Identity:
        """What the step says itself."""
        if not self.from_resource:
            return self.identity
        return self.identity._replace(**dict.fromkeys(self.from_resource, ""))


@dataclass(frozen=True, slots=True)
class CallRow:
    """One row of `calls`; its other columns come from the winner's telling."""

    identity: Identity
    org_id: str
    minute: int
    call_key: int
    ver: int
    is_void: bool
    is_home: bool
    """The step belongs here, whether it counts or another telling counts for it."""
    tellings: int
    winner: Place
    bill: str | None = None
    """The org to price the call for, where its price is that of another."""

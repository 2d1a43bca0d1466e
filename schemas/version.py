"""`ver`: which of two rows of one telling speaks, whatever order they arrive in.

    ver = revision(8) | epoch(24) | billed(6) | priced(1) | position(24) | hash(64)     127 bits

* `revision` is the producer's own: a corrected event wins over what it corrects.
* `epoch` is 0, or the book position of the correction for which a call is repriced on purpose:
  a repricing beats everything from before it, a later repricing beats an earlier one.
* `billed` counts how often the call was priced again for the org that another span told: the
  latest org wins.
* `priced` makes a price beat pending.
* `position` makes the *first* price win: it falls as the book grows. A resend that arrives after
  a price was corrected without `reprice: retroactive` therefore changes nothing, silently or not.
  Pending rows carry the rising position instead: the newest reason is shown.
* `hash` covers every output field, so that two different rows never tie.

The version of a call is the sum over its tellings, and a bucket's generation that over its calls:
both are kept in 256 bits, so that 2^128 rows fit.
"""

import hashlib

POSITION_MAX = 2**24 - 1
BILLED_MAX = 2**6 - 1


def hash64(data: bytes) -> int:
    """BLAKE2b of `data` in 64 bits."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big")


def rank(revision: int, epoch: int, book_position: int, *, priced: bool, billed: int = 0) -> int:
    """The upper 63 bits of `ver`; `ValueError` once the book's offsets leave their 24 bits."""
    if not 0 <= book_position <= POSITION_MAX or not 0 <= epoch <= POSITION_MAX:
        raise ValueError(
            f"book position {book_position} or epoch {epoch} is over {POSITION_MAX}: "
            "move the price book to a new topic version"
        )
    position = POSITION_MAX - book_position if priced else book_position
    often = min(billed, BILLED_MAX)
    return revision << 55 | epoch << 31 | often << 25 | int(priced) << 24 | position


def ver(rank_: int, digest: int) -> int:
    """The version of a row from its rank and the hash of its fields."""
    return max(1, rank_ << 64 | digest)

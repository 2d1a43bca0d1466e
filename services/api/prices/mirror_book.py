"""The price book in memory, kept up to date from its mirror in ClickHouse."""

import asyncio

import orjson
from pydantic import ValidationError

from schemas.dead import Refusal
from schemas.price import BOOK_RECORD, book_key
from services.api.reader import Reader
from services.api.scope import Scope
from services.pricing.book import PriceBook
from services.runtime.problems import ProblemError

RECORDS_MAX = 1_000
_EVERYONE = Scope(None)


class MirrorBook:
    """One book for all requests: what applies to one org is told apart by the call's own org."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._book = PriceBook()
        self._ends: dict[str, int] = {}
        self._lock = asyncio.Lock()

    async def current(self) -> PriceBook:
        """The book as far as the ledger's mirror is. Not to be changed: fork it."""
        async with self._lock:
            rows = await self._reader.query(
                f"SELECT key, position, is_deleted, record {_EVERYONE.rows('price_log')} "
                "AND price_log.position >= {position:UInt64} ORDER BY price_log.position",
                _EVERYONE,
                position=self._book.position,
            )
            for key, position, is_deleted, record in rows:
                value = None if is_deleted else record.encode()
                self._book.apply(key.encode(), value, int(position))
                self._ends[_scope_part(key)] = self._book.position
            return self._book

    def position(self, scope: Scope) -> int:
        """One beyond the last record that may apply to the caller: others' are not counted."""
        if scope.org_id is None:
            return self._book.position
        return max(self._ends.get(part, 0) for part in ("*", scope.parameters()["scope_key"]))

    async def supposing(self, records: list[object]) -> PriceBook:
        """The book as if these records were published now; a wrong one is the caller's problem."""
        book = await self.current()
        if not records:
            return book
        if len(records) > RECORDS_MAX:
            raise ProblemError(413, f"at most {RECORDS_MAX} records at once", field="records")
        book = book.fork()
        for number, item in enumerate(records):
            value = orjson.dumps(item)
            try:
                key = book_key(BOOK_RECORD.validate_json(value)).encode()
            except ValidationError as wrong:
                error = wrong.errors(include_url=False, include_input=False)[0]
                where = ".".join(str(part) for part in ("records", number, *error["loc"]))
                raise ProblemError(422, f"{where}: {error['msg']}", field=where) from None
            refused = book.apply(key, value, book.position)
            if isinstance(refused, Refusal):
                where = f"records.{number}.{refused.field}".rstrip(".")
                raise ProblemError(422, f"{where}: {refused.detail}", field=where)
        return book


def _scope_part(key: str) -> str:
    """Whom a record is for, as its key says; calendars are for all."""
    kind, _, rest = key.partition("|")
    return "*" if kind == "calendar" else rest.partition("|")[0]

"""`GET /v1/export`: all rows of a question, or the calls themselves, streamed as they are read."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import Field

from services.api.access import Reads
from services.api.query import export, form, limits
from services.api.query.engine import Engine
from services.api.query.routes import PROBLEMS, charge, decoded, meaning
from services.api.query.views import Sliced
from services.api.reader import Reader, text
from services.api.statement import Statement
from services.runtime.problems import ProblemError

router = APIRouter()
AT_ONCE = 3
EXAMPLE = "org,model,cost,pending_calls\r\nacme,gpt-4o,41.2,0\r\n"
TOLD: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {"example": EXAMPLE}}}}


class Export(Sliced):
    """Parameters of `GET /v1/export`. With `q` the question is taken from there."""

    what: Literal["groups", "calls"] = Field("groups", description="Rows of a question, or calls.")
    format: export.Form = "csv"
    after: str = Field("", max_length=4_000, description="Key of the last row, as a JSON array.")
    q: str = Field("", max_length=8_000, description="A question as base64url JSON.")
    by: list[str] = Field([], max_length=form.BY_MAX)
    measures: list[str] = Field(["cost"], max_length=form.MEASURES_MAX)
    interval: form.Interval | None = None

    def question(self) -> form.Query:
        """Without `top`: every group is told, so there is no Other."""
        if self.q:
            asked = decoded(self.q)
            by = [form.By(dim=item.dim, top=0) for item in asked.by]
            return asked.model_copy(update={"by": by, "compare": None})
        by = [form.By(dim=dim, top=0) for dim in self.by]
        return self.query(measures=self.measures, by=by, interval=self.interval)


@router.get(
    "/v1/export",
    summary="All rows of a question, or the calls themselves: CSV, NDJSON or Parquet.",
    response_class=StreamingResponse,
    responses=TOLD | PROBLEMS,
)
async def get_export(request: Request, asked: Annotated[Export, Query()], caller: Reads) -> Any:
    """Rows come in the order of the columns that the header `x-export-key` names. A download that
    broke goes on with `after`: these columns of the last whole row, as a JSON array of texts.
    `x-as-of` says as of when; a second part may be of a later instant. Money is exact, empty where
    it is not known; ratios, percentiles and distinct counts are refused with the reason. In CSV a
    text that would be a formula begins with an apostrophe.
    """
    question = meaning(request, asked.question(), caller)
    charge(request, caller, limits.units(question))
    engine: Engine = request.app.state.engine
    fresh = await engine.freshness()
    build = export.calls if asked.what == "calls" else export.groups
    key = export.CALL_KEY if asked.what == "calls" else export.key_of(question)
    statement = build(question, asked.format, asked.after)
    kind, media = export.FORMATS[asked.format]
    exports: Exports = request.app.state.exports
    headers = {
        "content-disposition": f'attachment; filename="{asked.what}.{asked.format}"',
        "x-export-key": ",".join(key),
        "x-as-of": text(fresh.as_of) if fresh.as_of else "",
        "cache-control": "no-store",
    }
    body = await exports.begun(statement, kind)
    return StreamingResponse(body, media_type=media, headers=headers)


class Exports:
    """A few at once; each passes its bytes on as ClickHouse sends them."""

    def __init__(self, reader: Reader) -> None:
        self._reader, self._running = reader, asyncio.Semaphore(AT_ONCE)

    async def begun(self, statement: Statement, kind: str) -> AsyncIterator[bytes]:
        """The bytes, the first of them already there: what fails before can still be answered."""
        if self._running.locked():
            detail = f"{AT_ONCE} exports are running"
            raise ProblemError(429, detail, headers={"retry-after": "5"})
        chunks = self._read(statement, kind)
        first = await anext(chunks, b"")
        return _joined(first, chunks)

    async def _read(self, statement: Statement, kind: str) -> AsyncIterator[bytes]:
        async with (
            self._running,
            self._reader.stream(statement, kind, export.SECONDS_MAX) as chunks,
        ):
            async for chunk in chunks:
                yield chunk


async def _joined(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for chunk in rest:
        yield chunk

"""`tracetally-pricer quote`: prices NDJSON from stdin by a book, offline: no Kafka, no settings."""

import argparse
import os
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import orjson
from pydantic import ValidationError

from schemas.dead import Refusal
from schemas.price import BOOK_RECORD, book_key
from services.pricing import seed
from services.pricing.book import PriceBook
from services.pricing.quote import first_of, quote_line
from services.runtime.run import tune_collector

EPILOG = """\
Each line of stdin is one call:
  {"id": 1, "provider": "openai", "model": "gpt-4o", "time": "2026-11-20T14:00:00Z",
   "usage_payload": {"prompt_tokens": 10000, "completion_tokens": 500}}
with "usage" (disjoint quantities) or "usage_payload" (the provider's own, "flavour" says which API
where provider and shape leave more than one reading), "attributes" {processing, service_tier,
speed, region, deployment, ...} and "org_id". Each answer is a line: outcome priced, pending or
quarantined, cost and charge as strings, the lines of the sum, record, revision and variant. A line
that cannot be understood is answered with "error".

Exit status: 0 every line was understood, 1 some were not, 2 wrong arguments or price book, or the
answers could not be written.
"""


class BookError(Exception):
    """A price book that cannot be used: which line, and why."""


def read_book(lines: Iterable[bytes], name: str) -> PriceBook:
    """A book from NDJSON records, one record a line."""
    book = PriceBook()
    for number, raw in enumerate(lines, start=1):
        line = raw.removeprefix(BOM_UTF8)
        if not line.strip():
            continue
        try:
            key = book_key(BOOK_RECORD.validate_json(line)).encode()
        except ValidationError as wrong:
            raise BookError(f"{name}, line {number}: {first_of(wrong)}") from None
        refused = book.apply(key, line, book.position)
        if isinstance(refused, Refusal):
            raise BookError(f"{name}, line {number}: {refused.field}: {refused.detail}")
    return book


def answers(lines: Iterable[bytes], book: PriceBook) -> Iterator[tuple[bytes, bool]]:
    """One encoded answer a line, and whether the line was understood; empty lines are skipped.

    A byte order mark, which some editors and shells put first, is no part of the line.
    """
    for raw in lines:
        line = raw.removeprefix(BOM_UTF8)
        if line.strip():
            answer, understood = quote_line(line, book)
            yield orjson.dumps(answer, option=orjson.OPT_APPEND_NEWLINE), understood


def run(arguments: Sequence[str], source: BinaryIO, sink: BinaryIO) -> int:
    """The exit status."""
    parser = argparse.ArgumentParser(
        prog="tracetally-pricer quote", epilog=EPILOG,
        description="Prices calls offline: NDJSON from stdin, one answer a line to stdout.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument(
        "--book", metavar="FILE", type=Path, action="append",
        help="price records as NDJSON instead of the shipped price book; may be given again",
    )  # fmt: skip
    chosen = parser.parse_args(arguments).book
    try:
        book = read_book(seed.lines(), "the shipped price book") if not chosen else _files(chosen)
    except (BookError, OSError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return 2
    failed = False
    for answer, understood in answers(source, book):
        failed = failed or not understood
        sink.write(answer)
    sink.flush()
    return int(failed)


def _files(paths: Sequence[Path]) -> PriceBook:
    lines = [line for path in paths for line in path.read_bytes().splitlines()]
    return read_book(lines, ", ".join(map(str, paths)))


def main(arguments: Sequence[str]) -> int:
    """Console command."""
    tune_collector()
    try:
        return run(arguments, sys.stdin.buffer, sys.stdout.buffer)
    except OSError as wrong:
        return _unwritten(wrong)


def _unwritten(wrong: OSError) -> int:
    """Whoever read the answers left, or there is no room for them: what is left goes nowhere."""
    if not isinstance(wrong, BrokenPipeError):
        sys.stderr.write(f"{wrong}\n")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 2

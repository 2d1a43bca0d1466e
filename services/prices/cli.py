"""`tracetally-prices`: look at, check, compare and publish price records."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from schemas.price import PriceRecord
from services.prices import build, diff, libraries
from services.prices.merge import Taken, merge
from services.prices.naming import from_genai, from_litellm
from services.prices.running import Api, ApiError
from services.pricing import seed
from services.pricing.publishing import flaws

DESCRIPTION = """Look at, check, compare and publish price records.

A book is a FILE of records as NDJSON, `seed` (the shipped one), `running` (that of the API),
`genai-prices` or `litellm` (the libraries, where they are installed)."""
FOLDER = Path(seed.__file__).parent

Arguments = argparse.Namespace


def book_of(name: str, arguments: Arguments) -> dict[str, Any]:
    """The records of a book, by key."""
    if name == "seed":
        return diff.read(seed.lines(), "the shipped price book")
    if name == "running":
        return _api(arguments).book()
    if name in ("genai-prices", "litellm"):
        return diff.read(_library(name, arguments), name)
    return diff.read(Path(name).read_bytes().splitlines(), name)


def _library(name: str, arguments: Arguments) -> list[bytes]:
    """One library alone, under our provider names."""
    taken = Taken(_today(), libraries.version(name), libraries.version(name))
    if name == "litellm":
        merged = merge({}, from_litellm(libraries.litellm(arguments.map)), frozenset(), taken)
    else:
        merged = merge(from_genai(libraries.genai_prices(), {}), {}, frozenset(), taken)
    return [orjson.dumps(record) for record in merged.records]


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _api(arguments: Arguments) -> Api:
    return Api(arguments.api, arguments.key)


def sync(arguments: Arguments) -> int:
    """Preview, and with --apply publish, what a book would change of the running one."""
    now, then = book_of("running", arguments), book_of(arguments.source, arguments)
    changes = diff.compare(now, then, only=frozenset(arguments.provider))
    _print(diff.told(changes, now, then))
    chosen = [
        then[key] for key in (*changes.new, *changes.changed)
        if arguments.force or key not in changes.suspicious
    ]  # fmt: skip
    if not arguments.apply:
        _print(["nothing was published: --apply publishes new and changed records"])
        return 0
    return _publish(arguments, chosen)


def _publish(arguments: Arguments, records: Sequence[Any]) -> int:
    why = {"reason": arguments.reason} if arguments.reason else {}
    forced = {"force": True} if arguments.force else {}
    signed = [
        record.model_copy(update={"audit": record.audit.model_copy(update=why | forced)})
        if why or forced else record
        for record in records
    ]  # fmt: skip
    for done in _api(arguments).publish(signed):
        sys.stderr.write(f"\rpublished {done} of {len(signed)}")
    sys.stderr.write("\n" if signed else "nothing to publish\n")
    return 0


def publish(arguments: Arguments) -> int:
    """Publish a file; with --dry-run say what it would change of calls already priced."""
    records = list(
        diff.read(arguments.file.read_bytes().splitlines(), arguments.file.name).values()
    )
    if not arguments.dry_run:
        return _publish(arguments, records)
    told = [orjson.loads(diff.encoded(record)) for record in records]
    body = {
        "from": arguments.start or _month_start(),
        "to": arguments.end or _now(),
        "records": told,
    }
    _json(_api(arguments).what_if(body))
    return 0


def validate(arguments: Arguments) -> int:
    """Every line a record, every record within the bounds of publishing."""
    book = _file(arguments)
    series = diff.by_series(book) if arguments.steps else {}
    wrong = 0
    for key, record in book.items():
        if isinstance(record, PriceRecord):
            for flaw in flaws(record, diff.previous(series, record)):
                wrong += 1
                _print([f"{key}: {flaw.field}: {flaw.detail}"])
    _print([f"{len(book)} records, {wrong} flaws"])
    return int(bool(wrong))


def _file(arguments: Arguments) -> dict[str, Any]:
    return diff.read(arguments.file.read_bytes().splitlines(), arguments.file.name)


def difference(arguments: Arguments) -> int:
    """Compare two books; exit status 1 when they differ."""
    one, two = book_of(arguments.first, arguments), book_of(arguments.second, arguments)
    changes = diff.compare(one, two, only=frozenset(arguments.provider))
    _print(diff.told(changes, one, two))
    return int(bool(changes.new or changes.changed or changes.withdrawn))


def history(arguments: Arguments) -> int:
    """Everything ever published for a model."""
    _json(_api(arguments).get("/v1/prices/history", provider=arguments.of, model=arguments.model))
    return 0


def withdraw(arguments: Arguments) -> int:
    """End a price: the version stays in the history, calls of its window become pending."""
    record = book_of("running", arguments).get(arguments.record)
    if record is None or not hasattr(record, "status"):
        raise ApiError(f"no such record stands: {arguments.record}")
    update: dict[str, Any] = {"status": "withdrawn", "revision": record.revision + 1}
    if arguments.retroactive and isinstance(record, PriceRecord):
        update["reprice"] = "retroactive"
    return _publish(arguments, [record.model_copy(update=update)])


def export(arguments: Arguments) -> int:
    """A book as NDJSON, to stdout."""
    for _, record in sorted(book_of(arguments.book, arguments).items()):
        sys.stdout.buffer.write(diff.encoded(record) + b"\n")
    return 0


def coverage(arguments: Arguments) -> int:
    """Models seen, what prices them, and what nothing prices yet."""
    unmatched = "true" if arguments.unmatched else "false"
    _json(_api(arguments).get("/v1/coverage", days=arguments.days, unmatched=unmatched))
    return 0


def make_seed(arguments: Arguments) -> int:
    """Write the shipped book anew from both libraries and verified.ndjson."""
    taken = Taken(
        arguments.day or _today(), libraries.version("genai-prices"), libraries.version("litellm")
    )
    verified = (arguments.folder / build.VERIFIED).read_bytes()
    undated = libraries.litellm(arguments.map)
    merged, refused = build.generate(libraries.genai_prices(), undated, verified, taken)
    build.write(arguments.folder, merged, refused, taken)
    _print([f"{len(merged.records)} records, {len(refused)} left out: {arguments.folder}"])
    return 0


def _print(lines: Any) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")


def _json(value: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n")


class Option(NamedTuple):
    """One argument of a command, as argparse takes it."""

    name: str
    more: dict[str, Any]


def _option(name: str, text: str = "", **more: Any) -> Option:
    return Option(name, {"help": text} | more)


def _flag(name: str, text: str) -> Option:
    return _option(name, text, action="store_true")


_FILE = _option("file", "records as NDJSON", type=Path, metavar="FILE")
_PROVIDER = _option("--provider", "only this provider", action="append", default=[])
_REASON = _option("--reason", "why, for the audit", default="")
_FORCE = _flag("--force", "also suspicious records; is recorded")
COMMANDS: tuple[tuple[str, Callable[[Arguments], int], tuple[Option, ...]], ...] = (
    ("sync", sync, (
        _option("--from", "the book to take", dest="source", required=True, metavar="BOOK"),
        _flag("--apply", "publish; without it nothing is"), _PROVIDER, _REASON, _FORCE,
    )),
    ("validate", validate, (_FILE, _flag("--steps", "also refuse changes of over 5 times"))),
    ("diff", difference, (
        _option("first", metavar="BOOK"), _option("second", metavar="BOOK"), _PROVIDER,
    )),
    ("history", history, (_option("of", metavar="PROVIDER"), _option("model", metavar="MODEL"))),
    ("publish", publish, (
        _FILE, _REASON, _FORCE,
        _flag("--dry-run", "price calls of --start to --end again, publish nothing"),
        _option("--start", "default: this month", default=""),
        _option("--end", "default: now", default=""),
    )),
    ("withdraw", withdraw, (
        _option("record", metavar="KEY"), _REASON, _FORCE,
        _flag("--retroactive", "calls already priced by it become pending"),
    )),
    ("export", export, (_option("--book", "which (default: running)", default="running"),)),
    ("coverage", coverage, (
        _option("--days", "how far back", type=int, default=30),
        _flag("--unmatched", "only what nothing prices"),
    )),
    ("seed", make_seed, (
        _option("--day", "day of the undated library's prices", default=""),
        _option("--folder", "where to", type=Path, default=FOLDER),
    )),
)  # fmt: skip


def parse(arguments: Sequence[str]) -> Arguments:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="tracetally-prices", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    environment = os.environ
    parser.add_argument("--api", default=environment.get("TRACETALLY_API", "http://127.0.0.1:8081"),
                        help="the read API (TRACETALLY_API; default %(default)s)")  # fmt: skip
    parser.add_argument("--key", default=environment.get("TRACETALLY_KEY", ""),
                        help="an API key, admin to publish (TRACETALLY_KEY)")  # fmt: skip
    parser.add_argument("--map", type=Path, help="litellm's model map as a file")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, run, options in COMMANDS:
        text = (run.__doc__ or "").strip()
        sub = commands.add_parser(name, help=text.split("\n")[0], description=text)
        for option in options:
            sub.add_argument(option.name, **option.more)
        sub.set_defaults(run=run)
    return parser.parse_args(arguments)


def _month_start() -> str:
    return datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0).isoformat()


def _now() -> str:
    return datetime.now(UTC).isoformat()


def main() -> None:
    """Console script. Exit status: 0 fine, 1 differences or flaws, 2 it could not be done."""
    arguments = parse(sys.argv[1:])
    try:
        raise SystemExit(arguments.run(arguments))
    except (ApiError, diff.RecordError, libraries.LibraryMissingError, OSError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        raise SystemExit(2) from None

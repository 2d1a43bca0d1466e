"""SQL of exports: every group of a question, or every call, in the order of a key. Pure text.

The key's columns come first in each row; whoever has a row can go on behind it.
"""
# ruff: noqa: S608 - names come from constants, every value is a query parameter

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import orjson

from services.api.asked import refuse
from services.api.query import source
from services.api.query.ask import Asked
from services.api.query.dims import CATEGORY, COLUMNS
from services.api.query.measures import MEASURES, families_of
from services.api.query.parts import MONEY, PARTS, TOKENS
from services.api.statement import Statement

Form = Literal["csv", "ndjson", "parquet"]
FORMATS: dict[Form, tuple[str, str]] = {
    "csv": ("CSVWithNames", "text/csv; charset=utf-8"),
    "ndjson": ("JSONEachRow", "application/x-ndjson"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
}
SECONDS_MAX = 900
SETTINGS = (
    f" SETTINGS max_execution_time = {SECONDS_MAX}, do_not_merge_across_partitions_select_final "
    "= 1, prefer_column_name_to_alias = 1, max_bytes_before_external_sort = 268435456, "
    "max_bytes_before_external_group_by = 268435456, output_format_json_quote_decimals = 1, "
    "output_format_json_quote_64bit_integers = 0, format_csv_null_representation = '', "
    "output_format_json_escape_forward_slashes = 0"
)
"""Memory is bounded by spilling; the rows themselves pass through."""
EXPORTED = tuple(
    name for name, measure in MEASURES.items()
    if measure.is_additive and families_of(name) == {"usage"}
)  # fmt: skip
"""Measures that one reading of one family of tables tells."""
QUERY_HINT = "POST /v1/query answers it, for up to 1,000 members of a dimension"
FORMULA = "^\\'*[=+\\\\-@\\\\t\\\\r]"
"""As SQL's text. Behind apostrophes as well, so that one more can be told and taken off again."""
_DEFUSED = re.compile("'+[=+\\-@\\t\\r]")
OTHER_CURRENCY = "other_currency_calls"
CALL_KEY = ("org", "occurred_at", "call_key")
_TEXTS = {
    "event_id": "event_id", "project": "project", "trace_id": "trace_id", "span_id": "span_id",
    "conversation": "conversation_id", "user": "user_id", "provider": "provider",
    "model": "model", "operation": "operation", "status": "status", "error_type": "error_type",
    "feature": "feature", "assistant": "assistant_id", "assistant_version": "assistant_version",
    "environment": "environment", "pending": "pending", "pending_detail": "pending_detail",
    "currency": "currency",
}  # fmt: skip
_NUMBERS = ("duration_ms", "ttft_ms", *TOKENS)


def text_of(sql: str, form: Form) -> str:
    """A text; in CSV what a spreadsheet would take for a formula is defused."""
    plain = f"toString({sql})"
    if form != "csv":
        return plain
    return f"if(match({plain}, '{FORMULA}'), concat('\\'', {plain}), {plain})"


def _money(sql: str, form: Form) -> str:
    """Exact; where Parquet's readers stop at 38 digits, in 38."""
    return f"CAST({sql} AS Nullable(Decimal(38, 18)))" if form == "parquet" else sql


def groups(asked: Asked, form: Form, after: str) -> Statement:
    """A row for each group and bucket that has any: the key, the measures, `pending_calls`; with
    money also how many calls are priced in another currency than the one asked for.
    """
    for name in asked.measures:
        if name not in EXPORTED:
            detail = f"{name!r} is not exported: {why_not(name)}"
            allowed = list(EXPORTED)
            raise refuse("measures", detail, 422, allowed=allowed, hint=QUERY_HINT)
    waiting = () if CATEGORY in asked.names else ("pending_calls",)  # one is in several categories
    names = tuple(dict.fromkeys((*asked.measures, *waiting)))
    has_money = any(MEASURES[name].kind == "money" for name in names)
    beside = [OTHER_CURRENCY] if has_money else []
    parts = list(dict.fromkeys([p for name in names for p in MEASURES[name].parts] + beside))
    rows, parameters = source.usage(asked, asked.plan, [f for p in parts for f in PARTS[p].fields])
    keys = [f"toString({COLUMNS[name]}) AS k{n}" for n, name in enumerate(asked.by)]
    places = [f"k{n}" for n in range(len(asked.by))]
    told = [f"{text_of(k, form)} AS {dim}" for k, dim in zip(places, asked.by, strict=True)]
    if len(asked.plan.buckets) > 1:
        parameters["starts"] = [bucket.start for bucket in asked.plan.buckets]
        parameters["zone"] = asked.zone.key
        keys.append("roundDown(ts, {starts:Array(UInt32)}) AS b")
        places.append("b")
        told.append(f"{_local('b')} AS start")
    behind, more = _behind(places, _key(after, places, form))
    values = ", ".join(f"{PARTS[part].sql} AS v_{part}" for part in parts)
    inner = f"SELECT {', '.join(['*', *keys])} FROM ({rows})"
    group = f" GROUP BY {', '.join(places)}" if places else ""
    summed = f"SELECT {', '.join([*places, values])} FROM ({inner}) WHERE {behind}{group}"
    order = f" ORDER BY {', '.join(places)}" if places else ""
    told += [f"{_measure(name, form)} AS `{name}`" for name in names]
    told += [f"v_{part} AS {part}" for part in beside if waiting]
    shown = ", ".join(told)
    text = f"SELECT {shown} FROM ({summed}){order}"
    return Statement(text + SETTINGS, parameters | more | {"currency": asked.currency})


def why_not(name: str) -> str:
    """Why a measure is in no row of an export, which is one reading in the order of its key."""
    families = families_of(name)
    if "revenue" in families:
        return "revenue is an org's, by its own calendar, not of rows of calls"
    if "outcome" in families:
        return "outcomes are joined by conversation, not read with the calls"
    if "sketch" in families:
        return (
            "percentiles and distinct counts are merged from states of other tables, which take "
            "kilobytes for every row at once, and an export has no bound of its rows"
        )
    return "it is a ratio: divide the sums it is made of, which are exported"


def key_of(asked: Asked) -> tuple[str, ...]:
    """The columns of `groups` that `after` names."""
    return (*asked.by, *(["start"] if len(asked.plan.buckets) > 1 else []))


def _measure(name: str, form: Form) -> str:
    """The measure in SQL, by the rules of `measures`: money without any price is unknown.

    So it is where all prices are in other currencies.
    """
    if name == "tokens":
        return " + ".join(f"v_{part}" for part in TOKENS)
    if MEASURES[name].kind == "money":
        known = f"if(v_pending_calls + v_{OTHER_CURRENCY} > 0 AND v_billed = 0, NULL, v_{name})"
        return _money(known, form)
    return f"v_{MEASURES[name].parts[0]}"


def _local(seconds: str) -> str:
    """ISO 8601 with the zone's offset."""
    told = f"formatDateTime(toDateTime({seconds}, {{zone:String}}), '%Y-%m-%dT%H:%i:%S%z')"
    return f"replaceRegexpOne({told}, '(\\\\d\\\\d)$', ':\\\\1')"


def calls(asked: Asked, form: Form, after: str) -> Statement:
    """A row for each call that counts. Of an org's own key: the charge, never our cost."""
    if CATEGORY in asked.names:
        raise refuse("where", f"calls cannot be filtered by {CATEGORY}", 422)
    condition, parameters = source.conditions(asked.where, "")
    at = "formatDateTime(occurred_at, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC')"
    columns = [
        f"{text_of('org_id', form)} AS org",
        f"{'occurred_at' if form == 'parquet' else at} AS occurred_at",
        "toString(call_key) AS call_key",
    ]
    columns += [f"{text_of(column, form)} AS {name}" for name, column in _TEXTS.items()]
    columns += list(_NUMBERS)
    own = asked.scope.org_id is not None
    columns += [] if own else [f"{text_of('price_key', form)} AS price_record"]
    columns += [
        f"{_money(f'if(pending != {chr(39)}{chr(39)}, NULL, {name})', form)} AS {name}"
        for name in (("charge",) if own else MONEY)
    ]
    places = ["org_id", "toUnixTimestamp(bucket)", "call_key"]
    key = _key(after, places, form)
    if key:
        key = [key[0], _minute(key[1]), int(_digits(key[2]))]
    behind, more = _behind(places, key)
    text = (
        f"SELECT {', '.join(columns)} {asked.scope.rows('calls')} AND is_void = 0 "
        "AND bucket >= toDateTime({low:UInt32}, 'UTC') AND bucket < toDateTime({high:UInt32}, "
        f"'UTC'){condition} AND {behind} ORDER BY org_id, bucket, call_key"
    )
    bounds = {"low": asked.whole.start, "high": asked.whole.end}
    return Statement(text + SETTINGS, parameters | asked.scope.parameters() | bounds | more)


def _key(after: str, places: Sequence[str], form: Form) -> list[Any]:
    """The last row's key, as many values as the key has."""
    if not after:
        return []
    try:
        key = orjson.loads(after)
    except orjson.JSONDecodeError:
        key = None
    hint = 'the key columns of your last row as a JSON array, e.g. ["acme", "gpt-4o"]'
    if not isinstance(key, list) or len(key) != len(places) or not places:
        raise refuse("after", f"not a key of {len(places)} values", hint=hint)
    if not all(isinstance(value, str) for value in key):
        raise refuse("after", "every value is text", hint=hint)
    if form == "csv":
        key = [value[1:] if _DEFUSED.match(value) else value for value in key]
    return [_seconds(v) if place == "b" else v for place, v in zip(places, key, strict=True)]


def _behind(places: Sequence[str], key: Sequence[Any]) -> tuple[str, dict[str, Any]]:
    """The condition of rows behind a key."""
    if not key:
        return "1", {}
    kinds = {"b": "UInt32", "toUnixTimestamp(bucket)": "UInt32", "call_key": "UInt128"}
    named = [f"{{after{n}:{kinds.get(place, 'String')}}}" for n, place in enumerate(places)]
    values = {f"after{n}": value for n, value in enumerate(key)}
    return f"({', '.join(places)},) > ({', '.join(named)},)", values


def _seconds(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError):
        raise refuse("after", "its time is no ISO 8601 instant") from None


def _minute(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise refuse("after", "its time is no ISO 8601 instant") from None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) // 60 * 60


def _digits(text: str) -> str:
    if not (text.isascii() and text.isdigit() and len(text) < 40):
        raise refuse("after", "its call_key is no number")
    return text

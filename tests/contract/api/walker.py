"""Requests drawn from an OpenAPI document: every operation, every parameter, every body field.

Values come from what two orgs use, what breaks out of SQL, and what the schema itself allows. A
name that has values of its own stands in `NAMED`; any other text takes what all of them have.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st

from services.api import cursor
from services.api.query.dims import COLUMNS
from services.api.query.measures import MEASURES
from services.api.traces import search
from tests.contract.api.twins import ELSEWHERE, OTHER, OWN, REPRICED, price

Schema = Mapping[str, Any]
BREAKING = (
    "", "*", "%", "_", "?", "'", "' OR 1=1 --", f"{OWN}' OR org_id != '", "\\", "a\\' OR 1", "|",
    "{scope_org:String}", "unattributed", f"{OTHER}%", "gl_bex", OTHER.upper(), "🦊", "\x00",
    "null", "../../x",
)  # fmt: skip


def _each(pattern: str, *more: str) -> tuple[str, ...]:
    """The first org's own, what both use, the other org's."""
    shared = pattern.format("shared")
    return (pattern.format(OWN), shared, pattern.format(OTHER), *more)


TRACES = _each("{}-trace-0", f"{OTHER}-side", f"{OTHER}-nobody", "shared-trace-1")
TALKS = _each("{}-talk-0", "shared-talk-1")
USERS = _each("{}-user")
EVENTS = tuple(
    f"{org}-event-{trace}-{n}" for org in (OWN, OTHER) for trace in TRACES[:3] for n in (1, 0, 3)
)
MODELS = ("gpt-m", "gpt-n", *_each("{}-model"), *_each("{}-alias"), *_each("{}-unpriced"),
          f"{OTHER}-ft-1", "m")  # fmt: skip
PROVIDERS = ("openai", f"{OTHER}-cloud", f"{OWN}-cloud", "anthropic")
ASSISTANTS = ("support", "sales", *_each("{}-bot"), "support@1")
KEYS = tuple(f"price|org:{org}|openai|gpt-n|2026-01-01T00:00:00Z" for org in (OWN, OTHER))
CURSORS = (
    "", cursor.encode(1_795_000_000_000, f"{OTHER}-dead-1"), cursor.encode(2**63 - 1, "x"), "xx",
    search.cursor("recent", ["1795000000000", OTHER, "default", f"{OTHER}-trace-3"]),
    search.cursor("recent", ["1795000000000", OTHER, f"{OTHER}-talk-0"]),
    search.cursor("cost", ["1", OTHER, "default", "shared-trace-0"]),
)  # fmt: skip
INSTANTS = ("2026-11-10T00:00:00Z", "2026-11-22T00:00Z", "2026-11-23T00:00:00Z", "now-3d/d", "x")
NAMED: dict[str, tuple[Any, ...]] = {
    "org": (OWN, OTHER, "nobody"), "org_id": (OWN, OTHER, "nobody"),
    "trace_id": TRACES, "conversation_id": TALKS, "conversation": TALKS, "user_id": USERS,
    "user": USERS, "event_id": EVENTS, "project": ("default", ELSEWHERE), "model": MODELS,
    "provider": PROVIDERS, "a": ASSISTANTS, "b": ASSISTANTS[1:], "assistant": ASSISTANTS,
    "feature": _each("{}-feature"), "environment": ("prod", "test"), "operation": ("chat",),
    "reason": ("not_json", "unknown_field"), "cursor": CURSORS, "key": (f"{OWN}-secret", *KEYS),
    "after": ("", *KEYS, OTHER, OWN), "text": ("secret", OTHER, OWN, "%"),
    "tz": ("UTC", "Europe/Berlin"), "currency": ("USD", "EUR"), "position": (REPRICED, 0, 1, 9, 15),
    "days": (30, 1, 366),
    "measures": (*MEASURES, "nothing"), "dim": (*COLUMNS, "nothing"),
    "order": (*MEASURES, "change"),
    "by": (*COLUMNS, "nothing"), "from": INSTANTS, "to": INSTANTS[2:], "interval": ("day",),
    "deletion_id": ("none", f"{OTHER}-audit"), "dead_id": _each("{}-dead-0"), "key_id": (OTHER,),
    "where": (
        f'{{"dim": "model", "not_in": ["{OWN}-model"]}}', f'{{"dim": "org", "in": ["{OTHER}"]}}',
        f'{{"dim": "org", "not_in": ["{OWN}"]}}', '{"dim": "user", "is_null": false}',
        '{"dim": "token_category", "in": ["input"]}', '{"dim": "nothing"}', "{",
    ),
    "embed_id": ("portal", "preview", OTHER),
}  # fmt: skip
_NAMES = ("org", "trace_id", "user", "event_id", "model", "provider", "dead_id", "deletion_id")
ANY: tuple[str, ...] = (*(str(value) for name in _NAMES for value in NAMED[name]), *BREAKING)
CALLS = tuple(
    {"id": 1, "provider": provider, "model": model, "time": "2026-11-20T14:00:00Z", "org_id": org,
     "usage": {"input": 1000, "output": 10}}
    for provider in PROVIDERS for model in MODELS for org in (OWN, OTHER)
)  # fmt: skip
RECORDS = (
    *(price(model, org) for model in ("gpt-m", "gpt-n") for org in ("", OWN, OTHER)),
    {"kind": "alias", "scope": f"org:{OTHER}", "provider": "openai", "reference": f"{OTHER}-model",
     "model": f"{OTHER}-model", "effective_from": "2026-01-01T00:00:00Z"},
    {"kind": "price"},
)  # fmt: skip
FREE: dict[str, tuple[Any, ...]] = {"calls": CALLS, "records": RECORDS}
"""Items of arrays whose schema leaves them open."""


@dataclass(frozen=True)
class Asked:
    """A request."""

    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None


@dataclass(frozen=True)
class Operation:
    """A method of a path, as the document describes it."""

    document: Schema
    method: str
    path: str

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def told(self) -> Schema:
        found: Schema = self.document["paths"][self.path][self.method]
        return found

    def requests(self) -> st.SearchStrategy[Asked]:
        """Anything that can be asked."""
        return st.builds(self._made, *self._parts(is_plain=False))

    def plain(self) -> st.SearchStrategy[Asked]:
        """What the first org may well ask about itself: no more than has to be told."""
        return st.builds(self._made, *self._parts(is_plain=True))

    def _made(self, place: Any, query: Any, head: Any, body: Any) -> Asked:
        path = self.path
        for name, value in place.items():
            path = path.replace(f"{{{name}}}", _quoted(value))
        told = {name: value for name, value in query.items() if value is not None}
        return Asked(self.method.upper(), path, told, head, body)

    def _parts(self, *, is_plain: bool) -> list[st.SearchStrategy[Any]]:
        parts: list[st.SearchStrategy[Any]] = []
        for where in ("path", "query", "header"):
            told = [p for p in self.told.get("parameters", []) if p["in"] == where]
            properties = {p["name"]: p["schema"] for p in told}
            needed = [p["name"] for p in told if p.get("required")]
            drawn = self._properties({"properties": properties, "required": needed}, is_plain)
            parts.append(drawn.map(_texts) if where == "header" else drawn)
        parts.append(self._body(is_plain))
        return parts

    def _body(self, is_plain: bool) -> st.SearchStrategy[Any]:
        content = self.told.get("requestBody", {}).get("content", {}).get("application/json")
        if content is None:
            return st.none()
        if "schema" not in content:
            return st.just(content.get("example", {}))
        return self._values(content["schema"], "", is_plain)

    def _properties(self, schema: Schema, is_plain: bool) -> st.SearchStrategy[Any]:
        properties, needed = schema.get("properties", {}), schema.get("required", [])
        drawn = {name: self._values(inner, name, is_plain) for name, inner in properties.items()}
        required = {name: drawn[name] for name in properties if name in needed}
        optional = {name: drawn[name] for name in properties if name not in needed}
        return st.fixed_dictionaries(required, optional={} if is_plain else optional)

    def _values(self, schema: Schema, name: str, is_plain: bool) -> st.SearchStrategy[Any]:
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for way in ("anyOf", "oneOf"):
            if way in schema:
                ways = schema[way][:1] if is_plain else schema[way]
                return st.one_of([self._values(inner, name, is_plain) for inner in ways])
        if "const" in schema or "enum" in schema:
            allowed = schema.get("enum", [schema.get("const")])
            return st.just(allowed[0]) if is_plain else st.sampled_from([*allowed, "nothing"])
        kind = schema.get("type", "object")
        made: Callable[..., st.SearchStrategy[Any]] = getattr(self, f"_{kind}")
        return made(schema, name, is_plain)

    def _string(self, _: Schema, name: str, is_plain: bool) -> st.SearchStrategy[Any]:
        if name == "q":
            path = self.path if self.path.endswith("/batch") else "/v1/query"
            question = Operation(self.document, "post", path)
            return question._body(is_plain).map(_encoded)
        named = NAMED.get(name, ANY)
        if is_plain:
            return st.just(named[0])
        return st.sampled_from(named) | st.sampled_from(named) | st.sampled_from(ANY)

    def _integer(self, schema: Schema, name: str, is_plain: bool) -> st.SearchStrategy[Any]:
        if name in NAMED:
            return st.just(NAMED[name][0]) if is_plain else st.sampled_from(NAMED[name])
        low = schema.get("minimum", 0)
        high = min(schema.get("maximum", low + 200), low + 200)
        return st.integers(low, high)

    def _number(self, schema: Schema, name: str, is_plain: bool) -> st.SearchStrategy[Any]:
        return self._integer(schema, name, is_plain).map(float)

    def _boolean(self, *_: Any) -> st.SearchStrategy[Any]:
        return st.booleans()

    def _null(self, *_: Any) -> st.SearchStrategy[Any]:
        return st.none()

    def _array(self, schema: Schema, name: str, is_plain: bool) -> st.SearchStrategy[Any]:
        items = self._values(schema.get("items", {}), name, is_plain)
        if name in FREE and "$ref" not in schema.get("items", {}):
            items = st.sampled_from(FREE[name])
        least = max(schema.get("minItems", 0), int(is_plain))
        return st.lists(items, min_size=least, max_size=1 if is_plain else max(3, least))

    def _object(self, schema: Schema, _: str, is_plain: bool) -> st.SearchStrategy[Any]:
        return self._properties(schema, is_plain)


def operations(document: Schema) -> list[Operation]:
    """All of them."""
    ways = ("get", "post", "put", "patch", "delete")
    return [
        Operation(document, method, path)
        for path, told in document["paths"].items()
        for method in told
        if method in ways
    ]


def _encoded(question: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(question).encode()).decode().rstrip("=")


def _quoted(value: Any) -> str:
    return quote(str(value), safe="") or "%20"


def _texts(head: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in head.items()}

"""What one HTTP request asks of ClickHouse: pure reading of parameters, headers and SQL text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# Parameters of the HTTP interface itself; every other parameter is a setting of the engine.
RESERVED = frozenset(
    {"database", "query", "user", "password", "quota_key", "query_id", "role", "roles", "readonly"}
    | {"session_id", "session_timeout", "session_check", "close_session", "access_token"}
    | {"default_format", "compress", "decompress", "buffer_size", "wait_end_of_query"}
    | {"stacktrace", "client_protocol_version"}
)
# Settings that only shape the HTTP dialogue of a server: accepted, without effect here.
IGNORED_PREFIXES = (
    "http_",
    "send_progress_in_http_headers",
    "enable_http_compression",
    "add_http_cors_header",
    "cancel_http_readonly_queries_on_client_close",
    "network_compression_method",
)
BLOCK_COMPRESSION = ("compress", "decompress")
SETTING_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_.]*$")

SPACE_OR_COMMENT = r"(?:\s|--[^\n]*(?:\n|$)|#!?\s[^\n]*(?:\n|$)|/\*.*?\*/|\()"
FIRST_WORD = re.compile(rf"^{SPACE_OR_COMMENT}*([A-Za-z]+)".encode(), re.DOTALL)
TRAILING_FORMAT = re.compile(
    r"\bFORMAT\s+([A-Za-z][A-Za-z0-9_]*)\s*(?:SETTINGS\s[^;]*)?;*\s*$", re.IGNORECASE | re.DOTALL
)
# An INSERT whose rows follow the statement: `… FORMAT Name` or `… VALUES`, and then data.
QUOTED = rb"'(?:[^'\\]|\\.|'')*'|`(?:[^`\\]|\\.)*`|\"(?:[^\"\\]|\\.)*\""
NAMED = rb"\bFORMAT\s+(?P<format>[A-Za-z][A-Za-z0-9_]*)\b"
VALUES = rb"(?<=[\s)`])(?P<values>VALUES)(?=\s*(?:\(|;|$))"
STOP = rb"\bFORMAT\s+[A-Za-z]|(?<=[\s)`])VALUES(?=\s*(?:\(|;|$))|\bSELECT\s|\bWITH\s|\bINFILE\s"
INSERT_HEAD = re.compile(
    rb"^(?P<head>(?:"
    + QUOTED
    + rb"|(?!"
    + STOP
    + rb")[^'`\"])*+)(?:"
    + NAMED
    + rb"|"
    + VALUES
    + rb")",
    re.IGNORECASE | re.DOTALL,
)
AFTER_FORMAT = re.compile(rb"[ \t\f]*;?[ \t\f]*\r?\n?")
SETTINGS_CLAUSE = re.compile(rb"\bSETTINGS\b", re.IGNORECASE)
HEAD_BYTES_MAX = 256 * 1024


@dataclass(frozen=True)
class Call:
    """What the parameters and headers of a request say."""

    database: str = ""
    query: str = ""
    query_id: str = ""
    session_id: str = ""
    default_format: str = "TabSeparated"
    read_only: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class External:
    """A temporary table that comes with a query, its rows in a file."""

    name: str
    structure: str
    format: str
    path: str


@dataclass(frozen=True)
class Insert:
    """An INSERT split from the rows it brings: where they start, and how they are written."""

    head: str
    settings: str
    format: str
    rows_start: int

    def from_file(self, path: str) -> str:
        """The same statement reading its rows from a file."""
        return f"{self.head} FROM INFILE {quoted(path)} {self.settings} FORMAT {self.format}"


def refusal(pairs: Iterable[tuple[str, str]]) -> str:
    """Why a request cannot be served as asked; empty when it can."""
    asked = [name for name, value in pairs if name in BLOCK_COMPRESSION and value not in ("", "0")]
    if not asked:
        return ""
    return (
        f"Code: 48. DB::Exception: {asked[0]}=1 (ClickHouse's own block compression) is not served "
        "by the local engine: use HTTP compression or none. (NOT_IMPLEMENTED)"
    )


def quoted(text: str) -> str:
    """A ClickHouse string literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def read_call(method: str, pairs: Iterable[tuple[str, str]], headers: Mapping[str, str]) -> Call:
    """Read the URL (or form) parameters and headers of a request."""
    given = dict(pairs)
    settings = {
        name: value
        for name, value in given.items()
        if name not in RESERVED and not name.startswith(("param_", *IGNORED_PREFIXES))
    }
    return Call(
        database=given.get("database") or headers.get("x-clickhouse-database", ""),
        query=given.get("query", ""),
        query_id=given.get("query_id", ""),
        session_id=given.get("session_id", ""),
        default_format=given.get("default_format")
        or headers.get("x-clickhouse-format", "TabSeparated"),
        read_only=method in ("GET", "HEAD") or given.get("readonly", "0") not in ("0", ""),
        settings=settings,
        parameters={k[6:]: v for k, v in given.items() if k.startswith("param_")},
    )


def set_statement(settings: Mapping[str, str]) -> str:
    """The SET that applies settings; empty when there are none."""
    bad = [name for name in settings if not SETTING_NAME.match(name)]
    if bad:
        raise ValueError(f"Code: 115. DB::Exception: Unknown setting '{bad[0]}'. (UNKNOWN_SETTING)")
    pairs = ", ".join(f"{name} = {quoted(value)}" for name, value in settings.items())
    return f"SET {pairs}" if pairs else ""


def first_word(sql: bytes) -> str:
    """The statement's first keyword, in capitals."""
    found = FIRST_WORD.match(sql[:HEAD_BYTES_MAX])
    return found[1].decode().upper() if found else ""


def answer_format(sql: str, default: str) -> str:
    """The format in which the answer to this text is written."""
    found = TRAILING_FORMAT.search(sql[-4096:])
    return found[1] if found else default


def split_insert(text: bytes) -> Insert | None:
    """Split an INSERT that brings rows; None for INSERT … SELECT and everything else."""
    if first_word(text) != "INSERT":
        return None
    found = INSERT_HEAD.match(text[:HEAD_BYTES_MAX])
    if found is None:
        return None
    head, settings = found["head"], b""
    clauses = list(SETTINGS_CLAUSE.finditer(head))
    if clauses:
        head, settings = head[: clauses[-1].start()], head[clauses[-1].start() :]
    end = found.end()
    after = AFTER_FORMAT.match(text, end)
    name = "Values" if found["values"] else found["format"].decode()
    return Insert(
        head=head.decode().strip(),
        settings=settings.decode().strip(),
        format=name,
        rows_start=after.end() if after else end,
    )

"""What clickhouse-connect, curl and plain HTTP may rely on in ClickHouse, whichever way it runs."""

import asyncio
import gzip
import json
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import clickhouse_connect
import httpx
import lz4.frame  # type: ignore[import-untyped]
import pytest
import zstandard
from clickhouse_connect.driver.exceptions import DatabaseError
from clickhouse_connect.driver.external import ExternalData

from deploy.local import docker
from tests.engines import ClickHouseEngine, clickhouse_engine

pytestmark = pytest.mark.engines

ROWS = 100_000
STRICT = "SETTINGS input_format_skip_unknown_fields = 0"


@pytest.fixture
def client(clickhouse: ClickHouseEngine, database: str) -> Iterator[Any]:
    with clickhouse_connect.get_client(
        host="127.0.0.1", port=clickhouse.port, database=database
    ) as opened:
        yield opened


@pytest.fixture
def http(clickhouse: ClickHouseEngine, database: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=clickhouse.url, params={"database": database}, timeout=60) as opened:
        yield opened


@pytest.fixture
def table(client: Any) -> str:
    client.command(
        "CREATE TABLE calls (id UInt64, org LowCardinality(String), cost Decimal(38, 18)) "
        "ENGINE = MergeTree ORDER BY id"
    )
    return "calls"


def rows(count: int) -> list[list[Any]]:
    return [[i, f"org{i % 7}", Decimal(i) / 1000] for i in range(count)]


def test_native_insert_keeps_every_row(client: Any, table: str) -> None:
    summary = client.insert(table, rows(ROWS), column_names=["id", "org", "cost"])
    assert summary.written_rows == ROWS
    counted = client.query("SELECT count(), uniqExact(id), sum(cost) FROM calls").result_rows
    assert counted == [(ROWS, ROWS, Decimal(ROWS * (ROWS - 1) // 2) / 1000)]


def test_native_insert_of_several_blocks_keeps_every_row(client: Any, table: str) -> None:
    block = client.raw_query(
        "SELECT number AS id, toString(number % 7) AS org, toDecimal128(1, 18) AS cost "
        "FROM numbers(100000) SETTINGS max_block_size = 8192",
        fmt="Native",
    )
    client.raw_insert(table, insert_block=block, fmt="Native")
    assert client.command("SELECT uniqExact(id) FROM calls") == ROWS


@pytest.mark.parametrize("compress", ["lz4", "zstd", "gzip", False])
def test_compression_both_ways(clickhouse: ClickHouseEngine, database: str, compress: Any) -> None:
    with clickhouse_connect.get_client(
        host="127.0.0.1", port=clickhouse.port, database=database, compress=compress
    ) as client:
        client.command("CREATE TABLE calls (id UInt64, org String) ENGINE = MergeTree ORDER BY id")
        client.insert("calls", [[i, "x" * 50] for i in range(20_000)], column_names=["id", "org"])
        got = client.query("SELECT id, org FROM calls ORDER BY id").result_rows
    assert len(got) == 20_000
    assert got[-1] == (19_999, "x" * 50)


@pytest.mark.parametrize("end", ["LIMIT 0", "WHERE id = 7", "WHERE id = {x:UInt8} -- none"])
def test_an_empty_answer_still_names_its_columns(client: Any, table: str, end: str) -> None:
    sql = " ".join(["SELECT id, org, cost FROM calls", end])
    answer = client.query(sql, parameters={"x": 3})
    assert answer.column_names == ("id", "org", "cost")
    assert answer.column_types[0].name == "UInt64"
    assert answer.result_rows == []


def test_parameters_are_bound_by_the_server_and_by_the_client(client: Any) -> None:
    awkward = "it's a \\ back\nslash\tand ünïcode"
    assert client.query("SELECT {x:String}", parameters={"x": awkward}).result_rows == [(awkward,)]
    assert client.query("SELECT %(x)s", parameters={"x": awkward}).result_rows == [(awkward,)]
    listed = client.query("SELECT {x:Array(String)}", parameters={"x": ["a'b", "c"]})
    assert listed.result_rows == [(["a'b", "c"],)]
    long = "y" * 100_000  # too long for a URL: the client sends a form
    assert client.query("SELECT {x:String}", parameters={"x": long}).result_rows == [(long,)]


def test_rows_may_come_with_a_query(client: Any) -> None:
    data = ExternalData(file_name="ids.csv", data=b"1\n3\n", fmt="CSV", structure="id UInt64")
    sql = "SELECT number FROM numbers(5) WHERE number IN (SELECT id FROM ids) ORDER BY number"
    assert client.query(sql, external_data=data).result_rows == [(1,), (3,)]


def test_settings_end_with_their_query(client: Any) -> None:
    ask = "SELECT getSetting('max_threads')"
    before = client.command(ask)
    assert client.command(ask, settings={"max_threads": 7}) == 7
    with pytest.raises(DatabaseError):
        client.command("SELECT throwIf(1)", settings={"max_threads": 6})
    assert client.command(ask) == before


def test_decimals_as_strings_lose_no_digit(client: Any, table: str) -> None:
    exact = "12345678901234567890.123456789012345678"
    line = json.dumps({"id": 1, "org": "a", "cost": exact}).encode()
    client.raw_insert(table, insert_block=line, fmt="JSONEachRow")
    told = client.raw_query(
        "SELECT cost FROM calls",
        fmt="JSONEachRow",
        settings={"output_format_json_quote_decimals": 1},
    )
    assert json.loads(told) == {"cost": exact}


ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.compress,
    "lz4": lz4.frame.compress,
}


@pytest.mark.parametrize("encoding", ["", *ENCODERS])
@pytest.mark.parametrize("where", ["url", "body"])
def test_insert_over_plain_http(http: httpx.Client, table: str, encoding: str, where: str) -> None:
    statement = "INSERT INTO calls (id, org, cost) FORMAT JSONEachRow"
    lines = b"".join(b'{"id":%d,"org":"a","cost":"0.5"}\n' % i for i in range(50_000))
    params = {"query": statement, "insert_deduplicate": "1"} if where == "url" else {}
    body = lines if where == "url" else f"{statement}\n".encode() + lines
    headers = {"Content-Encoding": encoding} if encoding else {}
    packed = ENCODERS[encoding](body) if encoding else body
    told = http.post("/", params=http.params.merge(params), content=packed, headers=headers)
    assert told.status_code == 200, told.text
    assert json.loads(told.headers["X-ClickHouse-Summary"])["written_rows"] == "50000"
    assert http.post("/", content=b"SELECT uniqExact(id) FROM calls").text == "50000\n"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO calls VALUES (1, 'FORMAT x', 1.5)",
        "INSERT INTO calls (id, org, cost) SELECT 1, 'FORMAT x', 1.5",
        "INSERT INTO calls SETTINGS max_threads = 1 FORMAT CSV\n1,FORMAT x,1.5\n",
        "insert into calls (`id`, `org`, `cost`) format CSV 1,FORMAT x,1.5",
        "/* say why */ INSERT INTO calls SELECT 1, 'FORMAT x', 1.5 SETTINGS max_threads = 1",
    ],
)
def test_ways_to_insert(http: httpx.Client, table: str, statement: str) -> None:
    told = http.post("/", content=statement.encode())
    assert told.status_code == 200, told.text
    assert http.post("/", content=b"SELECT * FROM calls").text == "1\tFORMAT x\t1.5\n"


@pytest.mark.parametrize(
    ("sql", "code", "status"),
    [
        ("SELECT * FROM nowhere", 60, 404),
        ("SELECT 1 FROM", 62, 400),
        ("SELEC 1", 62, 400),
        ("SELECT nothing", 47, 404),
        ("USE nowhere", 81, 404),
        ('INSERT INTO calls FORMAT JSONEachRow\n{"id":"x"}', 27, 400),
        (f'INSERT INTO calls {STRICT} FORMAT JSONEachRow\n{{"id":1,"nope":2}}', 117, 400),
        ('INSERT INTO calls FORMAT JSONEachRow\n{"id":1', 33, 500),
        ("SELECT 1 SETTINGS no_such_setting = 1", 115, 404),
    ],
)
def test_errors_carry_the_code(
    http: httpx.Client, table: str, sql: str, code: int, status: int
) -> None:
    told = http.post("/", content=sql.encode())
    assert (told.status_code, told.headers["X-ClickHouse-Exception-Code"]) == (status, str(code))
    assert told.text.startswith(f"Code: {code}. DB::Exception: ")


def test_a_failed_insert_writes_nothing(http: httpx.Client, table: str) -> None:
    lines = b'{"id":1,"org":"a","cost":"1"}\n' * 1000 + b'{"id":"x"}\n'
    assert http.post("/", content=b"INSERT INTO calls FORMAT JSONEachRow\n" + lines).is_error
    assert http.post("/", content=b"SELECT count() FROM calls").text == "0\n"


def test_get_only_reads(http: httpx.Client, table: str) -> None:
    told = http.get("/", params={"query": "SELECT 1 AS one", "default_format": "JSONEachRow"})
    assert told.json() == {"one": 1}
    assert told.headers["X-ClickHouse-Format"] == "JSONEachRow"
    assert http.get("/", params={"query": "DROP TABLE calls"}).status_code >= 400
    assert http.get("/ping").text == "Ok.\n"
    assert http.get("/replicas_status").text == "Ok.\n"


def test_curl(clickhouse: ClickHouseEngine) -> None:
    url = f"{clickhouse.url}/?query=SELECT%20number%20FROM%20numbers(5000)"
    argv = ["curl", "-sS", "--compressed", "-u", "default:", "-H", "Accept-Encoding: gzip", url]
    told = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "4999"


async def test_async_client(clickhouse: ClickHouseEngine, database: str, table: str) -> None:
    async with await clickhouse_connect.get_async_client(
        host="127.0.0.1", port=clickhouse.port, database=database
    ) as client:
        await client.insert(table, rows(1000), column_names=["id", "org", "cost"])
        sql = "SELECT count(), {n:UInt8} FROM calls"
        asked = [client.query(sql, parameters={"n": n}) for n in range(20)]
        answers = await asyncio.gather(*asked)
    assert [a.result_rows[0] for a in answers] == [(1000, n) for n in range(20)]


def test_many_readers_at_once_each_get_their_own_answer(http: httpx.Client) -> None:
    def read(number: int) -> bool:
        sql = "SELECT {n:String} || repeat('x', 20) FROM numbers(2000)"
        headers = {"Accept-Encoding": ("zstd", "gzip", "deflate")[number % 3]}
        params = http.params.set("param_n", number)
        told = http.post("/", content=sql.encode(), headers=headers, params=params)
        return told.text == f"{number}{'x' * 20}\n" * 2000

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(read, range(200)))


def test_a_password_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if docker.answers():
        pytest.skip("the container's own users are ClickHouse's matter")
    monkeypatch.setenv("TRACETALLY_CLICKHOUSE_PASSWORD", "right")
    with clickhouse_engine(tmp_path) as engine:
        for auth, key, status in [
            (None, None, 403),
            (("default", "wrong"), None, 403),
            (("default", "right"), None, 200),
            (None, "right", 200),
        ]:
            headers = {"X-ClickHouse-User": "default", "X-ClickHouse-Key": key} if key else {}
            told = httpx.post(engine.url, content=b"SELECT 1", auth=auth, headers=headers)
            assert told.status_code == status


def test_reads_do_not_wait_behind_a_long_statement(
    http: httpx.Client, clickhouse: ClickHouseEngine
) -> None:
    long = threading.Thread(
        target=httpx.post,
        args=(clickhouse.url,),
        kwargs={"content": b"SELECT sleep(3)", "timeout": 30},
    )
    long.start()
    time.sleep(0.2)
    started = time.monotonic()
    assert http.post("/", content=b"SELECT 1").text == "1\n"
    assert time.monotonic() - started < 2
    long.join()


def test_acked_rows_survive_a_crash(tmp_path: Path) -> None:
    with clickhouse_engine(tmp_path) as engine, httpx.Client(base_url=engine.url) as http:
        made = http.post(
            "/",
            content=b"CREATE TABLE default.acked (id UInt64) ENGINE = MergeTree ORDER BY id "
            b"SETTINGS fsync_after_insert = 1, fsync_part_directory = 1",
        )
        assert made.status_code == 200, made.text
        for first in range(0, 1000, 100):
            lines = b"".join(b'{"id":%d}\n' % i for i in range(first, first + 100))
            insert = b"INSERT INTO default.acked FORMAT JSONEachRow\n" + lines
            assert http.post("/", content=insert).status_code == 200
        engine.kill()
        with pytest.raises(httpx.TransportError):
            http.get("/ping")
        engine.start()
        assert http.post("/", content=b"SELECT uniqExact(id) FROM acked").text == "1000\n"

"""Encodings are undone within the limit, or refused; never a byte beyond it."""

import gzip
import tracemalloc
import zlib

import pytest
import zstandard

from services.ingest.inflate import CorruptError, TooLargeError, UnknownEncodingError, inflate

DATA = b'{"event_id":"e"}\n' * 1_000
LIMIT = 1_000_000


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


ENCODED = {
    "gzip": gzip.compress(DATA),
    "gzip of two members": gzip.compress(DATA[:500]) + gzip.compress(DATA[500:]),
    "deflate": zlib.compress(DATA),
    "deflate without a header": raw_deflate(DATA),
    "zstd": zstandard.compress(DATA),
    "zstd of two frames": zstandard.compress(DATA[:500]) + zstandard.compress(DATA[500:]),
    "identity": DATA,
    "": DATA,
}


@pytest.mark.parametrize("name", ENCODED)
def test_what_was_encoded_comes_back(name: str) -> None:
    assert inflate(ENCODED[name], name.partition(" ")[0], LIMIT) == DATA


@pytest.mark.parametrize("name", ENCODED)
def test_one_byte_over_the_limit(name: str) -> None:
    assert inflate(ENCODED[name], name.partition(" ")[0], len(DATA)) == DATA
    with pytest.raises(TooLargeError):
        inflate(ENCODED[name], name.partition(" ")[0], len(DATA) - 1)


@pytest.mark.parametrize("name", [name for name in ENCODED if name not in ("identity", "")])
def test_a_cut_or_damaged_stream_is_corrupt(name: str) -> None:
    encoding = name.partition(" ")[0]
    for body in (ENCODED[name][:-3], b"nonsense" * 9, b"\x00" + ENCODED[name][1:]):
        with pytest.raises(CorruptError):
            inflate(body, encoding, LIMIT)


def test_bytes_after_the_end_are_corrupt() -> None:
    for encoding, body in {
        "deflate": zlib.compress(DATA) + b"x",
        "gzip": gzip.compress(DATA) + b"x",
        "zstd": zstandard.compress(DATA) + b"x",
    }.items():
        with pytest.raises(CorruptError):
            inflate(body, encoding, LIMIT)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
def test_a_bomb_is_stopped_while_it_inflates(encoding: str) -> None:
    zeros = bytes(300_000_000)
    compress = {"gzip": gzip.compress, "deflate": zlib.compress, "zstd": zstandard.compress}
    bomb = compress[encoding](zeros)
    del zeros
    tracemalloc.start()
    with pytest.raises(TooLargeError):
        inflate(bomb, encoding, LIMIT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


def test_unknown_encodings() -> None:
    for name in ("br", "gzip, gzip", "compress"):
        with pytest.raises(UnknownEncodingError):
            inflate(b"", name, LIMIT)

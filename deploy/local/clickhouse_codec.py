"""Bytes on the wire: inflating request bodies, compressing answers, empty Native blocks."""

import gzip
import zlib
from collections.abc import Callable, Sequence

import lz4.frame  # type: ignore[import-untyped]
import zstandard

# What we offer, best first. Each call makes its own compressor: a shared one is not thread-safe.
ENCODINGS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": lambda data: zstandard.compress(data, 1),
    "gzip": lambda data: gzip.compress(data, compresslevel=1),
    "deflate": lambda data: zlib.compress(data, level=1),
}
COMPRESS_BYTES_MIN = 1024


def inflater(encoding: str) -> Callable[[bytes], bytes] | None:
    """A function that inflates a body piece by piece; None when the encoding is unknown."""
    makers: dict[str, Callable[[], Callable[[bytes], bytes]]] = {
        "": lambda: bytes,
        "identity": lambda: bytes,
        "lz4": lambda: lz4.frame.LZ4FrameDecompressor().decompress,
        "zstd": lambda: zstandard.ZstdDecompressor().decompressobj().decompress,
        "gzip": lambda: zlib.decompressobj(wbits=31).decompress,
        "deflate": lambda: zlib.decompressobj().decompress,
    }
    make = makers.get(encoding.strip().lower())
    return make() if make else None


def negotiate(accepted: str, size: int) -> str:
    """The encoding of an answer of this size; empty for none."""
    if size < COMPRESS_BYTES_MIN:
        return ""
    asked = {part.split(";")[0].strip().lower() for part in accepted.split(",")}
    return next((name for name in ENCODINGS if name in asked), "")


def varint(number: int) -> bytes:
    """An unsigned LEB128 number, as ClickHouse's Native format writes lengths."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def native_header(columns: Sequence[tuple[str, str]]) -> bytes:
    """A Native block of no rows: it tells names and types, which the engine leaves out."""
    parts = [varint(len(columns)), varint(0)]
    for pair in columns:
        for text in pair:
            raw = text.encode()
            parts += [varint(len(raw)), raw]
    return b"".join(parts)

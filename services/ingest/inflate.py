"""Content encodings, inflated with the limit applied while inflating. Pure."""

import zlib

import zstandard

ENCODINGS = ("gzip", "deflate", "zstd", "identity")
GZIP_MEMBERS_MAX = 100
ZSTD_FRAMES_MAX = 100
ZSTD_WINDOW_MAX = 8 * 1024 * 1024
ZSTD_SLICE = 64
"""Compressed bytes given at once: 64 bytes hold at most 16 blocks, so at most 2 MiB come out."""


class TooLargeError(Exception):
    """The inflated body passes the limit; nothing beyond it was inflated."""


class CorruptError(Exception):
    """The bytes are not what their content encoding says."""


class UnknownEncodingError(Exception):
    """None of `ENCODINGS`."""


def inflate(body: bytes, encoding: str, limit: int) -> bytes:
    """The body without its content encoding, at most `limit` bytes."""
    match encoding.strip().lower():
        case "" | "identity":
            plain = body
        case "gzip" | "x-gzip":
            plain = _zlib(body, 31, limit)
        case "deflate":
            plain = _zlib(body, 15 if _has_zlib_header(body) else -15, limit)
        case "zstd":
            plain = _zstd(body, limit)
        case _:
            raise UnknownEncodingError(encoding)
    if len(plain) > limit:
        raise TooLargeError
    return plain


def _has_zlib_header(body: bytes) -> bool:
    """Some clients send `deflate` with a zlib header, as the RFC says, and some without."""
    return len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0


def _zlib(body: bytes, window_bits: int, limit: int) -> bytes:
    parts: list[bytes] = []
    left = limit
    for _ in range(GZIP_MEMBERS_MAX):
        stream = zlib.decompressobj(window_bits)
        try:
            part = stream.decompress(body, left + 1)
        except zlib.error as wrong:
            raise CorruptError(str(wrong)) from None
        if len(part) > left:
            raise TooLargeError
        if not stream.eof:
            raise CorruptError("the compressed stream ends early")
        parts.append(part)
        left -= len(part)
        body = stream.unused_data
        if not body:
            return b"".join(parts)
        if window_bits != 31:
            raise CorruptError("bytes after the end of the compressed stream")
    raise CorruptError(f"more than {GZIP_MEMBERS_MAX} gzip members")


def _zstd(body: bytes, limit: int) -> bytes:
    out = bytearray()
    decompressor = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_MAX)
    for _ in range(ZSTD_FRAMES_MAX):
        body = _zstd_frame(decompressor, body, out, limit)
        if not body:
            return bytes(out)
    raise CorruptError(f"more than {ZSTD_FRAMES_MAX} zstd frames")


def _zstd_frame(
    decompressor: zstandard.ZstdDecompressor, body: bytes, out: bytearray, limit: int
) -> bytes:
    """Append one frame to `out`; the bytes after it."""
    stream = decompressor.decompressobj()
    for start in range(0, len(body), ZSTD_SLICE):
        try:
            out += stream.decompress(body[start : start + ZSTD_SLICE])
        except zstandard.ZstdError as wrong:
            raise CorruptError(str(wrong)) from None
        if len(out) > limit:
            raise TooLargeError
        if stream.eof:
            return stream.unused_data + body[start + ZSTD_SLICE :]
    raise CorruptError("the compressed stream ends early")

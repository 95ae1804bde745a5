"""What the simulated phone sends, made here so that no binary file has to be kept."""

import struct
import zlib

WIDTH, HEIGHT = 180, 135
SKY, GROUND, BIN, LITTER = (0xBF, 0xD9, 0xEE), (0xA9, 0xAD, 0xA4), (0x3E, 0x7D, 0x5A), (0xE9, 0xE4, 0xD6)


def _pixel(x: int, y: int) -> tuple[int, int, int]:
    if 62 <= x < 112 and 38 <= y < 104:
        return BIN
    if (x - 132) ** 2 + (y - 106) ** 2 < 110 or (x - 40) ** 2 + (y - 112) ** 2 < 60:
        return LITTER
    return SKY if y < 60 else GROUND


def photograph() -> bytes:
    """A small PNG: a bin on a pavement, with litter beside it."""
    rows = b"".join(b"\0" + bytes(v for x in range(WIDTH) for v in _pixel(x, y)) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(rows))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def speech() -> bytes:
    """What a telephone sends as a voice message of a fifth of a second: AMR, ten frames of silence."""
    return b"#!AMR\n" + (b"\x3c" + bytes(31)) * 10

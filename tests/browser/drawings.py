"""Files worth looking at, made on the spot: a landscape as PNG, and a second of sound as WAV."""

import io
import math
import struct
import wave
import zlib
from functools import cache

Colour = tuple[int, int, int]
SEA: tuple[Colour, Colour] = ((20, 120, 160), (240, 180, 90))
DUSK: tuple[Colour, Colour] = ((120, 40, 120), (250, 140, 120))
WOOD: tuple[Colour, Colour] = ((20, 90, 60), (200, 230, 120))
_RATE = 8000


@cache
def landscape(colours: tuple[Colour, Colour], width: int = 320, height: int = 220) -> bytes:
    """Paint a sky between two colours, a sun, and a hill."""
    rows = b"".join(
        b"\0" + b"".join(_pixel(colours, x / width, y / height) for x in range(width)) for y in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _pixel(colours: tuple[Colour, Colour], x: float, y: float) -> bytes:
    blend = (x + y) / 2
    glow = 70 if math.hypot(x - 0.7, (y - 0.35) * 0.7) < 0.15 else 0
    shade = 0.6 if y > 0.72 + 0.06 * math.sin(9 * x) else 1.0
    return bytes(int(min(255, a + (b - a) * blend + glow) * shade) for a, b in zip(*colours, strict=True))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def sound(seconds: int = 1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(_RATE)
        writer.writeframes(
            b"".join(struct.pack("<h", int(9000 * math.sin(place / 6))) for place in range(_RATE * seconds))
        )
    return file.getvalue()

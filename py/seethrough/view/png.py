"""Pixels as a PNG file, for what has to carry its pictures inside."""

from __future__ import annotations

import struct
from base64 import b64encode
from typing import TYPE_CHECKING
from zlib import compress, crc32

import numpy as np

if TYPE_CHECKING:
    from seethrough.core.cache import Array

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# Eight bits a channel, RGBA, no interlacing.
KIND = bytes((8, 6, 0, 0, 0))
SMALLEST = 9


def png(pixels: Array) -> bytes:
    """A PNG file of uint8 RGBA pixels [height, width, 4].

    Source: W3C, Portable Network Graphics (third edition), 5 and 11; rows are not filtered.
    """
    height, width, channels = pixels.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)  # each begins with its filter's type
    rows[:, 1:] = pixels.reshape(height, -1)
    head = struct.pack(">II", width, height) + KIND
    data = compress(rows.tobytes(), SMALLEST)
    return SIGNATURE + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(name: bytes, data: bytes) -> bytes:
    """One part of the file: its length, name, bytes and checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))


def data_address(pixels: Array) -> str:
    """The same file as an address that has it inside."""
    return f"data:image/png;base64,{b64encode(png(pixels)).decode()}"

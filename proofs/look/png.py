"""A browser's picture with a palette of its own: a fraction of the bytes, and no difference that an eye finds."""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {2: 3, 6: 4}  # of a pixel, by the type of its colours (PNG, 11.2.1)
_MOST_COLOURS = 256
_ALIKE = 150  #: squared distance of two colours that are taken for each other

Colour = bytes


def shrink(picture: bytes) -> bytes:
    """The same picture in 256 of its colours, every other one as the nearest of these."""
    header, data = _parts(picture)
    width, height, _, kind = struct.unpack(">IIBB", header[:10])
    rows = list(_rows(zlib.decompress(data), width * _CHANNELS[kind], _CHANNELS[kind]))
    pixels = [[bytes(row[at : at + 3]) for at in range(0, len(row), _CHANNELS[kind])] for row in rows]
    counts = Counter(pixel for row in pixels for pixel in row)
    palette = _palette([colour for colour, _ in counts.most_common()])
    places = {colour: place for place, colour in enumerate(palette)}
    for colour in counts.keys() - places.keys():
        places[colour] = places[min(palette, key=partial(_apart, colour))]
    drawn = b"".join(b"\0" + bytes(places[pixel] for pixel in row) for row in pixels)
    return _SIGNATURE + b"".join(
        _chunk(name, content)
        for name, content in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
            (b"PLTE", b"".join(palette)),
            (b"IDAT", zlib.compress(drawn, 9)),
            (b"IEND", b""),
        )
    )


def _palette(colours: Sequence[Colour]) -> list[Colour]:
    """The most frequent, and of the rest those that are unlike all before: a small mark keeps its colour."""
    chosen = list(colours[: _MOST_COLOURS // 2])
    for colour in colours[len(chosen) :]:
        if len(chosen) < _MOST_COLOURS and all(_apart(colour, one) > _ALIKE for one in chosen):
            chosen.append(colour)
    return chosen


def _parts(picture: bytes) -> tuple[bytes, bytes]:
    header, data, at = b"", b"", len(_SIGNATURE)
    while at < len(picture):
        [size] = struct.unpack(">I", picture[at : at + 4])
        name, content = picture[at + 4 : at + 8], picture[at + 8 : at + 8 + size]
        header, data = (content, data) if name == b"IHDR" else (header, data + content if name == b"IDAT" else data)
        at += size + 12
    return header, data


def _rows(raw: bytes, size: int, step: int) -> Iterator[bytearray]:
    """Without the filters that each row was written with (PNG, 9.2)."""
    above = bytearray(size)
    for at in range(0, len(raw), size + 1):
        kind, row = raw[at], bytearray(raw[at + 1 : at + 1 + size])
        for place in range(size if kind else 0):
            left, corner = (row[place - step], above[place - step]) if place >= step else (0, 0)
            row[place] = (row[place] + _expected(kind, left, above[place], corner)) & 255
        yield row
        above = row


def _expected(kind: int, left: int, above: int, corner: int) -> int:
    if kind == 4:
        likely = left + above - corner
        return min((left, above, corner), key=lambda value: abs(likely - value))
    return {1: left, 2: above, 3: (left + above) // 2}[kind]


def _apart(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

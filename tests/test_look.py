"""The parts of `make look` that need no browser."""

import struct
import zlib
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[1]
RED, GREEN, WHITE = b"\xff\x00\x00", b"\x00\x80\x00", b"\xff\xff\xff"


@pytest.fixture
def png(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(ROOT))
    return import_module("proofs.look.png")


@pytest.fixture
def people(png: ModuleType) -> ModuleType:  # noqa: ARG001 - it makes the folder known
    return import_module("proofs.look.people")


def written(width: int, rows: list[bytes]) -> bytes:
    """A PNG of RGB pixels, its rows filtered already."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2, 0, 0, 0)
    data = zlib.compress(b"".join(rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def seen(picture: bytes) -> list[list[bytes]]:
    """The pixels of a PNG that has a palette and no filters."""
    parts, at = dict[bytes, bytes](), 8
    while at < len(picture):
        [size] = struct.unpack(">I", picture[at : at + 4])
        parts[picture[at + 4 : at + 8]] = picture[at + 8 : at + 8 + size]
        at += size + 12
    width, height = struct.unpack(">II", parts[b"IHDR"][:8])
    raw, colours = zlib.decompress(parts[b"IDAT"]), parts[b"PLTE"]
    rows = [raw[row * (width + 1) + 1 : (row + 1) * (width + 1)] for row in range(height)]
    return [[colours[3 * place : 3 * place + 3] for place in row] for row in rows]


def test_a_picture_of_few_colours_keeps_each_of_them(png: ModuleType) -> None:
    plain = b"\0" + RED + GREEN + WHITE
    like_the_left = b"\1" + WHITE + bytes(6)
    like_above = b"\2" + bytes(9)
    between = b"\3" + bytes(value - above // 2 for value, above in zip(WHITE, WHITE, strict=True)) + b"\0" * 6
    likely = b"\4" + bytes(9)

    rows = seen(png.shrink(written(3, [plain, like_the_left, like_above, between, likely])))

    assert rows[:3] == [[RED, GREEN, WHITE], [WHITE] * 3, [WHITE] * 3]
    assert rows[3][0] == rows[4][0] == WHITE


def test_a_rare_colour_becomes_the_nearest_that_is_kept(png: ModuleType) -> None:
    greys = [bytes((value, value, value)) for value in range(256)]
    almost_white = b"\xfe\xff\xff"

    [row] = seen(png.shrink(written(257, [b"\0" + b"".join(greys) + almost_white])))

    assert row[-1] in (WHITE, b"\xfe\xfe\xfe", b"\xfd\xfd\xfd")
    assert len(set(row)) <= 256


def test_many_patients_have_numbers_and_sessions_of_their_own(people: ModuleType) -> None:
    patients = [*people.MONDAY, *people.ODD, *people.many()]

    assert len({one.phone for one in patients if one.phone}) == sum(bool(one.phone) for one in patients)
    assert len({one.key for one in patients}) == len(patients)

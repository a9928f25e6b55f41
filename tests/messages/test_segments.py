from typing import Any

import pytest
from gsm0338 import Codec
from hypothesis import given, settings, strategies as st

from followup.messages.segments import count_segments, is_gsm7

_CODEC: Any = Codec()
_TEXTS = st.lists(st.tuples(st.sampled_from("aéñ@\n{€áç“🙂\x1b"), st.integers(1, 90)), max_size=5).map(
    lambda runs: "".join(character * times for character, times in runs)
)


def _is_gsm7_slowly(text: str) -> bool:
    try:
        _CODEC.encode(text)
    except UnicodeEncodeError:
        return False
    return "\x1b" not in text


def _weigh(text: str, *, gsm7: bool) -> int:
    return len(_CODEC.encode(text)[0]) if gsm7 else len(text.encode("utf-16-le")) // 2


def _count_slowly(text: str) -> int:
    """Cut off the longest beginning that fits one part, again and again; the encoders say what it weighs."""
    gsm7 = _is_gsm7_slowly(text)
    alone, part = (160, 153) if gsm7 else (70, 67)
    if _weigh(text, gsm7=gsm7) <= alone:
        return 1 if text else 0
    parts = 0
    while text:
        end = next(end for end in range(len(text), 0, -1) if _weigh(text[:end], gsm7=gsm7) <= part)
        text, parts = text[end:], parts + 1
    return parts


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 0),
        ("a", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("é" * 160, 1),
        ("á" * 70, 1),
        ("á" * 71, 2),
        ("á" * 134, 2),
        ("á" * 135, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
    ],
)
def test_a_text_costs_what_carriers_count(text: str, segments: int) -> None:
    assert count_segments(text) == segments


def test_a_part_never_ends_inside_an_extension_character() -> None:
    assert count_segments("a" * 153 + "{" + "a" * 151) == 2
    assert count_segments("a" * 152 + "{" + "a" * 151) == 2
    assert count_segments("a" * 152 + "{" + "a" * 152) == 3


def test_a_part_never_ends_inside_a_surrogate_pair() -> None:
    assert count_segments("á" * 66 + "🙂" + "á" * 65) == 2
    assert count_segments("á" * 66 + "🙂" + "á" * 66) == 3


@pytest.mark.parametrize("character", "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞ^{}\\[~]|€ÆæßÉ ¡ÄÖÑÜ§¿äöñüà\n\r")
def test_the_alphabet_has_this_character(character: str) -> None:
    assert is_gsm7(character)


@pytest.mark.parametrize("character", "áíóúçêÁÍ“”—…`\t\x1b🙂漢\u00a0")
def test_one_other_character_makes_a_text_dear(character: str) -> None:
    assert not is_gsm7(f"abc{character}")


@given(_TEXTS)
@settings(max_examples=80)
def test_the_count_agrees_with_cutting_a_text_up(text: str) -> None:
    assert is_gsm7(text) == _is_gsm7_slowly(text)
    assert count_segments(text) == _count_slowly(text)

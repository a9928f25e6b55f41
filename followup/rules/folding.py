"""A reply without what does not change its meaning, so that rules can compare words."""

import re
import unicodedata

_APOSTROPHES = "'`\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}"
_QUOTES = '"\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}«»'
_BEFORE = str.maketrans(
    {
        **dict.fromkeys(_APOSTROPHES, None),
        **dict.fromkeys(_QUOTES + "#", " "),
        **dict.fromkeys("\n\r\v\f\u0085\u2028\u2029", " . "),
        **dict.fromkeys("➡➜⇒", "→"),
        "\N{HEAVY MINUS SIGN}": "-",
        "\N{HEAVY PLUS SIGN}": "+",
        "🔟": " 10 ",
        "🅰": " a ",
        "🅱": " b ",
    }
)
_ARROW = re.compile(r"(?<![-=])[-=]+>")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|\S")


def fold(text: str) -> str:
    """Lower case, without accents, apostrophes, quotes and spare space; 3️⃣ is 3, a dash or minus is "-", -> is "→"."""
    apart = "".join(f" {letter} " if _is_odd_number(letter) else letter for letter in text.translate(_BEFORE))
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", apart).casefold())
    return " ".join(_ARROW.sub("→", "".join(map(_kept, plain))).split())


def tokens(folded: str) -> list[str]:
    """The words, the runs of digits, and each other mark by itself."""
    return _TOKEN.findall(folded)


def vocabulary(words: str) -> frozenset[str]:
    """A set of folded words, written as a text."""
    return frozenset(words.split())


def _is_odd_number(letter: str) -> bool:
    # ½, ² and ③ become digits; those must not grow together with the digit before them, as in 7½.
    return unicodedata.category(letter) == "No"


def _kept(letter: str) -> str:
    category = unicodedata.category(letter)
    if category[0] == "M" or category == "Cf":
        return ""
    if category == "Pd" or letter == "\N{MINUS SIGN}":
        return "-"
    return " " if category == "Cc" else letter

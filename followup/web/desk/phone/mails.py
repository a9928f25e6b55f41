"""A mail as its patient reads it, drawn in our own page.

The HTML of a mail needs inline styles, which our pages never allow; a frame for it would need a policy with a hole, and
would be read badly by screen readers and on narrow screens. So its words, lists and links are taken out of the HTML,
one by one, and drawn anew: nothing else of it reaches the page. Colours and type are the page's own.
"""

from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlsplit

from markupsafe import Markup, escape

_KEPT = frozenset({"p", "ul", "ol", "li", "strong", "em"})
_SCHEMES = frozenset({"http", "https", "tel", "mailto"})
_WORDS, _FOOT = "words", "foot"  # classes of the cells that our mails have their words in


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the patient reads: the letter, and what stands below it. Empty for a mail that is not one of ours."""

    words: Markup
    foot: Markup


def draw(html: str) -> Drawn:
    """The words and links of a mail of ours."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Drawn(Markup("").join(reader.found[_WORDS]), Markup("").join(reader.found[_FOOT]))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[Markup]] = {_WORDS: [], _FOOT: []}
        self._into: list[Markup] | None = None
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "td":
            self._into = self.found.get(given.get("class", ""))
        elif self._into is None:
            return
        elif tag == "br":
            self._into.append(Markup("<br>"))
        elif tag == "a" and urlsplit(given.get("href", "")).scheme in _SCHEMES:
            self._into.append(_link(given["href"], is_action=given.get("class") == "action"))
            self._open.append(tag)
        elif tag in _KEPT:
            self._into.append(Markup(f"<{tag}>"))  # noqa: S704 - one of a few tags of ours
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            while self._open:
                self._end()
            self._into = None
        elif tag in self._open:
            while self._end() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._into is not None and self.cdata_elem is None:  # what a script or a style holds are no words
            self._into.append(escape(data))

    def _end(self) -> str:
        tag = self._open.pop()
        assert self._into is not None
        self._into.append(Markup(f"</{tag}>"))  # noqa: S704 - it was begun by us
        return tag


def _link(href: str, *, is_action: bool) -> Markup:
    look = Markup(' class="button button--primary mail-action"') if is_action else Markup("")
    where = Markup(' target="_blank" rel="noopener"') if href.startswith("http") else Markup("")
    return Markup('<a href="{}"{}{}>').format(href, look, where)

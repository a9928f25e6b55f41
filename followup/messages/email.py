"""How an email reads: one Markdown body and one footer, as plain text and as HTML for any screen, light or dark.

Words become HTML once and are kept; after that an email costs two substitutions. Values go in last, so that none is
ever read as Markdown, and each is escaped where HTML wants it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mjml import mjml2html

from followup.messages.filling import fill
from followup.messages.layout import MJML

_NO_WEB_FONTS: dict[str, str] = {}  # a font fetched from elsewhere would tell that, and when, an email was opened
_MARKDOWN = MarkdownIt("commonmark", {"html": False})
_FOOTER_RULE = "---"

_PHONES = ("phone", "after_hours", "emergency")
_PHONE = re.compile(r"\{\{ (phone|after_hours|emergency) \}\}")
_CHOICE = re.compile(r"([^<>.?!\s][^<>.?!]*): (\{\{ (?:preferences|unsubscribe) \}\})")
_BREAK = "<br>\n"
_SHOWN_LENGTH = 30  # characters of a link that a narrow phone shows on one line
_ACTION = re.compile(r": (\{\{ link \}\})")
_BARE_LINK = re.compile(r"(?<![\">])(\{\{ (?:link|preferences|unsubscribe) \}\})")
_NOT_DIALLED = re.compile(r"[^0-9+*#]")


@dataclass(frozen=True, slots=True)
class Email:
    text: str
    html: str


def render(body: str, footer: str, *, language: str, subject: str, values: Mapping[str, str]) -> Email:
    """Both forms of an email. `values` and `subject` are already clean; an empty footer is left out."""
    draft = _draft(body, footer, language)
    return Email(fill(draft.text, values), fill(draft.html, _for_html({**values, "subject": subject})))


def note(body: str, values: Mapping[str, str]) -> str:
    """The body alone as an HTML fragment, for a page that shows what a private message only links to."""
    return fill(_html(body), _for_html(values))


def _for_html(values: Mapping[str, str]) -> dict[str, str]:
    dialled = {f"tel_{name}": _NOT_DIALLED.sub("", values[name]) for name in _PHONES if name in values}
    shown = {"shown_link": _shown(values["link"])} if "link" in values else {}
    return {name: _BREAK.join(escape(value).split("\n")) for name, value in {**values, **dialled, **shown}.items()}


def _shown(link: str) -> str:
    """Enough of a link to see whose page it opens."""
    address = link.split("://", 1)[-1]
    return address if len(address) <= _SHOWN_LENGTH else f"{address.partition('/')[0]}/…"


@lru_cache(maxsize=1024)
def _draft(body: str, footer: str, language: str) -> Email:
    mjml = MJML.replace("[[language]]", language).replace("[[body]]", _html(body)).replace("[[footer]]", _html(footer))
    text = _text(body) + (f"\n\n{_FOOTER_RULE}\n{_text(footer)}" if footer else "")
    return Email(text + "\n", mjml2html(mjml, fonts=_NO_WEB_FONTS))


@lru_cache(maxsize=1024)
def _html(markdown: str) -> str:
    """HTML with placeholders, its links and phone numbers ready to be tapped."""
    html = _MARKDOWN.render(markdown)
    html = _PHONE.sub(r'<a class="number" href="tel:{{ tel_\1 }}">\g<0></a>', html)
    html = _CHOICE.sub(r'<a href="\2">\1</a>', html)
    html = _ACTION.sub(r': <a class="action" href="\1">{{ shown_link }}</a>', html)
    return _BARE_LINK.sub(r'<a href="\1">\1</a>', html)


def _text(markdown: str) -> str:
    """Plain text with placeholders: no marks, a list item on its own line."""
    blocks = SyntaxTreeNode(_MARKDOWN.parse(markdown)).children
    return "\n\n".join(_plain_block(block) for block in blocks)


def _plain_block(block: SyntaxTreeNode) -> str:
    if block.type == "bullet_list":
        return "\n".join(f"- {_plain_inline(item)}" for item in block.children)
    return _plain_inline(block)


def _plain_inline(node: SyntaxTreeNode) -> str:
    if node.type == "softbreak":
        return "\n"
    return node.content if node.type == "text" else "".join(_plain_inline(child) for child in node.children)

"""One page with all pictures side by side, for whoever looks at them."""

from html import escape
from pathlib import Path

_HEAD = """<!doctype html><meta charset="utf-8"><title>Pictures</title>
<style>body { background: #888; font: 13px system-ui } figure { display: inline-block; vertical-align: top; margin: 4px }
img { height: 520px; max-width: 640px; object-fit: cover; object-position: top } a { color: #000 }</style>
"""


def bind(folder: Path) -> None:
    """Write `index.html` beside them."""
    figures = (
        f'<figure><a href="{name}"><img src="{name}" loading="lazy" alt=""><figcaption>{name}</figcaption></a></figure>'
        for name in sorted(escape(file.name) for file in folder.glob("*.png"))
    )
    (folder / "index.html").write_text(_HEAD + "\n".join(figures), encoding="utf-8")

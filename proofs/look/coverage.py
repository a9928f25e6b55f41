"""Whether every page that there is has been looked at."""

import re
from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts

from followup.web import notes, patients, preferences, telling
from followup.web.desk.parts import PARTS
from proofs.checks import Check

_NO_PAGES = {"/p/{token}/book", "/p/{token}/{rest:path}"}  # they lead on, or refuse
_RENEWS = "/news"  #: how the address ends of what only brings a page up to date


def every_page(visited: set[str]) -> Check:
    """One line; a fault for each page that nobody came to."""
    patterns = {path for path in _pages() if path not in _NO_PAGES and not path.endswith(_RENEWS)}
    missed = [path for path in sorted(patterns) if not any(_is_of(path, one) for one in visited)]
    return Check("every page there is was opened", f"{len(patterns)} pages", missed)


def _pages() -> Iterator[str]:
    routers: list[APIRouter] = [part.router for part in PARTS]
    for router in (*routers, patients.router, preferences.router, telling.router, notes.router):
        for route in iter_route_contexts(router.routes):
            if route.path and "GET" in (route.methods or ()):
                yield route.path


def _is_of(path: str, visited: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), visited) is not None

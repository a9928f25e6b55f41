"""What every command that lists does alike: read page after page, and tell it as lines or as the API's objects."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

import typer
from sqlalchemy.orm import Session

from followup.cli.console import tell_list
from followup.runtime import Runtime

PAGE = 500  #: read in one transaction

V = TypeVar("V")
V_co = TypeVar("V_co", covariant=True)


class Page(Protocol[V_co]):
    """What queries give."""

    @property
    def items(self) -> Sequence[V_co]: ...

    @property
    def next_cursor(self) -> str | None: ...


def every(runtime: Runtime, read: Callable[[Session, str | None], Page[V]]) -> Iterator[V]:
    """Everything that there is, page by page, so that no transaction is long."""
    cursor = None
    while True:
        with runtime.read_db() as db:
            page = read(db, cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


def tell(views: Iterator[V], *, as_json: bool, line: Callable[[V], Any]) -> None:
    """Print them as they come; as JSON all at once."""
    if as_json:
        tell_list(views)
        return
    for view in views:
        typer.echo(line(view))

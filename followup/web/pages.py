"""Draws HTML. Everything on a page comes from this host, and every value is escaped."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache, partial
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.responses import HTMLResponse


class Pages:
    """The templates of one app. `public_url` may have a path, which then stands before every address."""

    def __init__(self, public_url: str) -> None:
        self._templates = _templates(urlsplit(public_url).path)

    def draw(self, name: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """One page with its values."""
        return HTMLResponse(self._templates.get_template(name).render(values, status=status), status)


@cache
def _templates(root: str) -> Environment:
    """The templates with a path before every address; each is compiled when it is first drawn."""
    templates = Environment(
        loader=PackageLoader("followup.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(root=root, icon=partial(_icon, root))
    templates.filters.update(day_and_time=day_and_time, local=_local, near=_near, step=step_title, person=_person)
    return templates


def _icon(root: str, name: str) -> Markup:
    drawing = f"{root}/static/icons.svg#i-{name}"
    return Markup('<svg class="icon" aria-hidden="true"><use href="{}"/></svg>').format(drawing)


def day_and_time(when: datetime | str) -> str:
    """Such as `Mon 2 Nov, 10:00`, in the zone that the instant comes with; ISO 8601 will do."""
    moment = datetime.fromisoformat(when) if isinstance(when, str) else when
    return f"{moment:%a} {moment.day} {moment:%b, %H:%M}"


def later_by(ahead: timedelta) -> str:
    """How far business time is ahead, in its two largest units; empty for less than a minute."""
    minutes = round(abs(ahead) / timedelta(minutes=1))
    days, hours = divmod(minutes // 60, 24)
    units = [f"{number} {unit}" for number, unit in ((days, "d"), (hours, "h"), (minutes % 60, "min")) if number]
    return f"{' '.join(units[:2])} {'later' if ahead > timedelta(0) else 'earlier'}" if units else ""


@pass_context
def _local(context: Context, when: datetime) -> str:
    """An instant as the clocks of the clinic show it."""
    return day_and_time(when.astimezone(context["zone"]))


@pass_context
def _near(context: Context, when: datetime) -> str:
    """The same as `local`, and the time alone where the day is today's."""
    there, today = when.astimezone(context["zone"]), context["frame"].now.astimezone(context["zone"])
    return f"{there:%H:%M}" if there.date() == today.date() else day_and_time(there)


def step_title(key: str) -> str:
    """What a step is called on pages: `what-to-expect` is "What to expect"."""
    return key.replace("-", " ").capitalize()


@pass_context
def _person(context: Context, by: str) -> str:
    """The name of whoever signed something; what is no member of staff is called as it signs."""
    name: str = context["names"].get(by, by)
    return name


def with_calls(text: str, numbers: Mapping[str, str]) -> Markup:
    """The text with phone numbers to press: `numbers` gives each its address (`tel:911`)."""
    known = sorted(filter(None, numbers), key=len, reverse=True)  # 911 may be part of a longer one
    if not known:
        return Markup.escape(text)
    pieces = re.split(f"({'|'.join(map(re.escape, known))})", text)
    link = Markup('<a class="nowrap" href="{}">{}</a>')
    return Markup("").join(link.format(numbers[piece], piece) if piece in numbers else piece for piece in pieces)

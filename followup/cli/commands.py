"""All commands together. Wrong use of any is answered in plain words."""

from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from followup.cli import emulate, importing, keys, plans, staff
from followup.cli.alerts import alert, alerts
from followup.cli.clock import clock
from followup.cli.doctor import doctor
from followup.cli.init import init
from followup.cli.messages import message, messages
from followup.cli.migrate import migrate
from followup.cli.pausing import pause, restored, resume
from followup.cli.rehearse import rehearse
from followup.cli.replies import replies
from followup.cli.serve import serve
from followup.cli.triage import triage

_PLAIN = {
    "uuid_parsing": "is not an id; copy one whole, as the lists show them",
    "int_parsing": "is not a whole number",
    "greater_than_equal": "is too little; {ge} is the least",
    "less_than_equal": "is too much; {le} is the most",
    **dict.fromkeys(
        ("datetime_parsing", "datetime_from_date_parsing"), "is not a day and a time; write it like 2026-10-24T20:40"
    ),
}


class _Commands(TyperGroup):
    """Says what is wrong with an option without the words of those who parse it."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            if isinstance(error.__cause__, ValidationError):
                error.message = _plainly(error.__cause__)
            raise


def _plainly(error: ValidationError) -> str:
    first = error.errors()[0]
    context = first.get("ctx", {})
    if first["type"] == "value_error":
        return str(context["error"])
    what = _PLAIN.get(first["type"], "cannot be read").format(**context)
    return f"{first['input']!r} {what}"


app = typer.Typer(
    name="followup",
    cls=_Commands,
    help="Texts and emails that follow up treatment sessions, in time and once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they fill the screen, and their locals may hold what patients wrote
)
app.command()(serve)
app.command()(migrate)
app.command()(init)
app.command()(doctor)
importing.register(app)
app.command()(rehearse)
app.command()(triage)
app.command()(messages)
app.command()(message)
app.command()(replies)
app.command()(alerts)
app.command()(alert)
app.command()(clock)
app.command()(pause)
app.command()(resume)
app.command()(restored)
app.add_typer(plans.app, name="plan")
app.add_typer(staff.app, name="staff")
app.add_typer(keys.app, name="key")
app.add_typer(emulate.app, name="emulate")

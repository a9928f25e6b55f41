"""All commands together."""

import typer

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

app = typer.Typer(
    name="followup",
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

"""The `followup` command. Each module of this package holds one command, or a few that belong together."""

import typer

from followup.cli import emulate, importing
from followup.cli.clock import clock
from followup.cli.init import init
from followup.cli.messages import message, messages
from followup.cli.migrate import migrate
from followup.cli.pausing import pause, resume
from followup.cli.serve import serve

app = typer.Typer(
    name="followup",
    help="Texts and emails that follow up treatment sessions, in time and once.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # they may hold patients' data
)
app.command()(serve)
app.command()(migrate)
app.command()(init)
importing.register(app)
app.command()(messages)
app.command()(message)
app.command()(clock)
app.command()(pause)
app.command()(resume)
app.add_typer(emulate.app, name="emulate")

"""The `followup` command. Each module of this package holds one command, or a few that belong together."""

import typer

from followup.cli import emulate
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
for command in (serve, migrate, init, messages, message, clock, pause, resume):
    app.command()(command)
app.add_typer(emulate.app, name="emulate")

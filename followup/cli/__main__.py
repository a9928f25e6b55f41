"""`python -m followup.cli`, for where the `followup` script is not on the path."""

from followup.cli import app

app(prog_name="followup")

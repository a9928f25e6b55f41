"""`followup emulate`: a Twilio and a mailbox that send nothing anywhere, for trying out and for a clinic's own tests."""

import logging
import sys
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

import typer

from followup import emulators
from followup.cli import claims
from followup.cli.console import fail, read_settings
from followup.emulators import DEFAULT_ACCOUNT, TwilioAccount
from settings import Settings

REPLY_HOOK = "/hooks/twilio/reply"

app = typer.Typer(help="Run the emulators of Twilio and of a mail server by themselves.", no_args_is_help=True)

Host = Annotated[str, typer.Option(help="The address to listen on.")]
PortNumber = Annotated[int, typer.Option(min=1, max=65535)]
ReplyUrl = Annotated[str, typer.Option(help="Where patients' texts are posted to; else PUBLIC_URL's reply hook.")]
Latency = Annotated[int, typer.Option("--latency-ms", min=0, help="How long every answer takes.")]


@app.command()
def twilio(
    host: Host = "127.0.0.1", port: PortNumber = 8001, reply_url: ReplyUrl = "", latency_ms: Latency = 0
) -> None:
    """Play the account in TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; without them AC000… with the token "emulator".

    Example: followup emulate twilio --port 8001 --reply-url http://127.0.0.1:8000/hooks/twilio/reply
    """
    settings = read_settings()
    _check(claims.Port(host, port, "--port"))
    _announce(f"What it takes is listed at http://{host}:{port}/_emulator/ledger")
    emulators.run(
        host=host,
        twilio_port=port,
        smtp_port=None,
        mail_http_port=None,
        account=_account(settings),
        reply_url=reply_url or settings.public_url + REPLY_HOOK,
        latency=timedelta(milliseconds=latency_ms),
    )


@app.command()
def mail(
    host: Host = "127.0.0.1", port: PortNumber = 8025, http_port: PortNumber = 8026, latency_ms: Latency = 0
) -> None:
    """Take every mail and keep it until the end.

    Example: followup emulate mail --port 8025 --http-port 8026
    """
    _check(claims.Port(host, port, "--port"), claims.Port(host, http_port, "--http-port"))
    _announce(f"What it takes is listed at http://{host}:{http_port}/_emulator/mailbox")
    emulators.run(
        host=host,
        twilio_port=None,
        smtp_port=port,
        mail_http_port=http_port,
        account=DEFAULT_ACCOUNT,
        reply_url="",
        latency=timedelta(milliseconds=latency_ms),
    )


@app.command()
def both(latency_ms: Latency = 0) -> None:
    """Play what this service speaks to while not live, at EMULATOR_TWILIO_URL and EMULATOR_SMTP_URL.

    Example: followup emulate both
    """
    settings = read_settings()
    _check(*ports_of_both(settings))
    sms, smtp, mail_http = ports_of_both(settings)
    emulators.run(
        host=sms.host,
        twilio_port=sms.number,
        smtp_port=smtp.number,
        mail_http_port=mail_http.number,
        account=DEFAULT_ACCOUNT,
        reply_url=settings.public_url + REPLY_HOOK,
        latency=timedelta(milliseconds=latency_ms),
    )


def ports_of_both(settings: Settings) -> tuple[claims.Port, claims.Port, claims.Port]:
    """Where Twilio, mail and the mailbox are listened for; the mailbox is one above the mail."""
    sms, smtp = urlsplit(settings.emulator_twilio_url), urlsplit(settings.emulator_smtp_url)
    host, smtp_port = sms.hostname or "", smtp.port or 25
    return (
        claims.Port(host, sms.port or 80, "EMULATOR_TWILIO_URL"),
        claims.Port(host, smtp_port, "EMULATOR_SMTP_URL"),
        claims.Port(host, smtp_port + 1, "EMULATOR_SMTP_URL"),
    )


def _account(settings: Settings) -> TwilioAccount:
    token, secret = settings.twilio_auth_token, settings.twilio_api_secret
    if not (settings.twilio_account_sid and token):
        return DEFAULT_ACCOUNT
    return TwilioAccount(
        sid=settings.twilio_account_sid,
        auth_token=token.get_secret_value(),
        api_key=settings.twilio_api_key,
        api_secret=secret.get_secret_value() if secret else "",
    )


def _announce(line: str) -> None:
    typer.echo(line)
    theirs = logging.getLogger(emulators.__name__)
    theirs.setLevel(logging.INFO)  # they say themselves when they listen
    theirs.addHandler(logging.StreamHandler(sys.stdout))
    theirs.propagate = False


def _check(*ports: claims.Port) -> None:
    try:
        claims.check_ports(ports)
    except claims.TakenError as error:
        fail(str(error))

"""The one place where parts are wired and the clock is read."""

import ctypes
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy import Engine

from followup.actions.patience import Patience
from followup.db import OpenDb, connect, opener, reader
from followup.messages.gateway import Gateway
from followup.messages.links import Links
from followup.messages.smtp import SmtpAccount, SmtpGateway
from followup.messages.twilio import TwilioAccount, TwilioGateway
from followup.models import Clock
from followup.terms import Channel
from settings import Settings, SettingsError


@dataclass(frozen=True)
class Runtime:
    """Everything that tasks, pages and commands need; pass it on, import none of it."""

    settings: Settings
    engine: Engine
    gateways: Mapping[Channel, Gateway]
    links: Links
    now: Callable[[], datetime]  #: business time
    patience: Patience = field(default_factory=Patience)

    @property
    def open_db(self) -> OpenDb:
        """One transaction that may write."""
        return opener(self.engine)

    @property
    def read_db(self) -> OpenDb:
        """One transaction that only reads, and never waits for a writer."""
        return reader(self.engine)

    def after_fork(self) -> None:
        """Forget the parent's connections without closing them under it."""
        self.engine.dispose(close=False)

    def close(self) -> None:
        """Let go of every connection."""
        for gateway in self.gateways.values():
            gateway.close()
        self.engine.dispose()


def build(settings: Settings, *, patience: Patience | None = None) -> Runtime:
    """Wire the service as the settings say. Opens no connection yet. Raises `SettingsError`."""
    engine = connect(settings.database_url)
    return Runtime(
        settings=settings,
        engine=engine,
        gateways={
            Channel.SMS: TwilioGateway(_twilio(settings), receipt_url=f"{settings.public_url}/hooks/twilio/receipt"),
            Channel.EMAIL: SmtpGateway(_smtp(settings)),
        },
        links=Links(settings.public_url, settings.signing_key()),
        now=_live_clock if settings.followup_live else _shifted_clock(engine),
        patience=patience or Patience(),
    )


def _twilio(settings: Settings) -> TwilioAccount:
    access = settings.twilio
    return TwilioAccount(
        account_sid=access.account_sid,
        auth_token=access.auth_token.get_secret_value(),
        api_key=access.api_key,
        api_secret=access.api_secret.get_secret_value() if access.api_secret else "",
        sender=access.sender,
        messaging_service_sid=access.messaging_service_sid,
        base_url=access.base_url,
    )


def _smtp(settings: Settings) -> SmtpAccount:
    access = settings.smtp
    try:
        return SmtpAccount.from_url(access.url.get_secret_value(), ca_file=access.ca_file, sender=access.sender)
    except ValueError as error:
        raise SettingsError(str(error)) from None


def _live_clock() -> datetime:
    return datetime.now(UTC)


def _shifted_clock(engine: Engine) -> Callable[[], datetime]:
    """While practising, business time is real time plus what `followup clock` skipped."""
    read_db = reader(engine)

    def now() -> datetime:
        with read_db() as db:
            clock = db.get(Clock, 1)
        return datetime.now(UTC) + (clock.ahead if clock else timedelta(0))

    return now


def die_with_parent(with_signal: signal.Signals = signal.SIGKILL) -> None:
    """Ask Linux to end this process when its parent ends, so that no orphan goes on sending."""
    if sys.platform == "linux":
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, with_signal)

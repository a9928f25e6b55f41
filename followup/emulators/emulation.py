"""The state that every port of the emulators shares, and what can be done to it."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from followup.emulators.account import TwilioAccount
from followup.emulators.carrier import Carrier, Receipts
from followup.emulators.clock import Clock
from followup.emulators.faults import Faults, Stage
from followup.emulators.inbound import Inbound
from followup.emulators.log import Log, Record
from followup.emulators.mailbox import Mail, open_mail
from followup.emulators.sms import Sms
from followup.emulators.webhooks import Webhooks


class Emulation:
    """A Twilio account and a mail server, in memory. Every call belongs on the event loop that made it."""

    def __init__(
        self, *, account: TwilioAccount, webhooks: Webhooks, reply_url: str, latency: timedelta, receipts: Receipts
    ) -> None:
        self.account = account
        self.reply_url = reply_url
        self.latency = latency
        self.clock = Clock()
        self.faults = Faults()
        self.log = Log()
        self.mails: list[Mail] = []
        self.carrier = Carrier(account, webhooks, self.clock, receipts)
        self._webhooks = webhooks
        self._receipts = receipts
        self._released = asyncio.Event()

    def accept(self, sms: Sms) -> tuple[Record, asyncio.Task[None] | None]:
        """Keep a text and set it on its way."""
        now = self.clock.now()
        record = self.log.accept(sms, now=now, business_at=self.clock.business(now))
        if self._receipts is Receipts.NONE:
            return record, None
        undelivered = self.faults.take(Stage.CARRIER, sms.to, sms.body) is not None
        fault = self.faults.take(Stage.RECEIPTS, sms.to, sms.body)
        return record, self.carrier.start(record, undelivered=undelivered, fault=fault)

    async def receive(self, inbound: Inbound) -> dict[str, Any]:
        """Pass a patient's text on to the reply URL; `status_code` is its answer, or None when nobody answered."""
        if not self.reply_url:
            raise LookupError("there is no reply URL: start the emulator with one")
        now = self.clock.now()
        self.log.receive(inbound.sid, inbound.sms, now=now, business_at=self.clock.business(now))
        status = await self._webhooks.post(self.reply_url, inbound.form(self.account))
        return {"sid": inbound.sid, "status_code": status}

    def take_mail(self, content: bytes, recipients: list[str]) -> list[Mail]:
        """Keep a mail, once for each of its recipients."""
        now = self.clock.now()
        business_at = self.clock.business(now)
        mails = [open_mail(content, to=to, accepted_at=now, business_at=business_at) for to in recipients]
        self.mails += mails
        return mails

    def ledger(self, after: int = 0, *, to: str = "") -> list[dict[str, Any]]:
        """Every text that was accepted (only those to a number), in that order, but for the first `after`."""
        taken = self.log.taken_for(to) if to else self.log.taken
        return [record.row() for record in taken[after:]]

    def mailbox(self, *, to: str = "") -> list[dict[str, Any]]:
        """Every mail that was taken, in that order; only those to an address."""
        wanted = to.casefold()
        return [mail.row() for mail in self.mails if not to or mail.to.casefold() == wanted]

    def reset(self) -> None:
        """Forget every text, mail and fault. The clock stays: it is the service's."""
        self.release()
        self.carrier.stop()
        self.log.clear()
        self.mails.clear()
        self.faults.clear()

    async def hold(self, seconds: float) -> None:
        """Keep somebody waiting, but not beyond `release`."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._released.wait(), seconds)

    def release(self) -> None:
        self._released.set()
        self._released = asyncio.Event()

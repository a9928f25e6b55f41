"""Texts through Twilio: many requests in flight, each sent once, and a list that can be asked what was taken."""

import asyncio
import json
import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from queue import Empty, SimpleQueue
from typing import Any
from urllib.parse import urlencode

from twilio.request_validator import RequestValidator
from twilio.rest import Client

from followup.messages.gateway import (
    STALLED,
    Accepted,
    Answer,
    Gateway,
    Parcel,
    Refusal,
    Refused,
    Search,
    Sighting,
    Unavailable,
    Uncertain,
)
from followup.messages.http import READ_TIMEOUT, HttpError, KeptAliveClient, MaybeSentError, NotSentError
from followup.messages.twilio_codes import Cause, cause_of, refusal_of
from followup.terms import Channel, ReceiptKind

BATCH = 500
PAGE = 1000  # the most that Twilio lists at once
GROUP_WINDOW = 0.2  # seconds; answers are recorded in few transactions, yet soon
VALID_AT_LEAST = timedelta(minutes=5)
VALID_AT_MOST = timedelta(hours=10)  # Twilio keeps a text in its queue no longer
RETRY_RECEIPTS = "#rc=5&rp=all"  # a fragment that Twilio reads, and neither sends nor signs: five retries, any failure
TRIAL_PREFIX = "Sent from your Twilio trial account - "

# The library's own client logs whole requests, phone numbers with them, at INFO.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)
log = logging.getLogger(__name__)

_KINDS = {
    "accepted": ReceiptKind.TAKEN,
    "scheduled": ReceiptKind.TAKEN,
    "queued": ReceiptKind.TAKEN,
    "sending": ReceiptKind.TAKEN,
    "sent": ReceiptKind.TAKEN,
    "delivered": ReceiptKind.DELIVERED,
    "read": ReceiptKind.DELIVERED,
    "undelivered": ReceiptKind.UNDELIVERED,
    "failed": ReceiptKind.FAILED,
    "canceled": ReceiptKind.FAILED,
}

Answered = tuple[Parcel, Answer]


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Where texts leave from: `messaging_service_sid`, or the number `sender`. An empty `base_url` is Twilio's own."""

    account_sid: str
    auth_token: str = field(default="", repr=False)
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    sender: str = ""
    messaging_service_sid: str = ""
    base_url: str = ""


class TwilioGateway(Gateway):
    """Twilio's Messages resource. Receipts come to `receipt_url` with the ids of the message and the attempt."""

    channel = Channel.SMS
    batch = BATCH
    keeps_list = True

    def __init__(self, account: TwilioAccount, *, receipt_url: str, read_timeout: float = READ_TIMEOUT) -> None:
        self._http = KeptAliveClient(connections=BATCH, read_timeout=read_timeout)
        self._messages = _client(account, self._http).messages
        self._from = (
            {"messaging_service_sid": account.messaging_service_sid}
            if account.messaging_service_sid
            else {"from_": account.sender}
        )
        self._receipt_url = receipt_url

    def send(self, parcels: Sequence[Parcel]) -> Iterator[Sequence[Answered]]:
        """All parcels are in flight at once; closing the generator early cancels those not answered yet."""
        answers: SimpleQueue[Answered | None] = SimpleQueue()
        over = threading.Event()
        speaking = self._http.submit(self._speak(parcels, answers))

        def finish(_: object) -> None:
            over.set()
            answers.put(None)

        speaking.add_done_callback(finish)
        waiting = {parcel.attempt_id: parcel for parcel in parcels}
        try:
            for group in _groups(answers, over):
                for parcel, _ in group:
                    del waiting[parcel.attempt_id]
                yield group
            if waiting:  # the gateway was closed meanwhile
                yield [(parcel, Uncertain("interrupted")) for parcel in waiting.values()]
        finally:
            speaking.cancel()

    def find(self, search: Search) -> list[Sighting] | None:
        """Reads the whole list of texts to this number, because Twilio's date filter may leave out queued ones."""
        try:
            return self._http.submit(self._find(search)).result()
        except Exception as why:  # noqa: BLE001  # whatever keeps us from reading the list, it is not an absence
            log.warning("Twilio's list could not be read: %s", type(why).__name__)
            return None

    def close(self) -> None:
        """Let go of open connections; what is in flight becomes uncertain."""
        self._http.close()

    async def _speak(self, parcels: Sequence[Parcel], answers: SimpleQueue[Answered | None]) -> None:
        began = asyncio.get_running_loop().time()

        async def speak(parcel: Parcel) -> None:
            await asyncio.sleep(began + parcel.wait.total_seconds() - asyncio.get_running_loop().time())
            answers.put((parcel, Unavailable(STALLED) if parcel.is_stalled else await self._hand_over(parcel)))

        async with asyncio.TaskGroup() as group:
            for parcel in parcels:
                group.create_task(speak(parcel))

    async def _hand_over(self, parcel: Parcel) -> Answer:
        ids = urlencode({"m": parcel.message_id, "a": parcel.attempt_id})
        limits = {"validity_period": _validity(parcel.valid_for)} if parcel.valid_for is not None else {}
        try:
            message = await self._messages.create_async(
                to=parcel.to,
                body=parcel.text,
                status_callback=f"{self._receipt_url}?{ids}{RETRY_RECEIPTS}",
                **self._from,
                **limits,
            )
        except NotSentError as why:
            return Unavailable(str(why))
        except MaybeSentError as why:
            return Uncertain(str(why))
        except HttpError as answer:
            return _judge(answer)
        except Exception as why:  # noqa: BLE001  # a 2xx that the library cannot read may still be a text taken
            log.warning("Twilio's answer could not be read: %s (attempt %s)", type(why).__name__, parcel.attempt_id)
            return Uncertain("unreadable answer")
        return Accepted(message.sid) if message.sid else Uncertain("unreadable answer")

    async def _find(self, search: Search) -> list[Sighting]:
        since = search.since.replace(microsecond=0)  # Twilio's times are whole seconds
        found: list[Sighting] = []
        page = await self._messages.page_async(to=search.to, page_size=PAGE)
        while page is not None:
            recent = [record for record in page if _created_at(record) >= since]
            found += [_sighting(record) for record in recent if _matches(record, search)]
            page = await page.next_page_async() if recent else None  # newest first: the rest is older still
        return found


def receipt_kind(word: str) -> ReceiptKind | None:
    """Twilio's MessageStatus in our words, or None for a word that says nothing about an outgoing text."""
    return _KINDS.get(word)


def signature_is_valid(
    url: str, params: Iterable[tuple[str, str]], signature: str | None, tokens: Iterable[str]
) -> bool:
    """Whether Twilio signed this request with one of our tokens (two while they rotate).

    `url` is the public address with its query, as Twilio was told; `params` are the form's pairs as they came, blank
    ones too. https://www.twilio.com/docs/usage/security#validating-requests
    """
    if not signature:
        return False
    form = _Pairs(params)
    return any(_is_signed(url, form, signature, RequestValidator(token)) for token in tokens if token)


def _is_signed(url: str, form: "_Pairs", signature: str, validator: RequestValidator) -> bool:
    # The vendor's `validate` also tries the address without its port, and with one, and takes three times as long.
    expected = validator.compute_signature(url, form)
    return compare_digest(expected.encode(), signature.encode()) or validator.validate(url, form, signature)


class _Pairs(dict[str, list[str]]):
    """A form in which a name may come twice, in the shape that the vendor's validator reads."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in pairs:
            self.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        return self[name]


def _client(account: TwilioAccount, http: KeptAliveClient) -> Any:
    client = Client(
        account.api_key or account.account_sid,
        account.api_secret if account.api_key else account.auth_token,
        account.account_sid,
        http_client=http,
        environment={"TWILIO_REGION": "", "TWILIO_EDGE": ""},  # else it reads the process's, and bends our base_url
    )
    if account.base_url:
        client.api.base_url = account.base_url
    return client


def _groups(answers: SimpleQueue[Answered | None], over: threading.Event) -> Iterator[list[Answered]]:
    """What has come in since the last group, at most every GROUP_WINDOW, until None comes."""
    while (first := answers.get()) is not None:
        over.wait(GROUP_WINDOW)
        group, ended = [first], False
        try:
            while (answered := answers.get_nowait()) is not None:
                group.append(answered)
            ended = True
        except Empty:
            pass
        yield group
        if ended:
            return


def _validity(valid_for: timedelta) -> int:
    return int(min(max(valid_for, VALID_AT_LEAST), VALID_AT_MOST).total_seconds())


def _judge(answer: HttpError) -> Answer:
    """Only a 4xx says surely that nothing was taken (https://www.twilio.com/docs/api/errors/20500)."""
    if not 400 <= answer.status < 500 or answer.status == 408:
        return Uncertain(str(answer))
    code = _code(answer.body)
    cause = cause_of(code) or (Cause.ACCOUNT if answer.status in (401, 403, 404) else None)
    label = code or str(answer)
    if answer.status == 429 or cause is Cause.BUSY:
        return Unavailable(label, retry_after=answer.retry_after)
    if cause is Cause.ACCOUNT:
        return Unavailable(label, stops_sender=True)
    return Refused(refusal_of(code) or Refusal.UNKNOWN, label)


def _code(body: str) -> str:
    """Twilio's error code, or nothing when the body is not Twilio's (a proxy's page, say)."""
    try:
        error = json.loads(body)
    except ValueError:
        return ""
    return str(error.get("code") or "") if isinstance(error, dict) else ""


def _created_at(record: Any) -> datetime:
    if not isinstance(record.date_created, datetime):
        raise TypeError("a listed message without a time")
    return record.date_created.astimezone(UTC)


def _matches(record: Any, search: Search) -> bool:
    if record.direction != "outbound-api":
        return False
    if not record.body:
        raise ValueError("a listed message without its words (redacted), so nobody can say whether it is ours")
    return bool(record.body.removeprefix(TRIAL_PREFIX).strip() == search.text.strip())


def _sighting(record: Any) -> Sighting:
    kind = receipt_kind(record.status) or ReceiptKind.TAKEN  # it is in the list, so it was taken
    return Sighting(record.sid, kind, str(record.error_code or ""))

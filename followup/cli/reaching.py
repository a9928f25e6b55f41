"""Whether the broker, Twilio and the mail server let us in, asked as the service asks them. Nothing is sent."""

import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from followup.cli.broker import broker_in
from followup.messages.http import HttpError, KeptAliveClient, MaybeSentError, NotSentError
from followup.messages.smtp_account import SmtpAccount, Tls
from followup.queries.findings import Finding, Grade
from settings import Settings, TwilioAccess

PATIENCE = 5.0  # seconds, for each question
_CONNECT, _ANSWER = 2.0, 3.0  # seconds, of those
_IS_SERVE_UP = "`followup serve` brings one along while it runs"


@dataclass(frozen=True, slots=True)
class _Trouble:
    why: str
    mend: str


def broker(settings: Settings) -> Finding:
    """Whether the broker answers PING."""
    url = settings.redis_url or broker_in(settings.followup_data_dir).url
    try:
        with redis.Redis.from_url(
            _without_kombu(url),
            socket_connect_timeout=PATIENCE,
            socket_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
        ) as client:
            client.ping()
    except (redis.RedisError, OSError, ValueError) as error:
        mend = "check REDIS_URL, and that it runs" if settings.redis_url else _IS_SERVE_UP
        return Finding(Grade.STOP, "broker", f"The broker does not answer ({_name(error)}); {mend}.")
    return Finding(Grade.OK, "broker", "The broker answers.")


def twilio(settings: Settings) -> Iterator[Finding]:
    """Whether Twilio, or while not live its emulator, knows each pair of credentials that is used."""
    access = settings.twilio
    pairs = {"TWILIO_AUTH_TOKEN": (access.account_sid, access.auth_token.get_secret_value())}
    if access.api_key and access.api_secret:
        pairs["TWILIO_API_KEY"] = (access.api_key, access.api_secret.get_secret_value())
    client = KeptAliveClient(connections=1, connect_timeout=_CONNECT, read_timeout=_ANSWER)
    try:
        for setting, pair in pairs.items():
            if refusal := _refusal(client, access, pair, setting):
                mend = refusal.mend if settings.followup_live else f"check EMULATOR_TWILIO_URL; {_IS_SERVE_UP}"
                yield Finding(Grade.STOP, "twilio", f"No text leaves by Twilio ({refusal.why}); {mend}.")
            else:
                whom = f"Twilio lets us in with {setting}" if settings.followup_live else "Twilio's emulator lets us in"
                yield Finding(Grade.OK, "twilio", f"{whom}.")
    finally:
        client.close()


def mail(settings: Settings) -> Finding:
    """Whether the mail server takes our name and password, over TLS where that is asked for."""
    access = settings.smtp
    try:
        account = SmtpAccount.from_url(access.url.get_secret_value(), ca_file=access.ca_file, sender=access.sender)
    except ValueError as error:
        return Finding(Grade.STOP, "mail", f"{error}.")
    if trouble := _trouble(account):
        mend = trouble.mend if settings.followup_live else f"check EMULATOR_SMTP_URL; {_IS_SERVE_UP}"
        return Finding(Grade.STOP, "mail", f"No email leaves ({trouble.why}); {mend}.")
    whom = "The mail server" if settings.followup_live else "The emulated mail server"
    return Finding(Grade.OK, "mail", f"{whom} lets us in.")


def _without_kombu(url: str) -> str:
    """What Celery writes `redis+socket`, with `virtual_host` for the number of a database, in redis-py's words."""
    _, is_socket, rest = url.partition("redis+socket://")
    return f"unix://{rest.replace('virtual_host=', 'db=')}" if is_socket else url


def _name(error: Exception) -> str:
    """What went wrong, without the text of the error: it may quote a piece of an address with its password."""
    match error:
        case redis.AuthenticationError():
            return "it refuses our name or password"
        case TimeoutError() | redis.TimeoutError():
            return "no answer in time"
        case ValueError():
            return "not an address"
        case _:
            return "no connection"


def _refusal(client: KeptAliveClient, access: TwilioAccess, pair: tuple[str, str], setting: str) -> _Trouble | None:
    # The list of texts, not the account: a standard API key may send, and still not read the account
    # (https://www.twilio.com/docs/iam/api-keys/keys-in-console).
    url = f"{access.base_url}/2010-04-01/Accounts/{access.account_sid}/Messages.json"
    try:
        client.submit(client.request("GET", url, params={"PageSize": 1}, auth=pair)).result()
    except HttpError as answer:
        if answer.status in (401, 403):
            return _Trouble(f"it refuses us, {answer.status}", f"check TWILIO_ACCOUNT_SID and {setting}")
        return _Trouble(f"it answers {answer.status}", "check TWILIO_API_BASE_URL, and https://status.twilio.com")
    except (NotSentError, MaybeSentError) as error:
        return _Trouble(str(error), "check TWILIO_API_BASE_URL, and the way out of this machine")
    return None


def _trouble(account: SmtpAccount) -> _Trouble | None:
    try:
        _greet(account)
    except ssl.SSLCertVerificationError:
        return _Trouble("its certificate is not trusted", "check the host in SMTP_URL, or set SMTP_CA_FILE")
    except smtplib.SMTPAuthenticationError as error:
        return _Trouble(f"it refuses our name or password, {error.smtp_code}", "check them in SMTP_URL")
    except smtplib.SMTPNotSupportedError:
        return _Trouble("it offers no STARTTLS or no login", "check host and port in SMTP_URL")
    except smtplib.SMTPResponseException as error:
        return _Trouble(f"it answers {error.smtp_code}", "ask whoever runs it")
    except OSError as error:  # smtplib's other errors too
        return _Trouble(_name(error), "check host and port in SMTP_URL")
    return None


def _greet(account: SmtpAccount) -> None:
    """Connect, encrypt, log in, NOOP, and say goodbye. Raises OSError, of which smtplib's errors are."""
    context = ssl.create_default_context(cafile=account.ca_file)
    implicit = partial(smtplib.SMTP_SSL, context=context)
    speak = implicit if account.tls is Tls.IMPLICIT else smtplib.SMTP
    # Our own name: without it smtplib asks the name server for this machine's.
    with speak(account.host, account.port, local_hostname=account.sender.domain, timeout=PATIENCE) as server:
        if account.tls is Tls.STARTTLS:
            server.starttls(context=context)
        server.ehlo_or_helo_if_needed()
        if account.name:
            server.login(account.name, account.password)
        code, text = server.noop()
        if code != 250:
            raise smtplib.SMTPResponseException(code, text)

"""The emulators on free ports, the official client that speaks to them, and a hook that hears what they say."""

import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from followup.emulators import Emulators, TwilioAccount

ACCOUNT = TwilioAccount(sid="AC" + "1" * 32, auth_token="secret", api_key="SK" + "2" * 32, api_secret="also secret")


@dataclass(frozen=True)
class Heard:
    """One request that reached the hook."""

    path: str
    form: dict[str, str]
    signed: bool
    idempotency_token: str
    peer: tuple[str, int]

    @property
    def message_id(self) -> str:
        return parse_qs(urlsplit(self.path).query)["m"][0]


@dataclass
class Hook:
    """Where receipts and replies arrive; answers `status`."""

    url: str
    status: int = 204
    heard: list[Heard] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def add(self, heard: Heard) -> None:
        with self.changed:
            self.heard.append(heard)
            self.changed.notify_all()

    def wait(self, until: Callable[[list[Heard]], bool]) -> list[Heard]:
        with self.changed:
            assert self.changed.wait_for(lambda: until(self.heard), 10), "the hook did not hear what it waits for"
            return list(self.heard)

    def statuses(self, count: int) -> list[str]:
        """Wait for this many receipts, and say what they say."""
        return [heard.form["MessageStatus"] for heard in self.wait(lambda all_: len(all_) >= count)]


@pytest.fixture(scope="session")
def hook_server() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        hook: ClassVar[Hook]

        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = dict(parse_qsl(content, keep_blank_values=True))
            url = f"http://{self.headers['Host']}{self.path}"
            signature = self.headers["X-Twilio-Signature"]
            signed = RequestValidator(ACCOUNT.auth_token).validate(url, form, signature)
            token = self.headers["I-Twilio-Idempotency-Token"]
            self.hook.add(Heard(self.path, form, signed, token, self.client_address))
            self.send_response(self.hook.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Stay silent."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            """A reset of the emulators cuts the connections on which receipts were on their way."""

    with Server(("127.0.0.1", 0), Handler) as server:
        Handler.hook = Hook(url=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Handler.hook
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def started() -> Iterator[Emulators]:
    with Emulators(account=ACCOUNT) as emulators:
        yield emulators


@pytest.fixture
def emulators(started: Emulators) -> Emulators:
    started.reset()
    started.clock(timedelta(0))
    started.reply_url = ""
    return started


@pytest.fixture
def hook(hook_server: Hook, emulators: Emulators) -> Iterator[Hook]:
    hook_server.heard.clear()
    hook_server.status = 204
    yield hook_server
    emulators.reset()


@pytest.fixture
def client(emulators: Emulators) -> Iterator[Client]:
    client = Client(ACCOUNT.sid, ACCOUNT.auth_token)
    client.api.base_url = emulators.twilio_url
    yield client
    client.http_client.session.close()


@pytest.fixture
def send(client: Client) -> Callable[..., Any]:
    """Send a text with everything filled in but what the test is about."""

    def send(**given: Any) -> Any:
        return client.messages.create(
            **({"to": "+12025550100", "from_": "+12025550199", "body": "How are you?"} | given)
        )

    return send


@pytest.fixture(scope="session")
def server_tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context


CERTIFICATE = Path(__file__).parent / "localhost.pem"

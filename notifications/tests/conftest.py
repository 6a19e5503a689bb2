"""Real servers that the channels talk to: an SMTP server and a stand-in for Twilio, each on a port of this machine."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications import sources
from notifications.tests.audience import Members
from notifications.tests.google import write_certificate
from notifications.tests.members import Signed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(is_true: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for a state of another process, which nothing but looking can tell."""
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


class MailServer:
    """An SMTP server that keeps what it accepts, and fails in the ways it is told to."""

    def __init__(self) -> None:
        self.accepted: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.connections = 0
        self.replies: dict[str, str] = {}
        self.data_reply = ""
        self.stalls: Callable[[EmailMessage], bool] = lambda message: False
        self.hangs_up: Callable[[EmailMessage], bool] = lambda message: False
        self.release = threading.Event()
        self.reached = threading.Event()
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    @property
    def port(self) -> int:
        return self.controller.port

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.replies:
            return self.replies[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        if self.stalls(message):
            self.reached.set()
            await server.loop.run_in_executor(None, self.release.wait, 60)
        if self.hangs_up(message):
            server.transport.abort()
        if self.data_reply:
            return self.data_reply
        self.accepted.append(message)
        self.recipients.extend(envelope.rcpt_tos)
        return "250 OK"


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """An SMTP server that the settings point to."""
    server = MailServer()
    server.controller.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_TIMEOUT = 5
    settings.DEFAULT_FROM_EMAIL = "NumerAI <no-reply@numerai.test>"
    yield server
    server.release.set()
    server.controller.stop()


@dataclass
class HttpServer:
    """An HTTP server that keeps the forms it was sent and gives the answers it was told to, the last one for ever."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], Any]] = field(default_factory=list)


@pytest.fixture
def http_server() -> Iterator[HttpServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            sent = json.loads(body) if body.startswith(("{", "[")) else {k: v[0] for k, v in parse_qs(body).items()}
            known.requests.append({"path": self.path, "authorization": self.headers["Authorization"], "body": sent})
            status, headers, answer = known.answers.pop(0) if len(known.answers) > 1 else known.answers[0]
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known = HttpServer(f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield known
    server.shutdown()
    server.server_close()


@pytest.fixture
def twilio(http_server: HttpServer, settings: Any) -> HttpServer:
    """A stand-in for Twilio that accepts everything, with the settings that point to it."""
    http_server.answers = [(201, {}, {"sid": "SM123", "status": "queued"})]
    settings.SMS_BACKEND = "twilio"
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = "AC1", "secret"
    settings.TWILIO_FROM = "+15005550006"
    settings.TWILIO_BASE_URL = http_server.url
    settings.TWILIO_TIMEOUT = 2
    settings.SMS_COUNTRIES = ["GB", "US"]
    return http_server


@pytest.fixture
def outbox_folder(settings: Any, tmp_path: Path) -> Path:
    """The files that the stand-ins write, and the settings that make them do so."""
    settings.OUTBOX_FOLDER = tmp_path / "outbox"
    settings.EMAIL_BACKEND = "notifications.channels.files.EmailBackend"
    settings.SMS_BACKEND, settings.SMS_COUNTRIES = "files", ["*"]
    return settings.OUTBOX_FOLDER


@pytest.fixture
def signed() -> Signed:
    """A member at the API."""
    return Signed()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of this machine that signs itself; its key lies beside it."""
    return write_certificate(tmp_path_factory.mktemp("tls"))[0]


@pytest.fixture
def tls_of_this_machine(certificate: Path) -> ssl.SSLContext:
    """What a server on this machine speaks TLS with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))
    return context


@pytest.fixture
def audience(monkeypatch: pytest.MonkeyPatch) -> Members:
    """The members there are, for broadcasts; none to begin with."""
    members = Members()
    monkeypatch.setattr(sources, "_member_source", members.find)
    monkeypatch.setattr(sources, "_contact_source", members.contacts)
    return members

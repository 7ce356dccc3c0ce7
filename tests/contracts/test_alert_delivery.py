"""A test alert goes through a real Alertmanager to a real receiver over HTTP and a real mail server, and who does not take it is told."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from jsquared.cli.main import main
from jsquared.monitor.own_process import free_port

pytestmark = pytest.mark.distribution


class Receiver(ThreadingHTTPServer):
    """Takes webhooks, and answers with ``status``."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[tuple[str, Any]] = []
        super().__init__(("127.0.0.1", 0), Webhook)
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        """Its address, with a path that is a secret."""
        return f"http://127.0.0.1:{self.server_address[1]}/secret-path"


class Webhook(BaseHTTPRequestHandler):
    """One webhook."""

    server: Receiver

    def do_POST(self) -> None:
        """Take it."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.taken.append((self.path, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Mailbox:
    """Takes mail, and answers with ``reply`` when it hears for whom it is."""

    def __init__(self) -> None:
        self.reply = "250 OK"
        self.mails: list[tuple[list[str], str]] = []

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: object, _session: object, envelope: Any, address: str, _options: object
    ) -> str:
        """Hear for whom it is."""
        envelope.rcpt_tos.append(address)
        return self.reply

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """Take one."""
        self.mails.append((envelope.rcpt_tos, envelope.content.decode()))
        return "250 taken"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver of webhooks."""
    made = Receiver()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def mail() -> Iterator[tuple[Mailbox, int]]:
    """A mail server and its port."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield mailbox, controller.port
    controller.stop()


Send = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def send(tool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Send:
    """Sends a test alert to everybody of a contact list; the exit code and what was told."""
    program = tool("alertmanager")
    for folder in program.path.parents:
        if folder.name == "fetched":
            monkeypatch.setenv("XDG_CACHE_HOME", str(folder))

    def run(text: str, *words: str) -> tuple[int, list[dict[str, Any]]]:
        contacts = tmp_path / "contacts.yml"
        contacts.write_text(text)
        code = main(["alerts", "test-delivery", str(contacts), "--alertmanager", str(program.path), "--json", *words])
        captured = capsys.readouterr()
        assert "secret-path" not in captured.out + captured.err
        return code, json.loads(captured.out)

    return run


def test_everybody_gets_it(send: Send, receiver: Receiver, mail: tuple[Mailbox, int]) -> None:
    """Over HTTP and by mail, each with the area of its team, and the watchdog's listener too."""
    mailbox, port = mail
    contacts = f"""
smtp: {{host: "127.0.0.1:{port}", from: alerts@example.org, tls: no}}
teams:
  DevOps: {{webhook: "{receiver.url}"}}
  Backend: {{email: backend@example.org}}
watchdog: {{webhook: "{receiver.url}"}}
"""
    code, tried = send(contacts)
    assert (code, [(one["team"], one["kind"], one["delivered"]) for one in tried]) == (
        0,
        [("DevOps", "webhook", True), ("Backend", "email", True), ("watchdog", "webhook", True)],
    )
    (path, first), _ = receiver.taken
    assert path == "/secret-path"
    [alert] = first["alerts"]
    assert (alert["labels"]["alertname"], alert["labels"]["area"]) == ("JSquaredTestDelivery", "infrastructure")
    [(to, content)] = mailbox.mails
    assert to == ["backend@example.org"]
    assert "application" in content


def test_who_does_not_take_it_is_told_with_the_reason(
    send: Send, receiver: Receiver, mail: tuple[Mailbox, int]
) -> None:
    """A refusal over HTTP, one by mail, and an address where nobody listens; one team alone can be tried."""
    mailbox, port = mail
    receiver.status, mailbox.reply = 500, "550 no such team"
    contacts = f"""
smtp: {{host: "127.0.0.1:{port}", from: alerts@example.org, tls: no}}
teams:
  DevOps: {{webhook: "{receiver.url}"}}
  Backend: {{email: backend@example.org}}
  Gone: {{areas: [ui], webhook: "http://127.0.0.1:{free_port()}/secret-path"}}
"""
    code, tried = send(contacts)
    assert code == 1
    problems = {one["team"]: one["problem"] for one in tried if not one["delivered"]}
    assert list(problems) == ["DevOps", "Backend", "Gone"]
    assert "500" in problems["DevOps"]
    assert "no such team" in problems["Backend"]
    assert "connection refused" in problems["Gone"]
    receiver.status = 200
    assert send(contacts, "--team", "DevOps")[0] == 0

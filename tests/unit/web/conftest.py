"""What these tests share: a page that is served, of a lab in memory and a folder of runs, and requests to it."""

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jsquared.records.private_files import make_private_folder
from jsquared.web import lab_watch
from jsquared.web.lab_watch import LabWatch
from jsquared.web.page_server import LivePageServer
from support.fake_lab import FakeLab


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def told(self) -> Any:
        """Its JSON."""
        return json.loads(self.body)


class Served:
    """The page with its lab and its runs; requests are those of its own page unless they say otherwise."""

    def __init__(self, server: LivePageServer, lab: FakeLab, runs: Path) -> None:
        self.server = server
        self.lab = lab
        self.runs = runs
        self.own = f"127.0.0.1:{server.port}"

    def headers(self) -> dict[str, str]:
        """Those of a changing request of the page."""
        keys = self.server.keys
        return {
            "Host": self.own,
            "Cookie": f"jsquared={keys.cookie}",
            "Origin": f"http://{self.own}",
            "X-JSquared-Change": keys.change_mark,
            "Content-Type": "application/json",
            "Sec-Fetch-Site": "same-origin",
        }

    def request(
        self, method: str, path: str, body: bytes | None = None, *, room: bool = True, **changed: str | None
    ) -> Answer:
        """Ask; a header that is changed to None is left out."""
        given = self.headers() | {name.replace("_", "-"): value for name, value in changed.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.putrequest(
                method, f"/{self.server.keys.room}{path}" if room else path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in given.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None and "Content-Length" not in given:
                connection.putheader("Content-Length", str(len(body)))
            # A body that comes after the server has refused its length, and closed, would reset the connection before the answer is read
            connection.endheaders(None if "Content-Length" in given else body)
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **changed: str | None) -> Answer:
        """Ask for something."""
        return self.request("GET", path, **changed)

    def change(self, what: Any, **changed: str | None) -> Answer:
        """Ask for a change."""
        return self.request("POST", "/change", json.dumps(what).encode(), **changed)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> FakeLab:
    """A lab that is up, in memory."""
    monkeypatch.setattr(FakeLab, "up", [], raising=False)
    for name in ("DRAW_S", "NEWS_S", "STATUS_S", "UNWATCHED_S", "ATTACH_S", "STEP_S"):
        monkeypatch.setattr(lab_watch, name, 0.01)
    made = FakeLab(name="try")
    made.start()
    return made


@pytest.fixture
def served(lab: FakeLab, tmp_path: Path, wait_until: Callable[..., None]) -> Iterator[Served]:
    """The page, served, once it follows its lab."""
    runs = tmp_path / "runs"
    make_private_folder(runs)
    watch = LabWatch(attach=FakeLab.attach)
    server = LivePageServer(watch, runs)
    wait_until(lambda: watch.newest("chart") is not None and b'"up":true' in (watch.newest("status") or (0, b""))[1])
    yield Served(server, lab, runs)
    server.close()

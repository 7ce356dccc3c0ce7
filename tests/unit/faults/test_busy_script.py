"""A busy server is silent or says BUSY; anything else is no proof."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from jsquared.faults import busy_script
from jsquared.faults.busy_script import BusyScript
from jsquared.resp.failures import ServerReplyError, Unreachable
from jsquared.running.deployment import RunningDeployment


class Server:
    """A server in a ``state``: well, silent, BUSY, other error; ``killable`` says what SCRIPT KILL does."""

    def __init__(self, state: str, *, killable: bool = True) -> None:
        self.state = state
        self.killable = killable
        self.code: int | None = None
        self.done: list[str] = []
        self.scripts: list[str] = []
        self.plan = SimpleNamespace(
            nodes=[SimpleNamespace(name="redis-n1")], node=lambda name: SimpleNamespace(address="10.0.0.1", port=6379)
        )

    def ask(self, name: str, *words: str, timeout_s: float = 1.0) -> Any:
        """PING or SCRIPT KILL."""
        if words == ("SCRIPT", "KILL"):
            self.state = "well" if self.killable else self.state
            return "OK"
        if self.state == "silent":
            raise Unreachable("no answer")
        if self.state != "well":
            raise ServerReplyError(self.state)
        return "PONG"

    def connect(self, name: str) -> Any:
        """A connection that takes everything."""
        return SimpleNamespace(send=lambda *words: None, close=lambda: None)

    def process(self, name: str) -> Any:
        """Its process."""
        return SimpleNamespace(pid=1, poll=lambda: self.code, returncode=self.code)

    def start(self, name: str, *, reason: str) -> None:
        """Start again."""
        self.done.append("started")
        self.state = "well"

    def answers(self, name: str) -> bool:
        """An error is an answer too."""
        return self.state != "silent"


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Killing is written down."""
    monkeypatch.setattr(busy_script, "KILL_LIMIT_S", 0.02)
    monkeypatch.setattr(busy_script, "kill_all", lambda deployment, names: deployment.done.append("killed"))


def inject(server: Server, *, writes: bool = False) -> Any:
    """Run the script there."""
    return BusyScript().inject(cast("RunningDeployment", server), ["redis-n1"], {"writes": writes})


@pytest.mark.parametrize("state", ["silent", "BUSY Redis is busy running a script."])
def test_silence_and_busy_are_proofs(state: str) -> None:
    """While the script runs; SCRIPT KILL ends it without a restart."""
    server = Server(state)
    active = inject(server)
    assert active.bit().ok
    active.heal()
    assert active.healed().ok
    assert not server.done


def test_an_unkillable_script_takes_the_server_with_it() -> None:
    """Where SCRIPT KILL does not help, the server is killed and started again."""
    server = Server("silent", killable=False)
    active = inject(server, writes=True)
    active.heal()
    assert server.done == ["killed", "started"]
    assert active.healed().ok


@pytest.mark.parametrize("state", ["well", "NOSCRIPT"])
def test_without_an_effect_it_did_not_bite(state: str) -> None:
    """A server that answers, with whatever, is not busy."""
    assert not inject(Server(state)).bit().ok


def test_a_dead_server_is_not_busy() -> None:
    """Silence of a process that has ended proves nothing, and it is started again."""
    server = Server("silent")
    server.code = 1
    active = inject(server)
    assert not active.bit().ok
    active.heal()
    assert server.done == ["killed", "started"]


def test_a_server_that_stays_busy_did_not_heal() -> None:
    """BUSY is an answer, and no healing."""
    assert not inject(Server("BUSY")).healed().ok

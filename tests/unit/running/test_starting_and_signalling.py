"""What a server is started with, and what is noted before and after a signal that stops it or lets it go on."""

import signal
from typing import Any

import msgspec
import pytest

from jsquared.running.lives import Hold
from jsquared.testing.fake_deployment import FakeDeployment

NODE = "redis-n1"


def test_a_server_is_started_with_the_means_that_its_plan_needs(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox is told the needs when it makes the folder ready, and when it starts the server."""
    fake.deployment.plan = msgspec.structs.replace(fake.plan, needs=("process", "links"))
    told: list[object] = []
    spawn, prepare = fake.sandbox.spawn, fake.sandbox.prepare

    def note_spawn(*given: Any, **named: Any) -> Any:
        told.append(named.get("needs"))
        return spawn(*given, **named)

    def note_prepare(folder: Any, needs: Any) -> None:
        told.append(needs)
        prepare(folder, needs)

    monkeypatch.setattr(fake.sandbox, "spawn", note_spawn)
    monkeypatch.setattr(fake.sandbox, "prepare", note_prepare)
    fake.deployment.install(NODE)
    fake.start(NODE)
    assert told == [("process", "links")] * 2


def test_while_a_signal_is_on_its_way_a_process_may_be_stopped_or_not(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever looks for signals from outside must know it before the signal is sent, not after."""
    fake.start(NODE)
    life = fake.deployment.lives.newest(NODE)
    assert life is not None
    seen: list[Hold] = []
    monkeypatch.setattr(life.process, "send_signal", lambda _: seen.append(life.hold))
    for number, after in ((signal.SIGSTOP, Hold.STOPPED), (signal.SIGCONT, Hold.FREE)):
        fake.deployment.signal(NODE, number, "stopped")
        assert life.hold is after
    assert seen == [Hold.CHANGING] * 2
    monkeypatch.undo()

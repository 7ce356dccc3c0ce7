"""Who ends is recorded with how, and what it said; ends from outside are told to whoever wants to know."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from jsquared.observe.process_watch import ProcessWatch
from jsquared.records.event_types import Ended
from jsquared.records.sources import RELAY
from jsquared.sandbox.facets import MemoryCause
from jsquared.sandbox.linux.local_process import LocalProcess
from jsquared.sandbox.process import Process
from jsquared.testing.fake_deployment import FakeDeployment

NODE = "redis-n1"
ASSERTION = """1:M 01 Jan 2026 00:00:00.000 # === ASSERTION FAILED ===
1:M 01 Jan 2026 00:00:00.000 # ==> t_string.c:12 'x == 1' is not true
1:M 01 Jan 2026 00:00:00.000 # Redis 7.2.4 crashed by signal: 11, si_code: -6
RAX:0000 RBX:0000
"""
CRASH = """# Redis 7.2.4 crashed by signal: 11, si_code: 1
------ REGISTERS ------
"""


class Seen:
    """A watch that looks when it is told to, and how often somebody outside was seen at work."""

    def __init__(self, fake: FakeDeployment, cause: MemoryCause | None = None) -> None:
        self.fake = fake
        self.outside = 0
        self.asked: list[Process] = []
        witness = SimpleNamespace(meet=lambda _process: None, close=lambda: None, cause=self._cause)
        self._said = cause
        fake.sandbox.out_of_memory = SimpleNamespace(witness=lambda: witness)
        self.watch = ProcessWatch(fake.deployment, fake.events, self._count)

    def _cause(self, process: Process) -> MemoryCause | None:
        self.asked.append(process)
        return self._said

    def _count(self) -> None:
        self.outside += 1

    def ended(self) -> list[Ended]:
        """What is recorded after a look."""
        self.watch.look()
        return self.fake.recorded(Ended)


def run_to_its_end(fake: FakeDeployment, script: str) -> Process:
    """Let a node be this shell script, and wait for its end."""
    fake.replace_engine(NODE, f"#!/bin/sh\n{script}\n")
    process = fake.deployment.start(NODE)
    process.wait(20)
    return process


def test_a_kill_from_outside_is_recorded_with_its_signal(fake: FakeDeployment) -> None:
    """Nobody ordered it: the one who watches is told, once."""
    seen = Seen(fake)
    fake.start(NODE)
    process = fake.deployment.process(NODE)
    assert seen.ended() == []
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    [ended] = seen.ended()
    assert seen.ended() == [ended]
    assert ended == Ended(source=NODE, pid=process.pid, ordered=False, code=-9, by="SIGKILL", words="", t_ms=ended.t_ms)
    assert seen.outside == 1
    assert seen.asked == [process]
    assert process.program == fake.placement.engine.path


@pytest.mark.parametrize("order", ["signal", "kill"])
def test_what_the_lab_orders_is_its_own_doing(fake: FakeDeployment, order: str) -> None:
    """A fault's kill, and an end by the lab's order, are recorded as such."""
    seen = Seen(fake)
    fake.start(NODE)
    if order == "signal":
        fake.deployment.signal(NODE, signal.SIGTERM, "terminated")
    else:
        fake.deployment.kill(NODE)
        fake.deployment.kill("redis-n3")
    fake.deployment.process(NODE).wait()
    [ended] = seen.ended()
    assert (ended.ordered, ended.words) == (True, None)
    assert seen.outside == 0


@pytest.mark.parametrize("cause", [MemoryCause(True, "cgroup /a"), MemoryCause(False, "2 of them")])
def test_a_lack_of_memory_is_recorded(fake: FakeDeployment, cause: MemoryCause) -> None:
    """What speaks for it stands in the event."""
    seen = Seen(fake, cause)
    run_to_its_end(fake, "kill -9 $$")
    [ended] = seen.ended()
    assert (ended.memory, ended.out_of_memory) == (cause.words, cause.proven)


@pytest.mark.parametrize(
    ("says", "by", "outside"),
    [
        ("1:signal-handler (1) Received SIGTERM scheduling shutdown...", "SIGTERM", 1),
        ("1:M # User requested shutdown...", "SHUTDOWN", 1),
        ("it had nothing to do", "", 0),
    ],
)
def test_who_told_a_server_to_end_stands_in_its_log(fake: FakeDeployment, says: str, by: str, outside: int) -> None:
    """A server that ends in good order has exit code 0, whoever wanted it to; one that says nothing of it ended by itself."""
    seen = Seen(fake)
    run_to_its_end(fake, f"echo '{says}'; exit 0")
    [ended] = seen.ended()
    assert (ended.code, ended.by, ended.words) == (0, by, says)
    assert seen.outside == outside


@pytest.mark.parametrize(
    ("log", "words"),
    [(ASSERTION, "t_string.c:12 'x == 1' is not true"), (CRASH, "crashed by signal: 11, si_code: 1"), ("", "")],
)
def test_the_telling_line_of_a_crash_is_kept(fake: FakeDeployment, tmp_path: Path, log: str, words: str) -> None:
    """Not the registers at the end of the report, but the cause; and nobody outside is accused of it."""
    (tmp_path / "report").write_text(log)
    seen = Seen(fake)
    run_to_its_end(fake, f"cat '{tmp_path / 'report'}'; kill -SEGV $$")
    [ended] = seen.ended()
    assert (ended.by, words in str(ended.words)) == ("SIGSEGV", True)
    assert seen.outside == 0


def test_a_log_that_cannot_be_brought_over_does_not_matter(
    fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the end is recorded without words."""

    def full(_: str) -> str:
        raise OSError(28, "No space left on device")

    seen = Seen(fake)
    run_to_its_end(fake, "exit 3")
    monkeypatch.setattr(fake.deployment, "log_of", full)
    [ended] = seen.ended()
    assert (ended.code, ended.words) == (3, "")


@pytest.fixture
def relay(fake: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """A helper of the lab's."""
    with subprocess.Popen(["sleep", "60"]) as process:
        helper = LocalProcess("", process)
        monkeypatch.setattr(fake.sandbox, "helpers", lambda: {RELAY: helper})
        yield process
        process.kill()


def test_the_lab_s_own_helpers_are_watched_too(
    fake: FakeDeployment, relay: "subprocess.Popen[bytes]", wait_until: Callable[..., None]
) -> None:
    """By the thread of the watch, which has a last look when it is stopped."""
    outside: list[bool] = []
    watch = ProcessWatch(fake.deployment, fake.events, lambda: outside.append(True))
    watch.start()
    wait_until(lambda: fake.deployment.lives.newest(RELAY) is not None)
    os.kill(relay.pid, signal.SIGKILL)
    wait_until(lambda: outside)
    fake.start(NODE)
    fake.deployment.process(NODE).send_signal(signal.SIGHUP)
    fake.deployment.process(NODE).wait()
    watch.stop()
    assert [(event.source, event.by) for event in fake.recorded(Ended)] == [(RELAY, "SIGKILL"), (NODE, "SIGHUP")]
    assert fake.deployment.crashed() == [f"{RELAY} was killed by SIGKILL", f"{NODE} was killed by SIGHUP"]


def test_a_sandbox_that_knows_nothing_of_memory_is_not_asked(fake: FakeDeployment) -> None:
    """An end by SIGKILL is recorded without a cause."""
    fake.sandbox.out_of_memory = None
    watch = ProcessWatch(fake.deployment, fake.events, lambda: None)
    run_to_its_end(fake, "kill -9 $$")
    watch.stop()
    [ended] = fake.recorded(Ended)
    assert (ended.by, ended.memory) == ("SIGKILL", None)

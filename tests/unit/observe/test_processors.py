"""Servers that wait for a processor: told from the kernel's account, which is compared twice a second."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from jsquared.clock import TrialClock
from jsquared.observe import processors
from jsquared.observe.processors import Account, ProcessorWatch, account_of
from jsquared.records.event_lines import fields_of
from jsquared.records.event_types import Event, Starved
from jsquared.records.events import EventLog, read_events
from jsquared.running.deployment import RunningDeployment

MS = 1_000_000


class Running:
    """A deployment of processes that are there already."""

    def __init__(self, **pids: int) -> None:
        self.pids = pids

    def running(self) -> dict[str, int]:
        """Them."""
        return self.pids


def watched(tmp_path: Path, *looks: dict[str, Account]) -> list[Event]:
    """The events of a watch that saw these accounts, half a second apart; the process of each name has the id 7."""
    events = EventLog(tmp_path / "events.jsonl", TrialClock.start())
    watch = ProcessorWatch(cast("RunningDeployment", Running()), events)
    for look in looks:
        watch.look({(name, 7): account for name, account in look.items()}, 500)
    events.close()
    return [event for event in read_events(tmp_path / "events.jsonl") if isinstance(event, Starved)]


@pytest.mark.parametrize(
    ("waited_ms", "turns", "starved"),
    [(300, 5, True), (300, 100, False), (450, 0, True), (60, 1, False), (0, 0, False)],
    ids=["each turn late", "many turns", "still waiting", "one turn a little late", "idle"],
)
def test_a_server_is_starved_when_its_turns_wait_long(
    tmp_path: Path, waited_ms: int, turns: int, starved: bool
) -> None:
    """Many short waits are how processors are shared; few long ones keep a server from its work."""
    before = Account(5 * MS, 10)
    events = watched(
        tmp_path, {"redis-n1": before}, {"redis-n1": Account(before.waited_ns + waited_ms * MS, before.turns + turns)}
    )
    assert bool(events) is starved
    if starved:
        assert events[0].source == "redis-n1"
        assert fields_of(events[0]) == {"waited_ms": waited_ms, "turns": turns, "window_ms": 500, "servers": 1}


def test_of_several_the_one_that_waited_most_is_named(tmp_path: Path) -> None:
    """One event for each look, whoever was late; a process that is new has nothing to compare with."""
    zero, some, much = Account(0, 0), Account(200 * MS, 1), Account(400 * MS, 1)
    (event,) = watched(
        tmp_path, {"redis-n1": zero, "redis-n2": zero}, {"redis-n1": some, "redis-n2": much, "redis-n3": much}
    )
    assert (event.source, event.servers) == ("redis-n2", 2)


def test_the_kernels_account_is_read(tmp_path: Path) -> None:
    """This very process has one on every kernel with schedstat; one that is gone, or strange, has none."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "schedstat").write_text("881010 5148247 5\n")
    assert account_of(7, tmp_path) == Account(5148247, 5)
    (tmp_path / "7" / "schedstat").write_text("what\n")
    assert account_of(7, tmp_path) is None
    assert account_of(8, tmp_path) is None


def test_running_processes_are_looked_at_until_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None]
) -> None:
    """The watch compares what it read before with what it reads now; stopping twice is stopping."""
    monkeypatch.setattr(processors, "EVERY_S", 0.001)
    accounts = iter(Account(200 * MS * number, number) for number in range(1_000_000))
    asked: list[int] = []
    monkeypatch.setattr(processors, "account_of", lambda pid: asked.append(pid) or next(accounts))
    events = EventLog(tmp_path / "events.jsonl", TrialClock.start())
    watch = ProcessorWatch(cast("RunningDeployment", Running(**{"sentinel-n1": os.getpid()})), events)
    watch.start()
    wait_until(lambda: len(asked) >= 3)
    watch.stop()
    watch.stop()
    events.close()
    assert set(asked) == {os.getpid()}
    assert any(
        isinstance(event, Starved) and event.source == "sentinel-n1" for event in read_events(tmp_path / "events.jsonl")
    )

"""Servers that wait for a processor: told from the kernel's account, which is compared twice a second."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from jsquared.clock import TrialClock
from jsquared.observe import processors
from jsquared.observe.processors import ProcessorWatch
from jsquared.records.event import Event
from jsquared.records.event_lines import fields_of
from jsquared.records.event_types import Starved
from jsquared.records.events import EventLog, read_events
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.process import Account

MS = 1_000_000


class Running:
    """A deployment of processes that are there already."""

    def __init__(self, **processes: object) -> None:
        self.processes = processes

    def running(self) -> dict[str, object]:
        """Them."""
        return self.processes


class Waiting:
    """A process that waits 200 ms for each turn."""

    pid = 7
    looks = 0

    def account(self) -> Account:
        """Another turn since the last look."""
        self.looks += 1
        return Account(200 * MS * self.looks, self.looks)


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


def test_running_processes_are_looked_at_until_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None]
) -> None:
    """The watch compares what it read before with what it reads now; stopping twice is stopping."""
    monkeypatch.setattr(processors, "EVERY_S", 0.001)
    process, gone = Waiting(), SimpleNamespace(pid=8, account=lambda: None)
    events = EventLog(tmp_path / "events.jsonl", TrialClock.start())
    watch = ProcessorWatch(cast("RunningDeployment", Running(**{"sentinel-n1": process, "redis-n1": gone})), events)
    watch.start()
    wait_until(lambda: process.looks >= 3)
    watch.stop()
    watch.stop()
    events.close()
    starved = [event for event in read_events(tmp_path / "events.jsonl") if isinstance(event, Starved)]
    assert {event.source for event in starved} == {"sentinel-n1"}

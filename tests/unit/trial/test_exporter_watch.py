"""An exporter that hangs is told from servers that do, by how long it does not answer for its own health."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.clock import TrialClock
from jsquared.monitor.local_stack.kept_program import Part
from jsquared.programs.find import Program
from jsquared.records.alert_events import ExporterSilent
from jsquared.records.events import EventLog, read_events
from jsquared.trial.exporter_watch import ExporterWatch
from jsquared.trial.monitoring_part import MonitoringPart
from support.json_server import JsonServer


@pytest.fixture
def events(tmp_path: Path) -> Iterator[EventLog]:
    """A log of events; ``silences`` reads it."""
    log = EventLog(tmp_path / "events.jsonl", TrialClock.start())
    yield log
    log.close()


def silences(events: EventLog, tmp_path: Path) -> list[float]:
    """The silences so far, in ms."""
    events.close()
    return [one.silent_ms for one in read_events(tmp_path / "events.jsonl") if isinstance(one, ExporterSilent)]


def exporter(folder: Path, port: int = 1) -> MonitoringPart:
    """A part at a port, which is not started."""
    program = Program("none", folder, "1", "0" * 64, "PATH")
    return MonitoringPart(Part(name="exporter", program=program, arguments=(), port=port, ready="/health"), folder)


class Scripted(ExporterWatch):
    """A watch whose exporter takes given times to answer, on a clock of its own."""

    def __init__(self, part: MonitoringPart, scrape_s: float, events: EventLog) -> None:
        self.at_s = 0.0
        self.failures: list[tuple[str, str]] = []
        super().__init__(part, scrape_s, events, lambda *failure: self.failures.append(failure), lambda: self.at_s)

    def _is_answered(self) -> bool:
        self.at_s += abs(self.takes_s)
        return self.takes_s >= 0

    def after(self, *takes_s: float) -> bool:
        """Ask as often, each answer after so long, none after a negative time; returns whether it goes on."""
        for self.takes_s in takes_s:
            self.at_s += self._every_s
            if not self.ask():
                return False
        return True


@pytest.mark.parametrize(
    ("scrape_s", "takes_s", "silent_ms", "fails"),
    [
        (5.0, (0.01, 3.9, 0.01), [], False),  # a busy machine: no scrape can have been lost
        (5.0, (0.01, 4.5, 0.01), [5500.0], False),  # one scrape may be: 1 s since the last answer, and 4.5 s
        (5.0, (0.01, 8.5, 0.01, 6.0), [9500.0, 7000.0], False),
        (5.0, (0.01, -9.2), [], True),
        (5.0, (-2.0, -2.0, -2.0), [], False),  # refused at once, again and again, counts as one silence
        (5.0, (-2.0, -2.0, -2.0, -2.0), [], True),
        (15.0, (0.01, 6.9), [], False),  # Prometheus waits for 10 s, not for 15
        (15.0, (0.01, 7.5), [10500.0], False),
        (15.0, (0.01, -21.0), [], False),
        (15.0, (0.01, -22.5), [], True),
    ],
)  # fmt: skip
def test_a_silence_excuses_that_may_cost_a_scrape_and_fails_that_may_cost_two(
    events: EventLog, tmp_path: Path, scrape_s: float, takes_s: tuple[float, ...], silent_ms: list[float], fails: bool
) -> None:
    """A shorter one, as of any busy machine, is nothing."""
    watch = Scripted(exporter(tmp_path), scrape_s, events)
    assert watch.after(*takes_s) is not fails
    assert [part for part, _ in watch.failures] == (["exporter"] if fails else [])
    assert silences(events, tmp_path) == silent_ms
    assert not fails or watch.failures[0][1].startswith("it hangs: it has not answered /health for ")


def test_an_exporter_that_a_fault_has_ended_may_be_silent(events: EventLog, tmp_path: Path) -> None:
    """And its silence counts from when it may no longer be."""
    part = exporter(tmp_path)
    watch = Scripted(part, 5.0, events)
    part.tolerated = True
    assert watch.after(-8.0, -8.0, -8.0)
    part.tolerated = False
    assert watch.after(-8.0)
    assert not watch.after(-8.0)
    assert silences(events, tmp_path) == []


def test_one_that_takes_the_question_and_says_nothing_has_failed(
    events: EventLog, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """As a stopped process does: the kernel takes the connection for it."""
    failures: list[tuple[str, str]] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        part = exporter(tmp_path, silent.getsockname()[1])
        watch = ExporterWatch(part, 0.2, events, lambda *failure: failures.append(failure))
        watch.start()
        wait_until(lambda: failures, what="it is found out")
        watch.stop()
    assert [part for part, _ in failures] == ["exporter"]


def test_nobody_waits_for_an_answer_once_the_trial_is_over(events: EventLog, tmp_path: Path) -> None:
    """A watch that is told to stop does, though a question is on its way, and notes the silence until then."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        clock = iter([0.0] * 3 + [12.0] * 1000)
        watch = ExporterWatch(
            exporter(tmp_path, silent.getsockname()[1]), 600.0, events, lambda *_: None, lambda: next(clock)
        )
        watch.stopping.set()
        assert not watch._is_answered()
        watch._heard_s = -20.0
        watch.run()
    assert silences(events, tmp_path) == [20_000.0]


@pytest.mark.parametrize("answers", [True, False])
def test_whatever_it_answers_counts(events: EventLog, tmp_path: Path, answers: bool) -> None:
    """And a refused connection is no answer."""
    asked: list[str] = []
    server = JsonServer(lambda path: asked.append(path) or {})
    if not answers:
        server.close()
    watch = ExporterWatch(exporter(tmp_path, server.port), 600.0, events, lambda *_: None)
    assert watch._is_answered() is answers
    assert asked == (["/health"] if answers else [])
    if answers:
        server.close()

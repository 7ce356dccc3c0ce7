"""A Prometheus that stores nothing and an exporter that answers nonsense are failures of the monitoring, and nothing else is."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.errors import LabError
from jsquared.monitor.local_stack.kept_program import Part
from jsquared.programs.find import Program
from jsquared.trial import monitoring_health
from jsquared.trial.alert_probe import send_probe
from jsquared.trial.alert_receiver import PROBE
from jsquared.trial.monitoring_health import HealthWatch, newest_sample_age_s
from jsquared.trial.monitoring_part import AliveWatch, MonitoringPart
from support.json_server import JsonServer


class Answers:
    """A Prometheus with targets and a newest sample of a given age, which is an Alertmanager too."""

    def __init__(self) -> None:
        self.errors: list[str] = ["", ""]
        self.age_s: str | None = "0.5"
        self.empty: str | None = None
        self.server = JsonServer(self.answer)

    def answer(self, path: str) -> object:
        """What Prometheus says at a path."""
        if "targets" in path:
            states = [{"health": "down" if error else "up", "lastError": error} for error in self.errors]
            return {"status": "success", "data": {"activeTargets": states}}
        value = self.empty if "samples_scraped" in path else "1" if "redis_up" in path else self.age_s
        found = [] if value is None else [{"metric": {"instance": "10.0.0.1:6379"}, "value": [1.0, value]}]
        return {"status": "success", "data": {"resultType": "vector", "result": found}}


@pytest.fixture
def answers() -> Iterator[Answers]:
    """One that answers."""
    made = Answers()
    yield made
    made.server.close()


@pytest.fixture
def watch(answers: Answers, tmp_path: Path) -> HealthWatch:
    """A watch with a scrape every 5 s, which is asked and not started."""
    program = Program("none", tmp_path, "1", "0" * 64, "PATH")
    port = answers.server.port
    parts = [
        MonitoringPart(Part(name=name, program=program, arguments=(), port=port, ready="/-/ready"), tmp_path)
        for name in ("prometheus", "exporter")
    ]
    return HealthWatch(parts[0], parts[1], 5.0, lambda *_: None)


def test_what_works_is_no_failure(watch: HealthWatch, answers: Answers) -> None:
    """Fresh samples; servers that cannot be reached are the deployment's own matter."""
    answers.errors = ["", 'Get "http://x/scrape": context deadline exceeded', "connect: connection refused"]
    assert watch.look() is None


def test_nonsense_is_the_exporters_failure(watch: HealthWatch, answers: Answers) -> None:
    """An answer that is no list of samples, unless a fault is about the exporter."""
    answers.errors = ["", 'expected value after metric, got "INVALID"']
    assert watch.look() == ("exporter", 'its answer cannot be read: expected value after metric, got "INVALID"')
    watch._exporter.tolerated = True
    assert watch.look() is None


def test_an_answer_without_samples_is_the_exporters_failure(watch: HealthWatch, answers: Answers) -> None:
    """Prometheus counts such a target as up."""
    answers.empty = "6"
    assert watch.look() == ("exporter", "its answer has no sample in it")
    assert monitoring_health.answering(answers.server.port) == {"10.0.0.1:6379"}


def test_old_samples_are_prometheus_failure(watch: HealthWatch, answers: Answers) -> None:
    """Older than three scrapes and ten seconds: it stores nothing; while a fault has blinded it, and a while after, that is excused."""
    answers.age_s = "24.9"
    assert watch.look() is None
    answers.age_s = "26"
    assert watch.look() == ("prometheus", "it stores nothing: its newest sample is 26 s old (it says nothing of it)")
    watch._prometheus.tolerated = True
    assert watch.look() is None
    watch._prometheus.tolerated = False
    assert watch.look() is None


def test_silence_is_nothing_to_judge_samples_by(watch: HealthWatch, answers: Answers) -> None:
    """Who does not answer is told by others; what it stored before says nothing of it now."""
    answers.age_s = "nonsense"
    assert watch.look() is None
    answers.age_s = "100"
    assert watch.look() is None


def test_a_prometheus_without_samples_has_infinitely_old_ones(answers: Answers) -> None:
    """No series at all is no fresh sample either."""
    answers.age_s = None
    assert newest_sample_age_s(answers.server.port) == float("inf")
    assert monitoring_health.targets(answers.server.port)[0].health == "up"


class Receives:
    """A receiver to which the way may be open."""

    def __init__(self, answers: Answers, *, is_open: bool) -> None:
        self._answers = answers
        self._is_open = is_open

    @property
    def probes(self) -> set[str]:
        """The numbers of those that have arrived."""
        return {one["labels"]["number"] for one in self._answers.server.taken if self._is_open}


def test_a_probe_that_arrives_says_nothing_and_one_that_does_not_is_an_error(answers: Answers) -> None:
    """Alertmanager takes it in both cases."""
    port = answers.server.port
    send_probe(port, Receives(answers, is_open=True))  # type: ignore[arg-type]
    with pytest.raises(LabError, match="did not arrive within"):
        send_probe(port, Receives(answers, is_open=False), 0.01)  # type: ignore[arg-type]
    assert [one["labels"]["alertname"] for one in answers.server.taken] == [PROBE, PROBE]


LATENCY = "level=error msg='WARNING, LOGGED ONCE ONLY: cmd LATENCY LATEST, err: ERR unknown command'"
TRACE = "panic: runtime error: index out of range\\n\\ngoroutine 7 [running]:\\n\\tnet/http/transport.go:1751 +0x17a5"
WARNED = "level=warn msg='cannot open file'"


@pytest.mark.parametrize(
    ("said", "end", "words"),
    [
        ("cannot reach redis", "os.kill(os.getpid(), 9)", "signal 9"),
        ("cannot listen: address already in use", "sys.exit(3)", "exit code 3; its log says: cannot listen: address already in use"),
        ("level=info msg='TLS is disabled.'", "sys.exit(3)", "exit code 3"),
        (LATENCY, "sys.exit(1)", "exit code 1"),
        (WARNED, "sys.exit(1)", "exit code 1"),
        (TRACE, "sys.exit(2)", "exit code 2; its log says: panic: runtime error: index out of range"),
        (TRACE, "os.kill(os.getpid(), 6)", "signal 6; its log says: panic: runtime error: index out of range"),
        ("net/http/transport.go:1751 +0x17a5", "sys.exit(2)", "exit code 2"),
    ],
)  # fmt: skip
def test_a_part_that_ended_is_told_by_how_it_ended(tmp_path: Path, wait_until, said: str, end: str, words: str) -> None:
    """By the signal or the code; what it said last follows only if it says why."""
    program = Program("python", Path(sys.executable), "3", "0" * 64, "PATH")
    code = f'import os, sys; print("{said}", flush=True); {end}'
    part = MonitoringPart(Part(name="exporter", program=program, arguments=["-c", code], port=1, ready="/"), tmp_path)
    told: list[str] = []
    watch = AliveWatch(part, told.append)
    part.start()
    watch.start()
    wait_until(lambda: told, what="its end")
    watch.stop()
    part.stop()
    assert told == [f"its process ended: {words}"]

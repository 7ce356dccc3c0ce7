"""Failovers rebuilt from the logs of real trials, compared with what those trials' own records say."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from jsquared.monitor.logs.document import Failover, LogTimeline
from jsquared.service.log_timeline import LogTimelineRequest, log_timeline
from support.log_variants import ENGINES, VARIANTS, logs_of, truth

WITHIN_MS = 100.0


def rebuilt(*inputs: Path, nodes: Sequence[str] = (), align: bool = False) -> LogTimeline:
    """The timeline of some inputs."""
    return log_timeline(LogTimelineRequest(inputs=inputs, nodes=nodes, align_clocks=align))


def phases_of(failover: Failover) -> dict[str, float]:
    """The duration of each phase as a verdict has them: selecting a replica is a part of promoting it."""
    took = {phase.name: phase.took_ms for phase in failover.phases}
    took["promote"] = took.get("promote", 0.0) + took.pop("select", 0.0)
    return took


def differences(failover: Failover, name: str) -> dict[str, float]:
    """By how much each phase of a verdict differs from the one that was rebuilt."""
    took = phases_of(failover)
    return {phase: took.get(phase, -1e9) - ms for phase, ms in truth(name)["phases_ms"].items() if phase != "reconnect"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_phase_agrees_with_the_trials_record(engine: str, variant: str, tmp_path: Path) -> None:
    """However the logs were collected, each phase differs from the trial's verdict by no more than a tenth of a second."""
    VARIANTS[variant](logs_of(engine), tmp_path)
    timeline = rebuilt(tmp_path)
    [failover] = timeline.failovers
    expected = truth(engine)
    assert (failover.outcome, failover.kind, failover.epoch, failover.quorum) == ("failed over", "automatic", 1, "2/2")
    assert {name: ms for name, ms in differences(failover, engine).items() if abs(ms) > WITHIN_MS} == {}
    assert len([node for node in timeline.nodes if node.has_log]) == len(timeline.nodes) == 6
    assert [node.address for node in timeline.nodes if node.role == "data"] == [f"10.77.1.{n}:6379" for n in (1, 2, 3)]
    places = [number(name) for name in (failover.old, failover.new, failover.leader)]
    assert places == [number(expected[name]) for name in ("old", "new", "leader")]
    assert timeline.impossible == []


def number(name: str) -> str:
    """The number of a server, whatever its collector calls it."""
    return next(char for char in name if char.isdecimal())

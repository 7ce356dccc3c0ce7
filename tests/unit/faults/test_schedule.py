"""When faults begin and heal, and what is recorded of each, with faults that only say what they are told."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest

from jsquared.clock import TrialClock
from jsquared.errors import BadInputError, LabError
from jsquared.faults import catalogue
from jsquared.faults.fault import ActiveFault, Evidence, Parameter, combine
from jsquared.faults.schedule import TICK_S, Conductor
from jsquared.records.event import Event
from jsquared.records.event_types import (
    ClockZero,
    FaultBit,
    FaultEvent,
    FaultHealed,
    FaultHealing,
    FaultStarted,
    Recovery,
)
from jsquared.records.events import EventLog, read_events
from jsquared.records.plan import PlannedFault
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability
from jsquared.scenario.moments import Moment


class Told:
    """A fault that breaks nothing and says what it was told to say."""

    name: ClassVar[str] = "told"
    description: ClassVar[str] = ""
    undo: ClassVar[str] = ""
    evidence: ClassVar[str] = ""
    needs: ClassVar[frozenset[Capability]] = frozenset()
    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("bites", True, "whether it says that it bit"),
        Parameter("heals", "yes", "what its undo does", ("yes", "no", "raises")),
        Parameter("count", 0, "a number"),
    )

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> ActiveFault:
        """Begin."""
        return cast("ActiveFault", ActiveTold(targets, parameters))


class ActiveTold:
    """The fault while it lasts."""

    proven_at_end: ClassVar[bool] = False

    def __init__(self, targets: Sequence[str], parameters: Mapping[str, Any]) -> None:
        self.targets = targets
        self.details = {"refusal": "told"}
        self._parameters = parameters

    def bit(self) -> Evidence:
        """As told; a proof that fails is no proof."""
        if not self._parameters["bites"]:
            raise LabError("nobody answers")
        return Evidence(True, "bit")

    def heal(self) -> None:
        """As told."""
        if self._parameters["heals"] == "raises":
            raise LabError("cannot be undone")

    def healed(self) -> Evidence:
        """As told."""
        return Evidence(self._parameters["heals"] == "yes", "healed or not")


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., list[Event]]:
    """Play a schedule of such faults and give its events."""
    monkeypatch.setitem(catalogue.FAULTS, "told", cast("Any", Told()))

    def run(*faults: PlannedFault, recovered: bool = True, recovery_limit_s: float = 0.05) -> list[Event]:
        with contextlib.closing(EventLog(tmp_path / "events.jsonl", TrialClock.start())) as events:
            conductor = Conductor(
                faults,
                cast("RunningDeployment", None),
                events,
                recovered=lambda: recovered,
                recovery_limit_s=recovery_limit_s,
            )
            conductor.run(time.monotonic())
        return read_events(tmp_path / "events.jsonl")

    return run


def planned(
    fault: str = "one", start: str = "0 ms after load", heal: str = "0 ms after recovery", **parameters: Any
) -> PlannedFault:
    """A step of a schedule."""
    return PlannedFault(id=fault, name="told", targets=("primary",), parameters=parameters, start=start, heal=heal)


def kinds(events: list[Event]) -> list[str]:
    """The kinds of events, in order, without the clock."""
    return [event.kind for event in events if not isinstance(event, ClockZero)]


def test_a_fault_is_injected_proven_healed_and_proven(play: Callable[..., list[Event]]) -> None:
    """Every step of a fault is an event, with its targets, parameters and evidence."""
    events = play(planned())
    assert kinds(events) == ["phase", "fault-started", "fault-bit", "recovery", "fault-healing", "fault-healed"]
    started = events[2]
    assert started.parameters == {"bites": True, "heals": "yes", "count": 0}
    assert started.refusal == "told"
    assert events[-1].ok is True


def test_a_second_fault_may_hang_on_the_first(play: Callable[..., list[Event]]) -> None:
    """A fault can begin with another and outlast it."""
    events = play(
        planned("one", heal="20 ms after injection"), planned("two", start="10 ms after one", heal="30 ms after two")
    )
    began = {event.fault: event.t_ms for event in events if isinstance(event, FaultStarted)}
    healed = {event.fault: event.t_ms for event in events if isinstance(event, FaultHealing)}
    assert began["two"] >= began["one"] + 10
    assert healed["two"] >= began["two"] + 30


def test_a_due_moment_is_not_waited_past(play: Callable[..., list[Event]], monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause ends with the next moment that is due, though recovery is looked for less often."""
    pauses: list[float] = []
    pause_s = Conductor._pause_s
    monkeypatch.setattr(Conductor, "_pause_s", lambda self: pauses.append(pause_s(self)) or pauses[-1])
    play(planned("one", start="50 ms after load", heal="3 ms after injection"))
    assert max(pauses) == TICK_S
    assert any(pause < 0.004 for pause in pauses)


def test_no_recovery_is_recorded_and_the_fault_heals(play: Callable[..., list[Event]]) -> None:
    """When writes do not come back within the limit, that is said, and healing goes on."""
    events = play(planned(), recovered=False)
    [recovery] = [event for event in events if isinstance(event, Recovery)]
    assert recovery.ok is False
    assert kinds(events)[-1] == "fault-healed"


def test_a_proof_that_fails_is_no_proof(play: Callable[..., list[Event]]) -> None:
    """A fault that cannot be shown to have bitten is recorded as not shown, with the reason."""
    [bit] = [event for event in play(planned(bites=False)) if isinstance(event, FaultBit)]
    assert bit.ok is False
    assert "nobody answers" in bit.evidence


@pytest.mark.parametrize("heals", ["no", "raises"])
def test_a_failed_undo_is_recorded(heals: str, play: Callable[..., list[Event]]) -> None:
    """A fault whose undo fails, or does not show, is recorded as not healed."""
    [healed] = [event for event in play(planned(heals=heals)) if isinstance(event, FaultHealed)]
    assert healed.ok is False


def test_a_fault_that_hangs_on_a_late_one_does_not_hold_recovery_up(play: Callable[..., list[Event]]) -> None:
    """Recovery is waited for once all faults that can begin before it have; each later fault is followed by another."""
    events = play(
        planned("one"), planned("two", start="10 ms after recovery"), planned("three", start="0 ms after two")
    )
    told = [
        event.fault if isinstance(event, FaultEvent) else event.kind
        for event in events
        if not isinstance(event, ClockZero)
    ]
    assert told.index("recovery") < told.index("two") < told.index("three")
    assert told.count("recovery") == 2
    assert kinds(events).count("fault-healed") == 3


@pytest.mark.parametrize(
    "faults",
    [
        [planned("one", start="0 ms after one")],
        [planned("one", start="0 ms after two"), planned("two", start="0 ms after one")],
        [planned("one", start="0 ms after recovery")],
        [planned("one", start="0 ms after recovery"), planned("two", start="0 ms after one")],
    ],
)
def test_a_schedule_that_would_wait_for_ever_is_refused(
    faults: list[PlannedFault], play: Callable[..., list[Event]]
) -> None:
    """Faults that wait for each other, or for a recovery from nothing, would never begin."""
    with pytest.raises(BadInputError, match="never comes"):
        play(*faults)


@pytest.mark.parametrize(
    ("start", "heal", "word"),
    [
        ("soon", "0 ms after recovery", "soon"),
        ("0 ms after lunch", "0 ms after recovery", "lunch"),
        ("0 ms after injection", "0 ms after recovery", "injection"),
        ("0 ms after load", "-1 ms after load", "-1"),
    ],
)
def test_impossible_moments_are_refused(start: str, heal: str, word: str, play: Callable[..., list[Event]]) -> None:
    """A moment in other words, or after something that never happens, is refused before anything starts."""
    with pytest.raises(BadInputError, match=word):
        play(planned(start=start, heal=heal))


def test_moments_keep_their_words() -> None:
    """A moment reads the same after it was parsed."""
    assert str(Moment.parse("2000 ms after load")) == "2000 ms after load"


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"colour": 1}, "colour"),
        ({"count": "many"}, "int"),
        ({"count": -1}, "negative"),
        ({"heals": "maybe"}, "choices"),
    ],
)
def test_impossible_parameters_are_refused(given: dict[str, Any], word: str) -> None:
    """An unknown parameter, a wrong type, a negative number and an unknown choice are refused with one line."""
    with pytest.raises(BadInputError, match=word):
        catalogue.complete(cast("Any", Told()), given)


def test_unknown_faults_are_refused() -> None:
    """The line names the command that lists the faults."""
    with pytest.raises(BadInputError, match="jsquared faults"):
        catalogue.fault_named("lightning")


def test_several_proofs_hold_only_together() -> None:
    """One missing proof is enough to have none; none at all is none either."""
    yes, no = Evidence(True, "a"), Evidence(False, "b")
    assert combine([yes, yes]).ok
    assert combine([yes, no]) == Evidence(False, "a; b")
    assert not combine([]).ok

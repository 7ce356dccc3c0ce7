"""Actions: what is done in a lab, and that nothing unproven succeeds."""

from collections.abc import Callable

import pytest
from chaoslib.exceptions import ActivityFailed

from jsquared.chaos_toolkit.actions import (
    end_lab,
    heal_faults,
    inject_fault,
    save_session,
    start_lab,
    start_load,
    stop_load,
)
from jsquared.chaos_toolkit.experiment_labs import LABS
from jsquared.records.lab_messages import AskForLoad, AskToBreak
from support.fake_lab import FakeLab, verdict_of_session


def test_a_lab_is_started_as_it_is_described() -> None:
    """Its deployment and settings are passed on, and the result says where it is."""
    told = start_lab(
        deployment="apart", name="mine", ack="async", overrides=["redis-n1:maxmemory=1mb"], needs=["clock"]
    )
    [lab] = FakeLab.up
    assert lab.described["deployment"] == "apart"
    assert (lab.described["ack"], lab.described["needs"]) == ("async", ["clock"])
    assert (told["name"], told["primary"], told["sentinels"]) == ("mine", "redis-n1", ["10.0.0.1:26379"])


def test_a_lab_that_does_not_come_up_fails() -> None:
    """Its own line is the reason, and nothing is remembered as up."""
    with pytest.raises(ActivityFailed, match="redis-n1: does not come up"):
        start_lab(deployment="broken")
    assert FakeLab.up == []
    assert not end_lab()


def test_a_second_lab_needs_a_name(lab: FakeLab) -> None:
    """Two without a name could not be told apart."""
    with pytest.raises(ActivityFailed, match="started it already"):
        start_lab()
    start_lab(name="other")
    assert len(FakeLab.up) == 2


def test_a_fault_is_injected(lab: FakeLab) -> None:
    """With its targets, parameters and time, and the proof is the result."""
    told = inject_fault("cut", targets=["primary"], parameters={"links": "replication"}, heal_after_s=1.5)
    assert (told["id"], told["bit"], told["targets"]) == ("cut", True, ["primary"])
    [asked] = [one for one in lab.asked if isinstance(one, AskToBreak)]
    assert (asked.parameters, asked.heal_after_ms) == ({"links": "replication"}, 1500)


def test_a_fault_that_does_not_bite_fails(lab: FakeLab) -> None:
    """The action fails with the measurement, and the failure is remembered."""
    lab.bites = False
    with pytest.raises(ActivityFailed, match="did not bite: it runs"):
        inject_fault("kill", targets=["primary"])
    assert ["did not bite" in line for line in LABS.failures] == [True]


def test_a_fault_that_is_not_known_fails(lab: FakeLab) -> None:
    """A misspelt name is no experiment either."""
    with pytest.raises(ActivityFailed, match="no such fault"):
        inject_fault("nonsense")
    assert LABS.failures


def test_faults_are_healed_with_proofs(lab: FakeLab) -> None:
    """All of them or one, and nothing is left to do for a rollback."""
    inject_fault("kill", targets=["primary"])
    inject_fault("cut", targets=["replica:1"])
    assert [(one["id"], one["healed"]) for one in heal_faults("cut")] == [("cut", True)]
    assert [one["id"] for one in heal_faults()] == ["kill", "cut"]
    assert all(one["heal_evidence"] for one in heal_faults())
    assert LABS.failures == []


def test_a_heal_that_is_not_proven_fails(lab: FakeLab) -> None:
    """What goes on being broken would make everything after it mean something else."""
    lab.heals = False
    inject_fault("kill", targets=["primary"])
    with pytest.raises(ActivityFailed, match="fault 'kill': did not heal: it answers"):
        heal_faults()


def test_a_fault_that_proves_at_its_end_that_it_did_not_bite_fails(lab: FakeLab) -> None:
    """Such a fault passes when it is injected, and fails when it is healed."""
    lab.bites = None
    assert inject_fault("cut", targets=["primary"])["bit"] is None
    with pytest.raises(ActivityFailed, match="fault 'cut': did not bite"):
        heal_faults()


def test_load_begins_and_ends(lab: FakeLab) -> None:
    """With the rates of the action, and the counts are its result."""
    start_load(rate_per_s=50, operations_per_s=0)
    [asked] = [one for one in lab.asked if isinstance(one, AskForLoad)]
    assert (asked.rate_per_s, asked.operations_per_s) == (50, 0)
    assert stop_load()["acknowledged"] == 9


@pytest.mark.parametrize("outcome", ["pass", "violated"])
def test_a_session_is_saved(lab: FakeLab, outcome: str) -> None:
    """Its verdict is the result: a violation is for tolerances to judge."""
    lab.saved = verdict_of_session("pass" if outcome == "pass" else "violated", lost=0 if outcome == "pass" else 3)
    told = save_session("runs/one")
    assert (told["outcome"], told["folder"], told["acknowledged"]) == (outcome, "runs/one", 9)
    assert told["lost"] == (0 if outcome == "pass" else 3)


def test_an_inconclusive_session_fails(lab: FakeLab) -> None:
    """What was not shown does not pass."""
    lab.saved = verdict_of_session("inconclusive")
    with pytest.raises(ActivityFailed, match="the session is inconclusive: a reason"):
        save_session("runs/one")


def test_a_lab_ends_once(lab: FakeLab) -> None:
    """A second end does nothing, so a rollback may come after an action that ended it."""
    assert end_lab()
    assert FakeLab.up == []
    assert not end_lab()
    with pytest.raises(ActivityFailed, match="0 labs of this experiment are up"):
        start_load()


def test_a_lab_is_reached_by_its_name(foreign_lab: Callable[[str], FakeLab]) -> None:
    """One that somebody else has started can be used with or without it, and ends only by it."""
    other = foreign_lab("theirs")
    inject_fault("kill", targets=["primary"], name="theirs")
    heal_faults()
    assert not other.faults[0].is_active
    assert not end_lab()
    assert FakeLab.up == [other]
    assert end_lab("theirs")
    assert FakeLab.up == []
    assert not end_lab("theirs")


def test_an_experiment_with_a_lab_never_touches_another(foreign_lab: Callable[[str], FakeLab], lab: FakeLab) -> None:
    """Without a name its own one is meant, also when that has ended."""
    lab.close()
    foreign_lab("theirs")
    with pytest.raises(ActivityFailed, match="the lab has ended"):
        inject_fault("kill", targets=["primary"])
    end_lab()
    with pytest.raises(ActivityFailed, match="0 labs"):
        inject_fault("kill", targets=["primary"])
    assert [other.faults for other in FakeLab.up] == [[]]


def test_of_several_labs_one_is_named() -> None:
    """Which of them is meant is not guessed."""
    start_lab(name="one")
    start_lab(name="two")
    with pytest.raises(ActivityFailed, match="2 labs of this experiment are up"):
        start_load()
    start_load(name="two")
    assert [lab.state.state for lab in FakeLab.up] == ["none", "running"]

"""Probes: what is measured, and that what was not measured is never a pass."""

import pytest
from chaoslib.exceptions import ActivityFailed

from jsquared.chaos_toolkit import probes
from jsquared.chaos_toolkit.actions import end_lab, heal_faults, inject_fault, save_session, start_load
from jsquared.chaos_toolkit.experiment_labs import LABS
from jsquared.records.lab_messages import AskToWait
from support.fake_lab import FakeLab, verdict_of_session


def test_the_primary_is_the_one_of_the_sentinels(lab: FakeLab) -> None:
    """It is the node that they name, and empty where they name none."""
    assert probes.primary() == "redis-n1"
    lab.primaries = [""]
    assert probes.primary() == ""


def test_a_new_primary_is_waited_for(lab: FakeLab) -> None:
    """It is another one than before the fault; none in time is an empty name."""
    inject_fault("kill", targets=["primary"])
    lab.primaries = ["redis-n1", "", "redis-n2"]
    assert probes.new_primary() == "redis-n2"
    lab.primaries = ["redis-n1"]
    assert probes.new_primary(within_s=0.0) == ""
    lab.close()
    with pytest.raises(ActivityFailed, match="the lab has ended"):
        probes.new_primary()


def test_a_new_primary_needs_a_fault(lab: FakeLab) -> None:
    """Before anything was broken there is none that it could differ from."""
    with pytest.raises(ActivityFailed, match="nothing was broken yet"):
        probes.new_primary()


def test_convergence_is_measured(lab: FakeLab) -> None:
    """It is asked at once, and waited for only where there is time and need."""
    assert probes.converged()
    assert probes.converged(within_s=5)
    assert not [one for one in lab.asked if isinstance(one, AskToWait)]
    lab.converges = False
    assert not probes.converged()
    assert not probes.converged(within_s=0.1)
    assert [one.limit_ms for one in lab.asked if isinstance(one, AskToWait)] == [100]


def test_convergence_may_come_while_it_is_waited_for(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lab's answer to the wait counts."""
    lab.converges = False
    monkeypatch.setattr(lab, "wait_converged", lambda within_s: None)
    assert probes.converged(within_s=1)


def test_before_any_load_nothing_is_lost(lab: FakeLab) -> None:
    """The steady state before the experiment has no writes and no gap."""
    assert (probes.acknowledged_writes_lost(), probes.longest_write_gap_ms()) == (0, 0.0)


def test_writes_that_were_not_looked_for_are_not_judged(lab: FakeLab) -> None:
    """While the load runs no one knows, so the probe fails and says what is missing."""
    start_load()
    for probe in (probes.acknowledged_writes_lost, probes.longest_write_gap_ms):
        with pytest.raises(ActivityFailed, match="save_session first"):
            probe()
    with pytest.raises(ActivityFailed, match="was not saved"):
        probes.session_outcome()


def test_a_saved_session_is_measured(lab: FakeLab) -> None:
    """Losses, the longest gap of any client, and the verdict, also when the lab has ended."""
    start_load()
    lab.saved = verdict_of_session("violated", lost=3)
    save_session("runs/one")
    end_lab()
    measured = (probes.acknowledged_writes_lost(), probes.longest_write_gap_ms(), probes.session_outcome())
    assert measured == (3, 4711.0, "violated")


def test_what_could_not_be_established_is_no_number(lab: FakeLab) -> None:
    """Unknown losses are not 0, and clients that wrote nothing have no gap."""
    LABS.verdicts[""] = verdict_of_session(lost=None, gaps_ms=())
    with pytest.raises(ActivityFailed, match="could not be established"):
        probes.acknowledged_writes_lost()
    with pytest.raises(ActivityFailed, match="no client"):
        probes.longest_write_gap_ms()


def test_the_proofs_of_a_fault_are_told(lab: FakeLab) -> None:
    """They are false until they are there; a fault that is not known is an error."""
    lab.bites = None
    inject_fault("cut", targets=["primary"])
    assert (probes.fault_bit("cut"), probes.fault_healed("cut")) == (False, False)
    lab.bites = True
    inject_fault("kill", targets=["primary"])
    heal_faults("kill")
    assert (probes.fault_bit("kill"), probes.fault_healed("kill")) == (True, True)
    with pytest.raises(ActivityFailed, match="no such fault was injected"):
        probes.fault_bit("pause")


def test_the_status_is_plain_data(lab: FakeLab) -> None:
    """It can be written into a journal."""
    assert probes.lab_status()["load"]["state"] == "none"


def test_without_the_control_nothing_passes_after_a_failed_action(lab: FakeLab) -> None:
    """Chaos Toolkit goes on after it, so every probe that could pass refuses to."""
    lab.bites = False
    with pytest.raises(ActivityFailed):
        inject_fault("kill")
    for probe in (
        probes.converged,
        probes.acknowledged_writes_lost,
        probes.longest_write_gap_ms,
        probes.session_outcome,
    ):
        with pytest.raises(ActivityFailed, match="nothing is proven, since an action failed: fault 'kill'"):
            probe()
    LABS.is_controlled = True
    assert probes.converged()

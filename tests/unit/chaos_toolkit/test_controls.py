"""The control: a lab before the first steady state, a failed experiment where nothing is proven, and no lab afterwards."""

import logging
from typing import Any

import pytest
from chaoslib.exceptions import InterruptExecution, InvalidActivity
from chaoslib.experiment import ensure_experiment_is_valid, run_experiment
from chaoslib.types import Strategy

from jsquared.chaos_toolkit import controls
from jsquared.chaos_toolkit.experiment_labs import LABS
from jsquared.errors import LabError
from support.fake_lab import FakeLab

MODULE = "jsquared.chaos_toolkit"


def activity(kind: str, module: str, function: str, **arguments: Any) -> dict[str, Any]:
    """An activity of an experiment."""
    provider = {"type": "python", "module": f"{MODULE}.{module}", "func": function, "arguments": arguments}
    return {"type": kind, "name": function, "provider": provider}


def experiment(*method: dict[str, Any], is_controlled: bool = True, **arguments: Any) -> dict[str, Any]:
    """An experiment that expects convergence before and after its method."""
    provider = {"type": "python", "module": f"{MODULE}.controls", "arguments": {"deployment": "reference", **arguments}}
    converged = {**activity("probe", "probes", "converged"), "tolerance": True}
    described = {
        "version": "1.0.0",
        "title": "an experiment",
        "description": "of a test",
        "controls": [{"name": "lab", "provider": provider}] if is_controlled else [],
        "steady-state-hypothesis": {"title": "converged", "probes": [converged]},
        "method": list(method),
        "rollbacks": [activity("action", "actions", "end_lab")],
    }
    ensure_experiment_is_valid(described)
    return described


def play(described: dict[str, Any]) -> dict[str, Any]:
    """The journal of an experiment that was run."""
    journal: dict[str, Any] = run_experiment(described, settings={})
    return journal


def test_an_experiment_whose_faults_bite_completes() -> None:
    """The control starts its lab, and after it none is up."""
    journal = play(experiment(activity("action", "actions", "inject_fault", fault="kill", targets=["primary"])))
    assert (journal["status"], journal["deviated"]) == ("completed", False)
    assert [run["status"] for run in (*journal["run"], *journal["rollbacks"])] == ["succeeded", "succeeded"]
    assert FakeLab.up == []


def test_an_experiment_whose_fault_does_not_bite_fails(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It has not deviated, since nothing was shown of the deployment; the last line says why it failed."""
    monkeypatch.setattr(FakeLab, "bites_at_first", False)
    with caplog.at_level(logging.CRITICAL, "chaostoolkit"):
        journal = play(experiment(activity("action", "actions", "inject_fault", fault="kill")))
    assert (journal["status"], journal["deviated"]) == ("failed", False)
    assert "proves nothing: fault 'kill': did not bite" in caplog.text
    assert FakeLab.up == []


def test_without_the_control_it_fails_by_its_steady_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probes after the method refuse to pass."""
    monkeypatch.setattr(FakeLab, "bites_at_first", False)
    method = (activity("action", "actions", "start_lab"), activity("action", "actions", "inject_fault", fault="kill"))
    described = experiment(*method, is_controlled=False)
    journal = run_experiment(described, settings={}, strategy=Strategy.AFTER_METHOD)
    assert journal["status"] == "failed"


def test_an_experiment_that_has_no_steady_state_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its method is not played, so it has shown nothing."""
    monkeypatch.setattr(FakeLab, "converges_at_first", False)
    journal = play(experiment(activity("action", "actions", "inject_fault", fault="kill")))
    assert (journal["status"], journal["deviated"], journal["run"]) == ("failed", False, [])
    assert FakeLab.up == []


def test_a_deployment_that_does_not_converge_has_deviated() -> None:
    """What is shown of the deployment is told as such, and its lab ends although no rollback does it."""
    described = experiment(activity("action", "actions", "inject_fault", fault="pause"))
    described["rollbacks"] = []
    journal = play(described)
    assert (journal["status"], journal["deviated"]) == ("completed", True)
    assert FakeLab.up == []


def test_an_experiment_without_its_lab_is_interrupted() -> None:
    """A lab that does not come up leaves nothing to experiment with."""
    journal = play(experiment(deployment="broken"))
    assert (journal["status"], journal["run"]) == ("interrupted", [])


def test_a_signal_in_the_middle_of_an_activity_interrupts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the method is played after it, and the lab ends."""

    def interrupt(lab: FakeLab, question: Any) -> None:
        raise InterruptExecution("SIGTERM signal received")

    monkeypatch.setattr(FakeLab, "_broken", interrupt)
    kill = activity("action", "actions", "inject_fault", fault="kill")
    journal = play(experiment(kill, activity("action", "actions", "start_load")))
    assert journal["status"] == "interrupted"
    assert [run["activity"]["name"] for run in journal["run"]] == ["inject_fault"]
    assert FakeLab.up == []


def test_wrong_arguments_are_refused_before_anything_starts() -> None:
    """A misspelt one is named when the experiment is validated."""
    with pytest.raises(InvalidActivity, match=r"control 'lab': .*deploiment"):
        experiment(deploiment="reference")
    with pytest.raises(InterruptExecution, match="deploiment"):
        controls.before_experiment_control({}, deployment="reference", deploiment="reference")


def test_a_control_without_a_deployment_starts_nothing() -> None:
    """It then only judges and ends what actions have started."""
    controls.before_experiment_control({})
    assert FakeLab.up == []
    controls.after_experiment_control({})
    assert LABS.failures == []


def test_a_lab_that_does_not_end_fails_the_experiment(lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A status that is worse stays as it is."""

    def refuse() -> None:
        raise LabError("has not ended within 30 s", where="the lab")

    monkeypatch.setattr(lab, "close", refuse)
    journal: dict[str, Any] = {"status": "completed"}
    controls.after_experiment_control({}, journal)
    assert journal["status"] == "failed"
    assert LABS.failures == ["a lab did not end: the lab: has not ended within 30 s"]
    journal["status"] = "aborted"
    controls.after_experiment_control({}, journal)
    assert journal["status"] == "aborted"


def test_the_next_experiment_begins_anew(lab: FakeLab) -> None:
    """Nothing of the one before is remembered by the same process."""
    LABS.failures.append("before")
    LABS.primaries[""] = "redis-n1"
    controls.configure_control(deployment="reference")
    assert (FakeLab.up, LABS.failures, LABS.primaries, LABS.is_controlled) == ([], [], {}, True)
    controls.cleanup_control()
    assert not LABS.is_controlled

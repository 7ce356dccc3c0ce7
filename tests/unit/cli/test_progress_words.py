"""Every line of progress is true: it says what its event proves, and nothing else."""

import pytest

from jsquared.cli.progress_words import TrialWords
from jsquared.records.alert_events import MonitoringFailed
from jsquared.records.event import Event
from jsquared.records.event_types import (
    EVENT_TYPES,
    AgreementChanged,
    Converged,
    FaultBit,
    FaultHealed,
    FaultHealing,
    FaultStarted,
    Phase,
    Recovery,
    RoleChanged,
    StandUpFailed,
    StepBegan,
    StepEnded,
    WritesCounted,
)


def words(*events: Event) -> list[str]:
    """The lines of a trial with these events."""
    trial = TrialWords()
    return [line for line in map(trial.words_for, events) if line]


REFUSED = WritesCounted(window_ms=2000.0, acknowledged=0, failed=600, unknown=0)
BACK = ("acknowledged", "resume", "back", "recover")
"""Words that could be taken to say that writes are back."""


@pytest.mark.parametrize(
    "event",
    [
        *(
            Phase(phase)
            for phase in (
                "stand-up",
                "monitoring",
                "load",
                "break",
                "settle",
                "load-end",
                "done",
                "interrupted",
                "failed",
            )
        ),
        FaultStarted("f1", name="kill", targets=("redis-n1",)),
        FaultBit("f1", ok=True, evidence="it has ended"),
        FaultHealing("f1"),
        FaultHealed("f1", ok=True, evidence="it runs"),
        Recovery(ok=True, test="promotion"),
        AgreementChanged(primary="redis-n2"),
        RoleChanged(role="primary", source="redis-n2"),
        Converged(stage="settle", ok=True),
        StandUpFailed(detail="no primary"),
    ],
)
def test_nothing_says_that_writes_are_back_that_does_not_prove_it(event: Event) -> None:
    """A promotion, convergence or a healed fault are there also while every write is refused."""
    before: list[Event] = [AgreementChanged(primary="redis-n1"), RoleChanged(role="replica", source="redis-n2")]
    assert not [line for line in words(*before, event) for word in BACK if word in line]


def test_monitoring_that_failed_is_told_at_once() -> None:
    """Nobody must wait for the end to learn that nothing will be known of alerts."""
    failed = MonitoringFailed(part="exporter", detail="it hangs")
    assert words(failed) == ["nothing is known of alerts from now on: exporter failed (it hangs)"]


def test_a_recovery_says_what_was_tested() -> None:
    """Only writes that another primary acknowledged are told as such."""
    assert words(Recovery(ok=True, test="writes")) == ["writes are acknowledged by another primary"]
    assert words(Recovery(ok=True, test="promotion")) == ["a majority of the Sentinels names another primary"]
    assert words(Recovery(ok=True, test="steady")) == ["writes were acknowledged after the first 2.5 s of load"]
    assert words(Recovery(ok=True)) == ["recovery was seen"]


def test_a_recovery_that_did_not_come_says_what_was_waited_for() -> None:
    """Whether anything is healed then is up to the schedule."""
    assert words(Recovery(ok=False, test="writes", waited_ms=30_000), Recovery(ok=False)) == [
        "recovery (writes are acknowledged by another primary) was not seen within 30 s; the schedule goes on",
        "recovery was not seen; the schedule goes on",
    ]


def test_rates_are_a_second() -> None:
    """Refused writes are told apart from acknowledged ones, whatever the window was."""
    late = WritesCounted(window_ms=4000.0, acknowledged=8000, failed=2, unknown=40)
    assert words(REFUSED, late) == [
        "writes a second: 0 acknowledged, 300 refused or not sent, 0 unknown",
        "writes a second: 2,000 acknowledged, 0 refused or not sent, 10 unknown",
    ]


def test_a_fault_that_could_not_be_injected_is_not_told_as_one() -> None:
    """Its proof says why, and nothing is healed."""
    evidence = "could not be injected: no such node"
    refused = [
        FaultStarted("f1", name="kill"),
        FaultBit("f1", evidence=evidence),
        FaultHealing("f1"),
        FaultHealed("f1", ok=True),
    ]
    assert words(*refused, FaultHealing("f2")) == [f"f1: no proof of its effect: {evidence}", "healing f2"]


def test_a_fault_that_does_not_heal_is_told() -> None:
    """Nothing says that it has healed."""
    assert words(FaultHealing("f1"), FaultHealed("f1", evidence="it does not answer")) == [
        "healing f1",
        "f1: no proof that it has healed: it does not answer",
    ]


def test_roles_and_votes_are_told_when_they_change() -> None:
    """What they are at first is no news; who becomes primary, and who is named as such, is."""
    events: list[Event] = [
        RoleChanged(role="primary", source="n1"),
        RoleChanged(role="replica", source="n2"),
        AgreementChanged(primary="n1"),
        RoleChanged(role="down", source="n1"),
        AgreementChanged(primary=""),
        RoleChanged(role="primary", source="n2"),
        RoleChanged(role="primary", source="n2"),
        AgreementChanged(primary="n2"),
    ]
    assert words(*events) == [
        "the Sentinels have no majority",
        "n2 reports the role primary",
        "a majority of the Sentinels names n2",
    ]


def test_what_did_not_converge_says_why() -> None:
    """Convergence is told with what is missing, a deployment that never came up with the reason."""
    events = [Converged(ok=True), Converged(detail="n3 follows no one"), StandUpFailed(detail="n1 has ended")]
    assert words(*events) == ["converged", "not converged: n3 follows no one", "did not come up: n1 has ended"]


def test_steps_of_a_change_are_told() -> None:
    """Each when it begins, and why it failed where it did."""
    told = {"number": 3, "does": "restart", "source": "redis-n2"}
    assert words(
        StepBegan(**told), StepEnded(**told, ok=True), StepEnded(**told, reason="no link"), StepBegan(**told, back=True)
    ) == [
        "step 3: restart redis-n2",
        "step 3: no link",
        "taking back step 3: restart redis-n2",
    ]


def test_other_events_have_no_words() -> None:
    """They are many, and for the report."""
    told = {
        Phase, FaultStarted, FaultBit, FaultHealing, FaultHealed, Recovery, RoleChanged, AgreementChanged, Converged,
        StandUpFailed, WritesCounted, StepBegan, StepEnded,
    }  # fmt: skip
    assert len(set(EVENT_TYPES) - told) == len(EVENT_TYPES) - len(told)
    assert words(Phase("unheard of")) == []

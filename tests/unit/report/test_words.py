"""Numbers and sentences for people."""

import pytest

from jsquared.records.alert_results import AlertResult
from jsquared.records.verdict import ClientGap, ObjectiveResult, Writes
from jsquared.report import words
from jsquared.text import NONE
from support.violated import DOWN_AFTER, NO_LOG, advice, log_advice

GAP = ClientGap(client="client-1", gap_ms=4960, from_ms=3000, until_ms=7960, resumed=True)
STUCK = ClientGap(client="client-2", gap_ms=9000, from_ms=3000, until_ms=12000, resumed=False)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(None, "ms", NONE), (10_000, "ms", "10 s"), (1872, "writes", "1,872 writes"), (0.125, "", "0.125")],
)
def test_quantities_carry_their_unit(value: float | None, unit: str, said: str) -> None:
    """Milliseconds become durations; everything else keeps its unit."""
    assert words.quantity(value, unit) == said


def test_the_tally_names_the_worst_first() -> None:
    """Violated trials come before inconclusive and passed ones, and what did not happen is not said."""
    assert words.tally(["pass", "violated", "pass"]) == "1 violated, 2 passed"


@pytest.mark.parametrize(("lost", "said"), [(None, NONE), (0, "0"), (12, "12 of 7,000")])
def test_losses_are_told_against_what_was_acknowledged(altered, lost, said) -> None:
    """A loss is a share of the acknowledged writes; an unknown loss is a dash and never 0."""
    assert words.lost(altered(writes=Writes(acknowledged=7000, lost=lost))) == said


def test_what_to_look_at_is_the_first_reason(altered) -> None:
    """A verdict that is no pass says why."""
    assert words.look_at(altered(outcome="violated", reasons=["this", "that"])) == "this"


def test_what_to_look_at_in_a_pass_is_the_tightest_objective(altered, crash) -> None:
    """A pass shows how near to a limit it came, or that nothing stands out."""
    assert words.look_at(crash[1]) == "failover: 4.96 s of 10 s allowed"
    assert words.look_at(altered(reasons=["all is well"])) == "failover: 4.96 s of 10 s allowed"
    assert words.look_at(altered(objectives=[])) == "nothing stands out"


@pytest.mark.parametrize(("limit", "value", "share"), [(10, 5, 0.5), (0, 0, 0), (0, 3, 2), (10, None, 0)])
def test_the_used_share_of_a_limit(limit, value, share) -> None:
    """A limit of zero is either kept or broken; what was not measured used nothing."""
    result = ObjectiveResult(name="x", limit=limit, value=value, unit="", outcome="pass")
    assert words.used_share(result) == share


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Writes resumed 4.96 s after the fault. None of 7,440 acknowledged writes was lost."),
        ({"writes": Writes()}, "No write was attempted, so nothing is known about this deployment."),
        (
            {"failover_ms": None, "gaps": [GAP]},
            (
                "No failover happened; the longest time without an acknowledged write was 4.96 s. "
                "None of 7,440 acknowledged writes was lost."
            ),
        ),
        (
            {"failover_ms": None, "gaps": [GAP, STUCK], "writes": Writes(attempted=9, acknowledged=1)},
            (
                "1 client no longer had a write acknowledged in the last 9 s of the load. "
                "It is unknown whether any of 1 acknowledged write was lost."
            ),
        ),
        (
            {"failover_ms": None, "gaps": [STUCK], "writes": Writes(attempted=9, acknowledged=1, lost=1)},
            "No client had a write acknowledged in the last 9 s of the load. 1 of 1 acknowledged write was lost (100 %).",
        ),
        (
            {"failover_ms": None, "gaps": [], "writes": Writes(attempted=9, lost=0)},
            "No write was acknowledged. There was none to lose.",
        ),
        (
            {"writes": Writes(attempted=9000, acknowledged=9000, lost=3)},
            "Writes resumed 4.96 s after the fault. 3 of 9,000 acknowledged writes were lost (0.033 %).",
        ),
    ],
)
def test_the_headline_says_what_clients_felt(altered, changes, said) -> None:
    """One or two sentences: time without service, and writes lost."""
    assert words.headline(altered(**changes)) == said


def test_a_loss_that_a_reason_tells_is_not_told_above_it_too(altered) -> None:
    """The lead keeps to the time without service then; else it has both."""
    writes = Writes(attempted=7500, acknowledged=7440, lost=12)
    told = altered(
        outcome="violated", writes=writes, reasons=["12 of 7,440 acknowledged writes were lost: split brain"]
    )
    assert words.lead(told) == "Writes resumed 4.96 s after the fault."
    untold = altered(outcome="violated", writes=writes, reasons=["the failover took too long"])
    assert words.lead(untold).endswith("12 of 7,440 acknowledged writes were lost (0.16 %).")


def test_a_line_that_explains_several_objectives_is_one_row(altered) -> None:
    """Each responsible line is told once, with all that it explains."""
    named = [advice(DOWN_AFTER, "failover"), advice(DOWN_AFTER, "write_gap"), log_advice()]
    assert [(one.directive, explained) for one, explained in words.advice_rows(altered(advice=named))] == [
        (DOWN_AFTER, "failover, write gap"),
        (NO_LOG, "lost writes"),
    ]


@pytest.mark.parametrize(
    ("missed", "false", "said"),
    [
        (False, False, "expected"),
        (True, False, "missed"),
        (False, True, "fired without a reason"),
        (None, None, "expected, not judged"),
    ],
)
def test_an_alert_is_missed_only_where_that_is_proven(missed: bool | None, false: bool | None, said: str) -> None:
    """Where the monitoring itself failed, its row says that it is not judged."""
    assert words.alert_words(AlertResult(alert="RedisDown", expected=True, missed=missed, false=false)) == said

"""From verdicts to causes: every violated trial is in one place, the line that explains most comes first, no advice leads in a circle."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.check.causes import causes_of
from jsquared.records.findings import SEVERITIES
from jsquared.records.verdict import ObjectiveResult, TrialVerdict
from support.violated import DOWN_AFTER, NO_LOG, advice, log_advice, trial

ADVICE = st.builds(
    lambda line, objective, severity, rule: advice(
        line, objective, where=f"f:{line[-1]}", severity=severity, rule=rule, try_with=(f"sentinel.{line}=1",)
    ),
    st.sampled_from(["line a", "line b", "line c"]),
    st.sampled_from(["failover", "write_gap", "lost_writes"]),
    st.sampled_from(SEVERITIES),
    st.sampled_from(["failover-over-10s", "no-persistence", "operator-order"]),
)
TRIALS = st.lists(
    st.builds(
        lambda outcome, named, duration: trial("s", *named, outcome=outcome, duration_ms=duration),
        st.sampled_from(["pass", "violated", "inconclusive"]),
        st.lists(ADVICE, max_size=4),
        st.floats(0, 1e6),
    ),
    max_size=20,
).map(lambda trials: [numbered(number, one) for number, one in enumerate(trials)])


def numbered(number: int, verdict: TrialVerdict) -> TrialVerdict:
    """The trial with a scenario and a command of its own."""
    verdict.scenario = f"s{number}"
    verdict.command = ["jsquared", "run", f"s{number}", "--deployment", "mine", "--seed", "1"]
    return verdict


@given(TRIALS)
def test_every_violated_trial_is_in_exactly_one_place(trials: list[TrialVerdict]) -> None:
    """Nothing is lost, counted twice or made up; no trial without advice on a line is forced under one."""
    causes, unexplained = causes_of(trials)
    under = [one.scenario for cause in causes for one in cause.trials]
    placed = [*under, *(one.scenario for one in unexplained)]
    assert sorted(placed) == sorted(one.scenario for one in trials if one.outcome == "violated")
    named = {one.scenario for one in trials if any(each.rule != "operator-order" for each in one.advice)}
    assert set(under) <= named
    assert named.isdisjoint(one.scenario for one in unexplained)


@given(TRIALS)
def test_the_order_is_by_violations_then_severity(trials: list[TrialVerdict]) -> None:
    """Most violations first, and of those with equally many the most severe."""
    causes, _ = causes_of(trials)
    ranks = [(-cause.violations, SEVERITIES.index(cause.severity)) for cause in causes]
    assert ranks == sorted(ranks)


@given(TRIALS)
def test_the_command_covers_what_the_line_explains(trials: list[TrialVerdict]) -> None:
    """It runs scenarios of the line alone, none of them twice, and together they miss every objective that the line explains."""
    for cause in causes_of(trials)[0]:
        if not cause.command:
            assert cause.held_back
            continue
        words = shlex.split(cause.command)
        chosen = words[2 : words.index("--deployment")]
        mine = {one.scenario: set(one.objectives) for one in cause.trials}
        assert len(chosen) == len(set(chosen)) <= 3
        assert set().union(*(mine[name] for name in chosen)) == set().union(*mine.values())


def test_lines_are_counted_and_told_apart_by_their_place() -> None:
    """The same words in another file are another line; a trial counts under its first line and names the others."""
    both = trial("primary-hang", advice(DOWN_AFTER), log_advice("convergence"))
    elsewhere = trial("host-lost", advice(DOWN_AFTER, where="n2/sentinel.conf:3"))
    causes, unexplained = causes_of([trial("primary-crash", advice(DOWN_AFTER)), both, elsewhere])
    assert [(cause.directive, cause.where, cause.violations) for cause in causes] == [
        (DOWN_AFTER, "n1/sentinel.conf:3", 2),
        (DOWN_AFTER, "n2/sentinel.conf:3", 1),
    ]
    assert [one.also for one in causes[0].trials] == [(), (NO_LOG,)]
    assert unexplained == []


def test_what_no_line_explains_is_said_beside_it() -> None:
    """A violated objective without advice, in a trial that a line explains otherwise, is named."""
    one = trial("primary-crash", advice(DOWN_AFTER))
    one.objectives.append(
        ObjectiveResult(name="lost_writes", limit=0, value=3, unit="writes", outcome="violated", reason="lost")
    )
    [cause] = causes_of([one])[0]
    assert cause.trials[0].left == ("lost_writes",)


def test_an_order_is_no_line() -> None:
    """Writes that an operator's order lost are no line's fault: the trial is listed, with what to do instead."""
    by_order = advice("SENTINEL FAILOVER m", "lost_writes", rule="operator-order", where="", fix="pause writes first")
    causes, [left] = causes_of([trial("manual-failover", by_order)])
    assert causes == []
    assert (left.scenario, left.reason, left.hint) == ("manual-failover", "it took too long", "pause writes first")


def test_the_command_is_complete_and_small() -> None:
    """It has the user's own options, the shortest trial that no other line has to do with, and the change once."""
    options = ["--deployment", "./my conf", "--engine", "redis", "--with", "sentinel.down-after-milliseconds=30000"]
    options += ["--with", "redis.maxmemory=1gb", "--seed", "7"]

    def of(name: str, *named, **fields) -> TrialVerdict:
        return trial(name, *named, command=["jsquared", "run", name, *options], **fields)

    mine = (advice(DOWN_AFTER), advice(DOWN_AFTER, "write_gap"))
    trials = [
        of("mixed", *mine, log_advice(), duration_ms=1.0),
        of("slow", *mine, duration_ms=90.0),
        of("quick", *mine, duration_ms=50.0),
    ]
    [cause] = causes_of(trials)[0]
    assert cause.changes_line
    assert cause.command == (
        "jsquared run quick --deployment './my conf' --engine redis --with redis.maxmemory=1gb --seed 7 "
        "--with sentinel.down-after-milliseconds=3500"
    )


def test_a_static_check_is_run_only_where_nothing_else_shows_the_line() -> None:
    """It reads the text alone, so a trial that runs is the better proof; without one it is all there is."""
    text = trial("config-timings", advice(DOWN_AFTER, "configuration"), duration_ms=0.0)
    [alone] = causes_of([text])[0]
    assert alone.command.startswith("jsquared run config-timings --deployment")
    [together] = causes_of([text, trial("primary-crash", advice(DOWN_AFTER))])[0]
    assert together.command.startswith("jsquared run primary-crash --deployment")


def test_primaries_that_differ_are_all_run() -> None:
    """Trials of two monitored primaries need no --master, since without it every one is run."""
    trials = [
        trial(
            name,
            advice(DOWN_AFTER, objective),
            master_name=master,
            monitored_primaries=2,
            command=["jsquared", "run", name, "--deployment", "d", "--master", master, "--seed", "1"],
        )
        for name, objective, master in (("a", "failover", "m1"), ("b", "write_gap", "m2"))
    ]
    [cause] = causes_of(trials)[0]
    assert cause.command.startswith("jsquared run a b --deployment d --seed 1 --with ")
    [one] = causes_of(trials[:1])[0]
    assert "--master m1" in one.command


def test_folders_of_several_runs_are_kept_apart() -> None:
    """The same default of two deployments is two lines, and a command mixes no options of different runs."""
    mine, other = trial("a", log_advice()), trial("a", log_advice(), deployment="other")
    assert [cause.deployment for cause in causes_of([mine, other])[0]] == ["mine", "other"]
    async_run = trial("b", log_advice("convergence"))
    async_run.command += ["--ack", "async"]
    [cause] = causes_of([mine, async_run])[0]
    assert cause.command == "jsquared run a --deployment ./mine --seed 1 --with redis.appendonly=yes"


def test_a_change_that_no_option_makes_is_made_first() -> None:
    """The command is there, and says that it does not make the change itself; a line without a fix has none."""
    [cause] = causes_of([trial("primary-crash", advice("sentinel auth-user m", try_with=(), fix="an ACL user"))])[0]
    assert (cause.changes_line, cause.command) == (False, "jsquared run primary-crash --deployment ./mine --seed 1")
    [without] = causes_of([trial("primary-crash", advice("no replicaof", try_with=(), fix=""))])[0]
    assert (without.command, without.held_back) == ("", "")


@pytest.mark.parametrize(
    ("directive", "given_already"),
    [("sentinel down-after-milliseconds mymaster 3500 (default)", ()), (DOWN_AFTER, ("--with",))],
)
def test_no_advice_leads_in_a_circle(directive: str, given_already: tuple[str, ...]) -> None:
    """A change that the line or the run had already is held back, with the reason."""
    one = trial("primary-crash", advice(directive))
    one.command += [*given_already, "sentinel.down-after-milliseconds=3500"] if given_already else []
    [cause] = causes_of([one])[0]
    assert (cause.fix, cause.try_with, cause.command, cause.effect) == ("", (), "", "")
    assert "already" in cause.held_back


@pytest.mark.parametrize("other", ["sentinel.down-after-milliseconds=9", "sentinel@n1.down-after-milliseconds=9"])
def test_changes_that_contradict_each_other_are_not_both_advised(other: str) -> None:
    """The line that explains more keeps its change; the other names it."""
    trials = [trial(f"s{number}", advice(DOWN_AFTER)) for number in range(2)]
    trials.append(trial("s3", advice("another line", try_with=(other,))))
    first, second = causes_of(trials)[0]
    assert (first.held_back, second.fix) == ("", "")
    assert DOWN_AFTER in second.held_back


def test_the_change_that_most_trials_name_is_advised() -> None:
    """Rules that name the same line may try different values."""
    odd = advice(DOWN_AFTER, rule="failover-near-10s", fix="other")
    [cause] = causes_of([trial("a", odd), trial("b", advice(DOWN_AFTER)), trial("c", advice(DOWN_AFTER))])[0]
    assert cause.fix == "sentinel down-after-milliseconds mymaster 3500"
    assert cause.rules == ("failover-near-10s", "failover-over-10s")


def test_a_verdict_without_a_command_has_none_to_show() -> None:
    """Verdicts of other origins, such as a hunt's, may have no command of this kind."""
    [cause] = causes_of([trial("x", advice(DOWN_AFTER), command=["jsquared", "hunt"])])[0]
    assert (cause.command, cause.changes_line, cause.fix) == (
        "",
        False,
        "sentinel down-after-milliseconds mymaster 3500",
    )

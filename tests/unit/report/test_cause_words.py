"""What every report says of causes."""

import pytest

from jsquared.check.causes import causes_of
from jsquared.records.verdict import ObjectiveResult, RunVerdict
from jsquared.report.cause_words import common, folded, headline, look_at, notes, place, predicted, short_line
from support.violated import DOWN_AFTER, advice, log_advice, trial


def test_the_headline_counts_lines_and_violations() -> None:
    """What no line explains is in the total and not under a line; nothing violated, nothing said."""
    slow = [trial(f"s{number}", advice(DOWN_AFTER)) for number in range(27)]
    empty = [trial(f"e{number}", log_advice()) for number in range(2)]
    said = "2 lines explain 29 violations: down-after-milliseconds 30000 (27), appendonly no (2)"
    assert headline(*causes_of([*slow, *empty])) == said
    assert headline(*causes_of([slow[0], trial("odd")])).startswith("1 line explains 1 of 2 violations: ")
    assert headline(*causes_of([trial("odd")])) == "no line of the configuration explains the violation"
    assert headline(*causes_of([trial("a"), trial("b")])) == "no line of the configuration explains the 2 violations"
    assert headline([], []) == ""


@pytest.mark.parametrize(
    ("directive", "short"),
    [
        ("sentinel down-after-milliseconds mymaster 30000 (default)", "down-after-milliseconds 30000"),
        ("appendonly no (default)", "appendonly no"),
        ("sentinel monitor mymaster n1 6379 9", "sentinel monitor mymaster n1 6379 9"),
        ("sentinel resolve-hostnames no", "sentinel resolve-hostnames no"),
        ("sentinel auth-pass m <secret-1>, sentinel auth-pass m x", "sentinel auth-pass m <secret-1>, sentinel auth-pass m x"),
        ("x" * 80, "x" * 59 + "…"),
    ],
)  # fmt: skip
def test_lines_are_short_in_the_headline(directive: str, short: str) -> None:
    """Without what is the same for every setting of a primary."""
    assert short_line(directive) == short


def test_the_effect_is_a_figure_or_said_to_be_none() -> None:
    """A rule that predicts nothing is not made to."""
    [known] = causes_of([trial("a", advice(DOWN_AFTER, effect="noticed after 3.5 s instead of 30 s"))])[0]
    [unknown] = causes_of([trial("a", advice(DOWN_AFTER), advice(DOWN_AFTER, "write_gap"))])[0]
    assert predicted(known) == "noticed after 3.5 s instead of 30 s"
    assert predicted(unknown) == "no figure is predicted; what the line explains should be met: failover and write gap"
    [default] = causes_of([trial("a", log_advice())])[0]
    assert (place(known), place(default)) == ("n1/sentinel.conf:3", "written in no file: the default holds")


def test_a_level_of_acknowledgement_is_changed_by_its_option() -> None:
    """It stands in no file, and the command has the level to try in the place of the other."""
    lost = advice(
        "--ack async", "lost_writes", where="", fix="--ack wait:2, or a Sentinel on every data host", try_with=()
    )
    violated = trial("primary-isolated", lost)
    violated.command += ["--ack", "async"]
    [cause] = causes_of([violated])[0]
    assert place(cause) == "an option of the run, in no file"
    assert cause.command.endswith("--ack wait:2")
    assert "async" not in cause.command
    assert list(notes(cause)) == []


def test_notes_say_what_the_count_hides() -> None:
    """Other lines, objectives that no line explains, trials that were not run, secrets to fill in, and changes by hand."""
    both = trial("a", advice(DOWN_AFTER), log_advice("convergence"), proven_by="failover-over-10s")
    both.objectives.append(
        ObjectiveResult(name="lost_writes", limit=0, value=3, unit="writes", outcome="violated", reason="lost")
    )
    [cause] = causes_of([both, trial("b", advice(DOWN_AFTER))])[0]
    assert list(notes(cause)) == [
        "1 of these trials names other lines too (appendonly no), and each is counted here alone, under the line that explains it best.",
        "1 of these trials also misses what no line explains: lost writes.",
        "1 of these trials was not run: violated by analysis (failover-over-10s).",
    ]
    secret = advice("masterauth <secret-1>", try_with=("redis.masterauth=<secret-2>",), fix="masterauth <secret-2>")
    [cause] = causes_of([trial("a", secret)])[0]
    assert list(notes(cause)) == ["Put the secret in the place of <secret-2> in the command."]
    [cause] = causes_of([trial("a", advice("user x", try_with=(), fix="another user"))])[0]
    assert list(notes(cause)) == ["No --with expresses this change: make it in the file first, then run the command."]
    [cause] = causes_of([trial("a", advice("user x", try_with=(), fix=""))])[0]
    assert list(notes(cause)) == ["No line is known that fixes it."]
    [cause] = causes_of([trial("a", advice("timeout 5", fix="timeout 5"))])[0]
    assert list(notes(cause)) == ["No change is advised: the line says so already."]


def test_scenarios_are_folded() -> None:
    """Repeats are counted, and what is left out too; one more is not worth leaving out."""
    assert folded(["a", "b", "a"]) == "a (2 times), b"
    assert folded("abcdef", most=3) == "a, b, c and 3 more"
    assert folded("abcd", most=3) == "a, b, c, d"


def test_what_repeats_is_said_once() -> None:
    """Values that differ are listed, consecutive seeds are a range, and the date is that of the first folder."""
    trials = [trial("a", seed=seed) for seed in (7, 8, 9)]
    assert common(RunVerdict(outcome="violated", trials=trials)) == [
        ("deployment", "mine"),
        ("engine", "valkey 9.1.2"),
        ("ack", "wait:1"),
        ("sandbox", "namespaces"),
        ("seeds", "7 to 9"),
        ("date", "2026-01-01 12:00"),
    ]
    other = trial("a", seed=3, ack="async", run_dir="elsewhere", proven_by="failover-over-10s")
    values = dict(common(RunVerdict(outcome="violated", trials=[other])))
    assert (values["sandbox"], values["seed"], values["date"]) == ("none: nothing was started", "3", "")


def test_a_trial_that_was_not_run_refers_to_its_line() -> None:
    """Its reason is long, and says what the line above says already."""
    skipped = trial("a", advice(DOWN_AFTER), proven_by="failover-over-10s")
    assert look_at(skipped, 2) == "violated by analysis: failover-over-10s, not run; line 2 above"
    assert look_at(skipped) == "violated by analysis: failover-over-10s, not run"
    checked = trial("config-x", advice(DOWN_AFTER, "configuration"), reasons=["one", "two", "three"])
    assert look_at(checked, 1) == "line 1 above, and 2 more findings"
    assert look_at(trial("a", advice(DOWN_AFTER)), 1) == "it took too long"

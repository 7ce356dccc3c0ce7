"""Run folders that lost files on their way: refused by the file that is missing, and never a deployment that lost writes."""

import os
import shutil
from pathlib import Path

import pytest

from jsquared.check.judge import judge
from jsquared.errors import BadInputError
from jsquared.records import history as h
from jsquared.records.event_types import Phase
from jsquared.records.events import append_event
from jsquared.records.plan import Workload
from jsquared.records.run_directory import RunDirectory
from support.record_plan import objective
from support.records import Story
from support.sample_run import write_live

BEGAN, READ = "is missing, though the load began", "is missing, though it was read back"


def story() -> Story:
    """Unique writes and operations with a model, all there at the end."""
    told = Story(objectives=[objective("lost_writes", 0, "writes")], workload=Workload(operations_per_s=100))
    told.load()
    told.writes("client-1", "redis-n1", 0, 1000)
    told.gives("client-1", "redis-n1", 0, 1000)
    told.finish("redis-n1", settle_ms=1000, end_ms=1500)
    return told


@pytest.fixture
def whole(tmp_path: Path) -> RunDirectory:
    """The folder of a trial that ran to its end."""
    return story().write(tmp_path / "run")


@pytest.fixture
def killed(whole: RunDirectory) -> RunDirectory:
    """The same, killed when everything was read back: its histories are still live."""
    record = whole.load()
    write_live(record.operations, [whole.operations_file("client-1")])
    for node, found in record.operations.found.items():
        whole.write_found("client-1", node, found)
    write_live(record.modelled, [whole.modelled_file("client-1")], h.WITH_REPLIES)
    whole.parquet_file.unlink()
    whole.modelled_parquet_file.unlink()
    cut(whole, '"done"')
    return whole


def cut(run: RunDirectory, word: str) -> None:
    """End the events before the first one with this word."""
    text = run.events_file.read_text()
    run.events_file.write_text(text[: text.rindex("\n", 0, text.index(word)) + 1])


def refused(run: RunDirectory, where: Path, words: str) -> None:
    """It is refused in one line that names the file."""
    with pytest.raises(BadInputError) as caught:
        run.load()
    assert str(caught.value) == f"{where}: {words}. Try: another run folder; this one is damaged"


def test_whole_folders_are_read(whole: RunDirectory) -> None:
    """Nothing is missing in them."""
    record = whole.load()
    assert judge(record).outcome != "violated"
    assert len(record.modelled) == 100


def test_killed_folders_are_read_with_what_they_have(killed: RunDirectory) -> None:
    """At whatever moment that was: what comes later need not be there."""
    record = killed.load()
    assert judge(record).outcome == "inconclusive"
    assert len(record.operations) == 500
    shutil.rmtree(killed.contents_dir)
    cut(killed, '"contents"')
    assert killed.load().contents == {}
    for path in killed.history_dir.glob("*.found"):
        path.unlink()
    cut(killed, '"dataset"')
    assert len(killed.load().operations) == 500
    cut(killed, '"load"')
    for path in killed.history_dir.iterdir():
        path.unlink()
    assert len(killed.load().operations) == 0


def test_one_killed_between_its_two_histories_is_read(killed: RunDirectory) -> None:
    """The operations with a model are whole already, the unique writes still live."""
    live = {path: path.read_bytes() for path in killed.history_dir.iterdir()}
    append_event(killed.events_file, Phase("done"))
    killed.finish_history()
    killed.parquet_file.unlink()
    killed.history_dir.mkdir()
    for path, data in live.items():
        if path.name != "client-1.operations.ops":
            path.write_bytes(data)
    assert len(killed.load().operations) == 500


def test_operations_are_kept_where_there_were_none(killed: RunDirectory) -> None:
    """So that a file that is missing was lost."""
    append_event(killed.events_file, Phase("done"))
    h.HistoryWriter(killed.modelled_file("client-1"), 0, h.WITH_REPLIES).close()
    killed.finish_history()
    assert len(killed.load().modelled) == 0
    killed.modelled_parquet_file.unlink()
    refused(killed, killed.modelled_parquet_file, BEGAN)


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("history.parquet", BEGAN),
        ("operations.parquet", BEGAN),
        ("contents/redis-n2.parquet", READ),
    ],
)
def test_a_file_that_a_whole_folder_lost_is_named(whole: RunDirectory, lost: str, words: str) -> None:
    """Without it the deployment would seem to have lost writes, or to have kept strange ones."""
    shutil.rmtree(whole.history_dir)
    (whole.path / lost).unlink()
    refused(whole, whole.path / lost, words)
    (whole.path / lost).symlink_to("nowhere")
    with pytest.raises(BadInputError, match=f"{lost}: is a link, which is not followed"):
        whole.load()


@pytest.mark.parametrize(
    ("lost", "words"),
    [
        ("history/client-1.ops", BEGAN),
        ("history/client-1.operations.ops", BEGAN),
        ("history/client-1.redis-n2.found", READ),
        ("contents/redis-n2.parquet", READ),
    ],
)
def test_a_file_that_a_killed_folder_lost_is_named(killed: RunDirectory, lost: str, words: str) -> None:
    """Clients make their histories before the load begins; what was read back is kept before the event that says so."""
    (killed.path / lost).unlink()
    refused(killed, killed.path / lost, words)
    (killed.path / lost).symlink_to("nowhere")
    with pytest.raises(BadInputError, match=f"{lost}: is a link, which is not followed"):
        killed.load()


def test_an_empty_history_is_none(killed: RunDirectory) -> None:
    """It has a header as soon as the load begins."""
    path = killed.operations_file("client-1")
    os.truncate(path, 0)
    refused(killed, path, BEGAN)


@pytest.mark.parametrize("word", ['"stand-up"', '"load"', '"settle"', '"read-back"', '"dataset"', '"done"'])
def test_events_that_end_before_the_history_was_made_are_refused(whole: RunDirectory, word: str) -> None:
    """It is made after the last of them."""
    cut(whole, word)
    refused(whole, whole.events_file, "is cut short: the trial ended, since there is its whole history")


@pytest.mark.parametrize("word", ['"load"', '"settle"', '"read-back"'])
def test_events_that_end_before_what_was_read_back_are_refused(killed: RunDirectory, word: str) -> None:
    """The read-back follows its own event."""
    cut(killed, word)
    words = "is cut short: the trial came to its read-back, since there is client-1.redis-n1.found"
    refused(killed, killed.events_file, words)

"""Runs to compare, from files and folders."""

from pathlib import Path

import msgspec
import pytest

from jsquared.errors import BadInputError
from jsquared.records.verdict import RunVerdict
from jsquared.service.compare import compare, read_run
from support.sample_run import sample_record, write_sample_run


def test_runs_are_read_from_files_and_folders(tmp_path: Path) -> None:
    """What run --json printed, a run folder and a folder of run folders are the same to compare."""
    folder = write_sample_run(tmp_path / "runs" / "crash", "crash").path
    file = tmp_path / "run.json"
    file.write_bytes(msgspec.json.encode(RunVerdict(outcome="pass", trials=[sample_record("crash", tmp_path)[1]])))
    names = [read_run(path).trials[0].scenario for path in (file, folder, tmp_path / "runs")]
    assert names == ["primary-crash"] * 3


@pytest.mark.parametrize("content", [None, b"{", b"[]", b"\xff"])
def test_what_is_no_run_is_refused(content: bytes | None, tmp_path: Path) -> None:
    """A missing or foreign file is refused with one line that names it."""
    file = tmp_path / "run.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInputError, match=r"not the output|unreadable"):
        read_run(file)
    with pytest.raises(BadInputError, match="no run folder"):
        read_run(tmp_path)


def test_a_run_is_not_worse_than_itself(tmp_path: Path) -> None:
    """Every objective is the same, so the whole is."""
    folder = write_sample_run(tmp_path / "crash", "crash").path
    comparison = compare(folder, folder)
    assert comparison.outcome == "not worse"
    assert {difference.change for difference in comparison.differences} <= {"same", "gone"}


def test_a_loss_is_worse(tmp_path: Path) -> None:
    """One objective that got worse is enough."""
    old, new = (write_sample_run(tmp_path / sample, sample).path for sample in ("crash", "split-brain"))
    renamed = read_run(new)
    renamed.trials[0].scenario = "primary-crash"
    file = tmp_path / "new.json"
    file.write_bytes(msgspec.json.encode(renamed))
    assert compare(old, file).outcome == "worse"

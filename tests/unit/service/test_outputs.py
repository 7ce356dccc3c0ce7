"""Looks before anything is started whether its results can be written."""

from pathlib import Path

import pytest

from jsquared.errors import RecordError
from jsquared.service import outputs
from jsquared.service.outputs import check_free_space, check_writable


def test_an_output_is_made_and_left_empty(tmp_path: Path) -> None:
    """The folder of the runs is there afterwards, and what was tried in it is gone."""
    check_free_space(tmp_path / "runs")
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less space than a trial may need is refused."""
    monkeypatch.setattr(outputs, "LEAST_FREE_BYTES", 1 << 62)
    with pytest.raises(RecordError, match="MiB free"):
        check_free_space(tmp_path)


def test_looking_whether_a_file_can_be_written_changes_nothing(tmp_path: Path) -> None:
    """A file that is there keeps its text, one that is not does not appear."""
    file = tmp_path / "junit.xml"
    check_writable(file)
    assert not file.exists()
    file.write_text("old")
    check_writable(file)
    assert file.read_text() == "old"
    with pytest.raises(RecordError):
        check_writable(tmp_path)

"""The generator of reference pages, on a few pages: what it writes, what it takes away, and what it makes of corner cases."""

from pathlib import Path

import pytest

from jsquared.cli import reference, reference_faults
from jsquared.cli.reference_cells import cell, table
from jsquared.faults.catalogue import FAULTS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for two generated pages and one written by hand."""
    monkeypatch.setattr(reference, "PAGES", {"cli.md": lambda: "Words.\n", "faults/kill.md": lambda: "Kill.\n"})
    monkeypatch.setattr(reference, "TABLES", {"history.md": {"columns": lambda: "| a |\n"}})
    (tmp_path / "history.md").write_text("By hand.\n<!-- generated: columns -->\nold\n<!-- end -->\n")
    return tmp_path


def test_pages_are_written_and_those_of_nothing_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of a fault that there no longer is goes; a table is filled in, and the text around it stays."""
    (folder / "faults").mkdir()
    (folder / "faults" / "gone.md").write_text("Gone.\n")
    assert reference.main(["--check", str(folder)]) == 1
    named = [line.split(": ")[0].removeprefix(f"{folder}/") for line in capsys.readouterr().out.splitlines()]
    assert named == ["cli.md", "faults/kill.md", "history.md", "faults/gone.md"]
    assert reference.main([str(folder)]) == 0
    assert reference.main(["--check", str(folder)]) == 0
    assert not (folder / "faults" / "gone.md").exists()
    assert (folder / "cli.md").read_text() == f"{reference.NOTE}Words.\n"
    written = (folder / "history.md").read_text()
    assert written == "By hand.\n<!-- generated: columns -->\n\n| a |\n\n<!-- end -->\n"


def test_a_fault_without_a_scenario_says_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is listed that does not use it."""
    assert "- [primary-crash](../scenarios/primary-crash.md): " in reference_faults.fault_page(FAULTS["kill"])
    monkeypatch.setattr(reference_faults, "SCENARIOS", {})
    assert "In no scenario of the catalogue" in reference_faults.fault_page(FAULTS["kill"])


def test_a_cell_stays_one_cell() -> None:
    """Line ends and bars would end it."""
    assert cell("a | b\n  c") == "a \\| b c"
    assert list(table(["x", "y"], [["1", "2"]])) == ["| x | y |", "| --- | --- |", "| 1 | 2 |"]

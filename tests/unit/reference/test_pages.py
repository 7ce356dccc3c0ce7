"""The generator of reference pages, on a few pages: what it writes, what it takes away, and what it makes of corner cases."""

from pathlib import Path

import pytest

from jsquared.check.judge import WholeTrial
from jsquared.faults.catalogue import FAULTS
from jsquared.records.models.catalogue import MODELS
from jsquared.reference import check_pages, fault_pages, pages, planted_contents
from jsquared.reference.cells import cell, table


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for two generated pages and one written by hand."""
    monkeypatch.setattr(pages, "PAGES", {"cli.md": lambda: "Words.\n", "faults/kill.md": lambda: "Kill.\n"})
    monkeypatch.setattr(pages, "MAN_PAGES", {"jsquared.1": lambda: ".TH\n"})
    monkeypatch.setattr(pages, "TABLES", {"history.md": {"columns": lambda: "| a |\n"}})
    (tmp_path / "history.md").write_text("By hand.\n<!-- generated: columns -->\nold\n<!-- end -->\n")
    return tmp_path


def test_pages_are_written_and_those_of_nothing_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A page of a fault that there no longer is goes; a table is filled in, and the text around it stays."""
    (folder / "faults").mkdir()
    (folder / "faults" / "gone.md").write_text("Gone.\n")
    assert pages.main(["--check", str(folder)]) == 1
    named = [line.split(": ")[0].removeprefix(f"{folder}/") for line in capsys.readouterr().out.splitlines()]
    assert named == ["cli.md", "faults/kill.md", "jsquared.1", "history.md", "faults/gone.md"]
    assert pages.main([str(folder)]) == 0
    assert pages.main(["--check", str(folder)]) == 0
    assert not (folder / "faults" / "gone.md").exists()
    assert (folder / "cli.md").read_text() == f"{pages.NOTE}Words.\n"
    written = (folder / "history.md").read_text()
    assert written == "By hand.\n<!-- generated: columns -->\n\n| a |\n\n<!-- end -->\n"


def test_a_fault_without_a_scenario_says_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is listed that does not use it."""
    assert "- [primary-crash](../scenarios/primary-crash.md): " in fault_pages.fault_page(FAULTS["kill"])
    monkeypatch.setattr(fault_pages, "SCENARIOS", {})
    assert "In no scenario of the catalogue" in fault_pages.fault_page(FAULTS["kill"])


def test_a_page_of_a_new_check_begins_as_a_frame(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is written with its headings and what follows from the code; what is there is kept."""
    name = check_pages.CHECKS[1].page
    monkeypatch.setattr(pages, "TABLES", {name: check_pages.TABLES[name]})
    assert name in pages.outdated(folder)
    assert pages.main([str(folder)]) == 0
    written = (folder / name).read_text()
    assert written.startswith("# whole trial\n")
    assert str(WholeTrial.__doc__) in written
    assert all(f"\n## {heading}\n" in written for heading in check_pages.SECTIONS)
    (folder / name).write_text(f"{written}By hand.\n")
    assert name not in pages.outdated(folder)


def test_a_limit_is_a_constant_with_a_docstring() -> None:
    """Its value and its reason stand in the table; a check without any says so."""
    tables = {check.name: check_pages.limits_table(check) for check in check_pages.CHECKS}
    assert "| `outages.OUTAGE_FROM_MS` | 250 | A time without an acknowledgement" in tables["outages"]
    assert "_BATCH" not in tables["lost writes"]
    assert tables["static check"] == "None.\n"


def test_planted_steps_are_named_as_the_checker_names_them() -> None:
    """A step that is missing, came twice or came again, and what a later one covers."""
    counter, deletion = (next(model for model in MODELS if model.name == name) for name in ("counter", "deletion"))
    assert planted_contents.without(counter, 3) == "lost (3)"
    assert planted_contents.again_at_once(counter, 3) == "applied twice (3)"
    assert planted_contents.again_at_last(deletion, 1) == planted_contents.NOT_SEEN
    assert planted_contents.without(deletion, 7) == "resurrected (7)"
    assert (0, "it is gone", "lost (0 to 7)") in planted_contents.changed_keys(counter)


def test_a_cell_stays_one_cell() -> None:
    """Line ends and bars would end it."""
    assert cell("a | b\n  c") == "a \\| b c"
    assert list(table(["x", "y"], [["1", "2"]])) == ["| x | y |", "| --- | --- |", "| 1 | 2 |"]

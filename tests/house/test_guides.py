"""The pages that tell newcomers how to add something work as they stand: each is followed in a copy of the source tree."""

from pathlib import Path

import pytest

from support.guide import Guide

ADDED = {
    "add-a-fault.md": "writable-replica",
    "add-a-scenario.md": "replica-frozen",
    "add-an-analysis-rule.md": "replication-delayed",
}


@pytest.mark.parametrize("page", ADDED)
@pytest.mark.timeout(600)
def test_what_a_guide_adds_is_listed_documented_and_tested(page: str, tmp_path: Path) -> None:
    """Its files and changes fit the tree of today, the lab lists what they add, and the tests that it names pass."""
    guide = Guide.followed(page, tmp_path / "tree")
    kinds = {command.split()[0] for command in guide.commands}
    assert kinds == {"jsquared", "scripts/docs", "scripts/test"}
    for command in guide.commands:
        if command.startswith("jsquared run"):  # tests/live/test_guides.py
            continue
        done = guide.run(command)
        assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
        if command.startswith("jsquared"):
            assert ADDED[page] in done.stdout, command
    reference = (guide.tree / "docs" / "reference").rglob("*.md")
    assert any(ADDED[page] in file.read_text(encoding="utf-8") for file in reference)
    for check in ("ruff check", "ruff format --check"):
        done = guide.run(f"{check} {' '.join(guide.created)}")
        assert done.returncode == 0, done.stdout

"""The pages that tell newcomers how to add something work as they stand: they are followed in a copy of the source tree."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from support.guide import Guide, merged

ADDED = {
    "add-a-fault.md": "writable-replica",
    "add-a-scenario.md": "replica-frozen",
    "add-an-analysis-rule.md": "replication-delayed",
}


@pytest.fixture(scope="module")
def guides(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Guide]:
    """All pages, followed in one copy: the tests that they name look at the whole tree, and so take as long for one as for all."""
    tree = Guide.copied(tmp_path_factory.mktemp("guides") / "tree")
    return [Guide.followed(page, tree) for page in ADDED]


def test_what_a_guide_adds_needs_no_other_guide(guides: Sequence[Guide]) -> None:
    """No page names what another one adds, nor a module of it, so each works without the others although they share a copy."""
    for guide in guides:
        others = [other for other in guides if other is not guide]
        added = {ADDED[other.page.name] for other in others} | {
            Path(file).stem for other in others for file in other.created
        }
        assert [name for name in added if name in guide.page.read_text(encoding="utf-8")] == []


@pytest.mark.timeout(600)
def test_what_the_guides_add_is_listed_documented_and_tested(guides: Sequence[Guide]) -> None:
    """Their files and changes fit the tree of today, the lab lists what they add, and the tests that they name pass."""
    for guide in guides:
        kinds = {command.split()[0] for command in guide.commands}
        assert kinds == {"jsquared", "scripts/docs", "scripts/test"}
        for command in guide.commands:
            # tests/live/test_guides.py has the trials
            if command.startswith("jsquared") and not command.startswith("jsquared run"):
                assert ADDED[guide.page.name] in succeeds(guide, command), command
    shared = guides[0]
    for command in merged([command for guide in guides for command in guide.commands]):
        succeeds(shared, command)
    pages = [file.read_text(encoding="utf-8") for file in (shared.tree / "docs" / "reference").rglob("*.md")]
    assert [name for name in ADDED.values() if not any(name in page for page in pages)] == []
    created = " ".join(file for guide in guides for file in guide.created)
    for check in ("ruff check", "ruff format --check"):
        succeeds(shared, f"{check} {created}")


def succeeds(guide: Guide, command: str) -> str:
    """Run a command in the copy, and give what it prints."""
    done = guide.run(command)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def test_commands_for_the_same_tests_are_merged() -> None:
    """What is written once is run once; words for the same files are joined, and neither other files nor a trial are."""
    commands = [
        "scripts/docs",
        "scripts/test a.py -k one",
        "jsquared run x",
        "scripts/docs",
        "scripts/test b.py",
        "scripts/test a.py -k 'two or three'",
    ]
    assert merged(commands) == ["scripts/docs", "scripts/test a.py -k '(one) or (two or three)'", "scripts/test b.py"]

"""SECURITY.md: every requirement names tests that exist, and every kind of attacker has requirements."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)))
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", PAGE.partition("## Requirements")[2], re.MULTILINE)


@cache
def names_in(file: Path) -> set[str]:
    """The names of the tests in a file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_a_named_test_exists(file: str, name: str) -> None:
    """A requirement whose test was removed or renamed is not held any more."""
    assert (ROOT / file).is_file(), f"SECURITY.md names {file}"
    assert name in names_in(ROOT / file), f"SECURITY.md names {file}::{name}"


def test_every_requirement_has_a_test() -> None:
    """Every row of the tables of requirements names one at least, and nothing else."""
    requirements = [(what, held) for what, held in ROWS if what != "requirement" and not what.startswith("---")]
    assert len(requirements) > 15
    bare = [what for what, held in requirements if re.sub(r"`tests/[\w/]+\.py::\w+`|, ", "", held).strip()]
    assert bare == []


def test_every_attacker_has_requirements() -> None:
    """Servers, files, other users and web pages each have a table."""
    for kind in ("hostile servers", "hostile files", "other users", "web pages"):
        assert f"### Against {kind}" in PAGE


def test_the_links_lead_somewhere() -> None:
    """Every page that it links exists."""
    links = re.findall(r"\]\((?!https?:)([^)#]+)", PAGE)
    assert "docs/concepts/trust.md" in links
    assert [link for link in links if not (ROOT / link).is_file()] == []

"""Every check has a page that says what it looks at and which planted histories prove it; every kind of operation has a page."""

import re
from pathlib import Path

import pytest

from jsquared.check.judge import CHECKERS
from jsquared.records.models.catalogue import MODELS
from jsquared.records.models.model import Model
from jsquared.reference.check_pages import CHECKS, SECTIONS, Check

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
HOW = "Try: scripts/docs, then fill what it wrote; CONTRIBUTING.md says how under 'A checker'"
_MARKED = re.compile(r"<!-- generated: [\w-]+ -->.*?<!-- end -->", re.DOTALL)
_PLANTED = re.compile(r"`((?:unit|quality|contracts|live)/[\w/]+\.py)::(test_\w+)(?:\[(\w+)\])?`")
_NUMBER_WITH_UNIT = re.compile(r"\b(?!0 ms)\d[\d,.]* ?(?:(?:ms|s|times)\b|%)")


def text_of(check: Check) -> str:
    """The page of a check, as far as it is written by hand."""
    path = REFERENCE / check.page
    assert path.is_file(), f"docs/reference/{check.page} is missing. {HOW}"
    return _MARKED.sub("", path.read_text(encoding="utf-8"))


def sections_of(page: str) -> dict[str, str]:
    """What stands below each heading."""
    parts = re.split(r"^## (.+)$", page, flags=re.MULTILINE)[1:]
    return {heading: text.strip() for heading, text in zip(parts[::2], parts[1::2], strict=True)}


def name_of(check: Check) -> str:
    """A check's name as a test shows it."""
    return check.name


@pytest.mark.parametrize("check", CHECKS, ids=name_of)
def test_every_check_has_a_page(check: Check) -> None:
    """Each says what it looks at, violates, leaves open and does not see, under the same headings."""
    sections = sections_of(text_of(check))
    assert tuple(sections) == SECTIONS, f"docs/reference/{check.page}: its headings are not those of all. {HOW}"
    empty = [heading for heading, text in sections.items() if not text and heading != "Limits"]
    assert empty == [], f"docs/reference/{check.page}: nothing stands under {empty}. {HOW}"


@pytest.mark.parametrize("check", CHECKS, ids=name_of)
def test_every_check_names_what_proves_it(check: Check) -> None:
    """A page names a planted history that is caught and a clean one that passes, and every test that it names is there."""
    proofs = sections_of(text_of(check))["What proves it"]
    for word in ("- caught: ", "- clean: "):
        lines = [line for line in proofs.splitlines() if line.startswith(word)]
        assert any(map(_PLANTED.search, lines)), f"docs/reference/{check.page}: no '{word.strip()}' test. {HOW}"
    named = _PLANTED.findall(proofs)
    assert len(named) == proofs.count("`") // 2, f"docs/reference/{check.page}: a test is `folder/file.py::test_name`"
    missing = [f"{path}::{test}[{value}]" for path, test, value in named if not is_there(path, test, value)]
    assert missing == [], f"docs/reference/{check.page} names tests that there are not: {missing}"


def is_there(path: str, test: str, value: str) -> bool:
    """Whether a file below tests/ has a test of that name, and the parameter that is named."""
    file = ROOT / "tests" / path
    source = file.read_text(encoding="utf-8") if file.is_file() else ""
    return bool(re.search(rf"^def {test}\(", source, re.MULTILINE)) and bool(re.search(rf"\b{value}\b", source))


@pytest.mark.parametrize("check", CHECKS, ids=name_of)
def test_no_limit_is_written_by_hand(check: Check) -> None:
    """A number with a unit stands in the generated table, where it cannot become another one than the code's."""
    found = _NUMBER_WITH_UNIT.findall(text_of(check))
    assert found == [], f"docs/reference/{check.page}: give {found} a constant with a docstring instead"


def test_every_checker_is_among_the_checks() -> None:
    """What judges a record has a page."""
    assert {checker.name for checker in CHECKERS} <= {check.name for check in CHECKS}
    assert len({check.page for check in CHECKS}) == len(CHECKS)


def test_every_limit_of_a_check_is_on_its_page() -> None:
    """Constants with a docstring become rows: those that verdicts hang on are there, with their values."""
    page = (REFERENCE / "checks" / "service-as-usual.md").read_text(encoding="utf-8")
    assert "| `service_again.REFUSED_SHARE` | 0.01 |" in page
    assert "| `service_again.SLOWER_MS` | 50: 50, 99: 250 |" in page


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_kind_of_operation_has_a_page(model: Model) -> None:
    """Each kind has a generated page with its eight steps, and its model says what it is."""
    path = REFERENCE / "operations" / f"{model.name}.md"
    assert path.is_file(), f"docs/reference/operations/{model.name}.md is missing. Try: scripts/docs"
    assert type(model).__doc__, f"{type(model).__name__}: give it a docstring that says what it is"
    page = path.read_text(encoding="utf-8")
    assert all(f"\n| {step} | `" in page for step in range(8))
    assert f"(operations/{model.name}.md)" in (REFERENCE / "operations.md").read_text(encoding="utf-8")


def test_the_pages_find_what_is_wrong() -> None:
    """Of every kind at least one planted mistake is named on its page."""
    for model in MODELS:
        page = (REFERENCE / "operations" / f"{model.name}.md").read_text(encoding="utf-8")
        assert re.search(r"\| (lost|resurrected|applied twice|TTL lost)\b", page), model.name

"""Rules of the tree's text: no machine's paths or hosts in it, and links that lead somewhere."""

import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.unmeasured

ROOT = Path(__file__).parents[2]
GENERATED = {"runs", "dist", "htmlcov", "test-results", "__pycache__", "node_modules"}
FORBIDDEN = {
    # With groups that change nothing but keep this file from containing the words itself
    "a home folder": r"/(?:ro(?:ot)|ho(?:me)|Us(?:ers))/\w",
    "a machine's folder": r"(?<![\w.])/wo(?:rk)/|\.\./sha(?:red)\b",
    "a package index's host": r"py(?:pi)\.org|pythonho(?:sted)|registry\.npm(?:js)|(?:deb|security)\.debi(?:an)\.org",
    "a host that serves packages": r"archive\.ubun(?:tu)\.com|unp(?:kg)\.com|jsdel(?:ivr)|cdn(?:js)\.",
    "the workshop's tools": r"\bfa(?:rm)-[a-z]|\bissues sh(?:ow)\b",
}
NOT_ENGLISH = {
    "converged": r"\b(?:is|was|be|become|becomes|became|are|were) (?:not )?one (?:deployment )?aga(?:in)\b|\bnot one aga(?:in)\b",
    "considered down": r"\b(?:take|takes|taken|took|hold|holds|held) (?:it|the primary|a primary|the old primary) for (?:down)\b",
    "is not a valid": r"' is no (?:moment)\b",
    "ignored": r"\bare read (?:over)\b",
    "report what this machine lacks": r"What this machine (?:lacks), ",
    "belongs in": r"\bbelongs? (?:into)\b",
    "Shows the cost": r"\bAsked to sho(?:w) the cost\b",
    "the limit is 10 s plus": r"\bgran(?:ted) on top\b",
    "no failover is allowed": r"\b[Nn]obody may fa(?:il) over\b",
    "takes no action": r"\bkeeps? sti(?:ll) for the 30 s\b",
    "the bundled": r"\bthe Valkey that com(?:es) along\b",
    "are not affected": r"\bgo(?:es)? on as if noth(?:ing) was\b",
    "it is unknown what was lost": r"\bso nobo(?:dy) knows wh(?:at|ether)\b",
    "is not valid": r"' cannot be tha(?:t)\b",
    "takes no action in TILT": r"\bact(?:s)? on noth(?:ing)\b",
    "to distinguish from": r"\bcan(?:not)? be told from no(?:ne)\b",
    "logged": r"\bwrote into its lo(?:g)\b",
    "the server's own time": r"\bown word on what ti(?:me) it is\b",
    "no one is left": r"\bnobo(?:dy) is left on\b",
}
"""Phrases that native readers stop at, by what says the same; CONTRIBUTING.md shows some of them."""
NOT_ENGLISH_TO_USERS = {
    "forever, or never": r"\bfor ever\b",
    "keeps acknowledging": r"\bgo(?:es|ing)? on acknowledging\b",
    "mistakes them for one": r"\btakes? (?:them|it) for one\b",
    "there is no failover": r"\bnothing (?:ever )?fails over\b",
    "considers down": r"\bcall(?:s|ed|ing)? (?:it |the primary |a primary |a node )?down\b",
    "are reconfigured for the new primary": r"\bturn(?:s|ed)? (?:\w+ ){1,3}to (?:a|the) new primary\b",
    "is not a valid": r"' is no \w",
    "the requested share": r"\bthe share asked for (?:is|arrives)\b",
}
"""The same, where only sentences for users are held to it: pages that are written by hand, scenarios, findings and errors."""
TO_USERS = re.compile(
    r"README\.md|CHANGELOG\.md|docs/(?:concepts|guides|getting-started|decisions)/.*\.md"
    r"|src/jsquared/(?:scenarios?|analysis|cli|deployment|campaign|hunt|service|check|faults|observe|records|report|running)/(?!plan\.py).*\.(?:py|yaml)"
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#+\s+(.*?)\s*#*$", re.MULTILINE)


def tree() -> list[Path]:
    """Every file that belongs to the tree, without what tools generate."""
    top = [
        path
        for path in ROOT.iterdir()
        if path.name not in GENERATED
        and (not path.name.startswith(".") or path.name in {".ci", ".editorconfig", ".gitignore"})
    ]
    files = [file for path in top for file in (path.rglob("*") if path.is_dir() else [path])]
    return sorted(file for file in files if file.is_file() and not GENERATED.intersection(file.parts))


@cache
def texts() -> dict[Path, str]:
    """The text of every file of the tree, read once."""
    return {path: text_of(path) for path in tree()}


def name_of(path: Path) -> str:
    """The path as a test's name shows it."""
    return str(path.relative_to(ROOT))


def text_of(path: Path) -> str:
    """The file's text; empty for a binary."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def found_in_tree(pattern: str, files: re.Pattern[str] | None = None) -> list[str]:
    """Return where a pattern occurs in the files of the tree, or in those whose names fit a second one."""
    compiled = re.compile(pattern, re.MULTILINE)
    return [
        f"{name_of(path)}:{number}: {match.group()}"
        for path, text in texts().items()
        if (files is None or files.fullmatch(name_of(path))) and compiled.search(text)  # no file is split in vain
        for number, line in enumerate(text.splitlines(), 1)
        if (match := compiled.search(line))
    ]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_names(what: str) -> None:
    """No file of the tree names what holds on one machine only."""
    found = found_in_tree(FORBIDDEN[what])
    assert not found, f"{what}; say it in general words: {found}"


@pytest.mark.parametrize("better", NOT_ENGLISH)
def test_phrases_that_were_replaced_do_not_come_back(better: str) -> None:
    """Sentences use the words that native readers expect."""
    found = [place for place in found_in_tree(NOT_ENGLISH[better]) if not place.startswith("CONTRIBUTING.md:")]
    assert not found, f"say '{better}': {found}"


@pytest.mark.parametrize("better", NOT_ENGLISH_TO_USERS)
def test_phrases_that_were_replaced_for_users_do_not_come_back(better: str) -> None:
    """Sentences for users say what operators of Sentinel would say."""
    found = found_in_tree(NOT_ENGLISH_TO_USERS[better], TO_USERS)
    assert not found, f"say '{better}': {found}"


def _anchors(markdown: str) -> set[str]:
    """The anchors of a page's headings, as the usual renderers make them."""
    words = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(CODE.sub(_keep_inline, markdown)))
    return {heading.strip().replace(" ", "-") for heading in words}


def _keep_inline(match: re.Match[str]) -> str:
    return "" if match.group().startswith("```") else match.group().strip("`")


@pytest.mark.parametrize("page", [path for path in tree() if path.suffix == ".md"], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """Every link of a page to a file or heading of the tree resolves."""
    broken = []
    for groups in LINK.findall(CODE.sub("", text_of(page))):
        link = groups[0] or groups[1]
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        file = (page.parent / target).resolve() if target else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(text_of(file))):
            broken.append(link)
    assert not broken, f"{name_of(page)}: no such file or heading: {broken}"


def test_changelog_has_this_version() -> None:
    """CHANGELOG.md says what the current version brings, and the package agrees with pyproject.toml about its number."""
    version = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["version"]
    assert f'"{version}"' in text_of(ROOT / "src/jsquared/_version.py"), "set the same version in _version.py"
    assert (ROOT / "CHANGELOG.md").is_file(), "write CHANGELOG.md"
    headings = HEADING.findall(text_of(ROOT / "CHANGELOG.md"))
    assert any(version in heading for heading in headings), f"add a heading with {version} to CHANGELOG.md"


def test_decisions_are_numbered_and_complete() -> None:
    """Decision records are numbered without a gap, and each tells context, decision and consequences."""
    records = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1)), "number them without a gap"
    for record in records:
        headings = set(HEADING.findall(text_of(record)))
        missing = {"Context", "Decision", "Consequences"} - headings
        assert not missing, f"{name_of(record)}: add the sections {sorted(missing)}"

"""The documentation says what the code does: generated pages are current, and everything a user can name is written about."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from jsquared.cli.main import app
from jsquared.cli.reference import PAGES, outdated
from jsquared.faults.catalogue import FAULTS
from jsquared.records.history import ERROR_NAMES, OUTCOME_NAMES
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.topology.load import SHIPPED

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
WRITTEN = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "ARCHITECTURE.md"])
_SHOWN_COMMAND = re.compile(r"^\s*(?:\$ )?(?:scripts/run|jsquared) (?P<words>.*)$", re.MULTILINE)


def test_generated_pages_are_current() -> None:
    """The reference pages are what scripts/docs writes now."""
    assert outdated(REFERENCE) == [], "out of date. Try: scripts/docs"


@pytest.mark.parametrize("name", [*SCENARIOS, *FAULTS, *SHIPPED, *COMMANDS])
def test_everything_with_a_name_is_documented(name: str) -> None:
    """Every scenario, fault, deployment and command has a heading in the reference."""
    pages = [(REFERENCE / page).read_text(encoding="utf-8") for page in PAGES]
    assert any(re.search(rf"^## (jsquared )?{re.escape(name)}$", page, re.MULTILINE) for page in pages)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command: str) -> None:
    """Every option of every command is in the command-line reference."""
    page = (REFERENCE / "cli.md").read_text(encoding="utf-8")
    section = page.partition(f"## jsquared {command}\n")[2].partition("\n## ")[0]
    for parameter in COMMANDS[command].params:
        for option in parameter.opts:
            assert not option.startswith("--") or f"`{option}" in section, f"{command} {option}"


@pytest.mark.parametrize("name", [name for name in (*ERROR_NAMES, *OUTCOME_NAMES) if name])
def test_every_outcome_and_error_of_an_operation_is_documented(name: str) -> None:
    """What a history can say of an operation is explained on its page."""
    assert name in (REFERENCE / "history.md").read_text(encoding="utf-8")


def test_every_kind_of_event_is_documented() -> None:
    """Every kind of event that the sources add is on the page of the run folder."""
    kinds = set()
    for source in (ROOT / "src" / "jsquared").rglob("*.py"):
        text = source.read_text(encoding="utf-8")
        kinds |= set(re.findall(r"events\.add\(\s*[\w\".\[\]]+,\s*\"([a-z-]+)\"", text))
    page = (REFERENCE / "run-folder.md").read_text(encoding="utf-8")
    assert kinds
    assert [kind for kind in sorted(kinds) if f"`{kind}`" not in page] == []


@pytest.mark.parametrize("page", WRITTEN, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_shown_exist(page: Path) -> None:
    """Every command line that a page shows names a command and options that exist."""
    for block in re.findall(r"```(?:sh|bash|console|shell)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        for match in _SHOWN_COMMAND.finditer(block):
            words = shlex.split(match["words"].partition(" #")[0].partition(" >")[0].partition(" |")[0])
            if not words or words[0].startswith(("-", "…")):
                continue
            command = COMMANDS.get(words[0])
            assert command is not None, f"{page.name}: no command {words[0]!r}"
            known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
            used = {word.partition("=")[0] for word in words if word.startswith("--")}
            assert used <= known, f"{page.name}: {used - known}"

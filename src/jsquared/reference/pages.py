"""The reference pages that follow from the code: ``python -m jsquared.reference.pages [--check] FOLDER`` (or scripts/docs).

Commands and options, scenarios, faults, deployments and operations are described once, where they are defined; these pages only
arrange it.
Other pages are written by hand but for tables between two marks, ``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jsquared.cli.deployments import describe_deployment
from jsquared.cli.main import command_line
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import shipped_deployments
from jsquared.faults.catalogue import FAULTS
from jsquared.records.models.catalogue import MODELS
from jsquared.reference import (
    advisory_page,
    alert_pages,
    audit_pages,
    check_pages,
    event_page,
    fault_pages,
    history_page,
    log_timeline_tables,
    man_page,
    operation_pages,
    scenario_pages,
    settings_page,
)
from jsquared.reference.cells import cell
from jsquared.scenarios.catalogue import SCENARIOS

NOTE = "<!-- Generated from the code by scripts/docs: change the code, then run it. -->\n"


def cli_page() -> str:
    """Every command with its options, defaults and examples."""
    group = command_line()
    context = group.make_context("jsquared", [], resilient_parsing=True)
    summary = (group.help or "").partition("\n")[0].strip()
    parts = ["# Command line\n", f"{summary}\n", COMMAND_INTRODUCTION, *_parameters(group, context)]
    for name, command in commands(group).items():
        parts += [f"## jsquared {name}\n", f"{_with_examples(command.help or '')}\n", *_parameters(command, context)]
    return "\n".join(parts)


def commands(group: Any, words: str = "") -> dict[str, Any]:
    """Return all commands by what is typed, those of groups by two words."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inside = hasattr(command, "commands")
        found |= commands(command, f"{words}{name} ") if inside else {f"{words}{name}": command}
    return found


COMMAND_INTRODUCTION = """In a checkout, `scripts/run ARGUMENTS…` is `jsquared ARGUMENTS…`. How a command ends: [exit codes](exit-codes.md).
"""


def _with_examples(text: str) -> str:
    """A command's help with its example command lines as one block of shell."""
    lines = [re.sub(r"^Examples?:\s*", "", line.strip()) for line in text.strip().splitlines()]
    examples = [line for line in lines if line.startswith("jsquared ")]
    words = "\n".join(line for line in lines if line not in examples).strip()
    return "\n".join([re.sub(r"\n{3,}", "\n\n", words), "", "```sh", *examples, "```"]) if examples else words


def _parameters(command, context) -> Iterator[str]:  # type: ignore[no-untyped-def]
    rows = [record for parameter in command.params if (record := parameter.get_help_record(context))]
    yield "| option | meaning |\n| --- | --- |"
    for names, meaning in rows:
        yield f"| `{cell(names)}` | {cell(meaning)} |"
    yield ""


def deployments_page() -> str:
    """Every shipped deployment with its file."""
    head = [
        "# Shipped deployments\n",
        "Your own is a file like these, or a folder: [deployment-yaml.md](deployment-yaml.md).\n",
    ]
    return "\n".join([*head, *(_deployment(deployment) for deployment in shipped_deployments())])


def _deployment(deployment: Deployment) -> str:
    facts = describe_deployment(deployment)
    [text] = deployment.input_files.values()
    shown = ("data_nodes", "sentinels", "quorum", "down_after_ms", "failover_timeout_ms", "majority_ack")
    values = "; ".join(f"{name.replace('_', ' ')} {facts[name]}" for name in shown)
    return f"## {deployment.name}\n\n{deployment.description}\n\n{values}\n\n```yaml\n{text.strip()}\n```\n"


PAGES: dict[str, Callable[[], str]] = {
    "cli.md": cli_page,
    "scenarios.md": scenario_pages.index_page,
    "known-ways.md": scenario_pages.known_ways_page,
    "faults.md": fault_pages.index_page,
    "deployments.md": deployments_page,
    "checks.md": check_pages.index_page,
    "settings.md": settings_page.page,
    "advisories.md": advisory_page.page,
    "alerts.md": alert_pages.page,
    "security-rules.md": audit_pages.page,
    "operations.md": operation_pages.index_page,
    **{f"scenarios/{s.name}.md": partial(scenario_pages.scenario_page, s) for s in SCENARIOS.values()},
    **{f"faults/{fault.name}.md": partial(fault_pages.fault_page, fault) for fault in FAULTS.values()},
    **{f"operations/{model.name}.md": partial(operation_pages.model_page, model) for model in MODELS},
}
MAN_PAGES: dict[str, Callable[[], str]] = {"jsquared.1": man_page.page}
TABLES: dict[str, Mapping[str, Callable[[], str]]] = {
    "history.md": history_page.TABLES,
    "run-folder.md": event_page.TABLES,
    "timeline.md": log_timeline_tables.TABLES,
    **check_pages.TABLES,
}
FRAMES = check_pages.FRAMES
"""What a page written by hand begins as, by its file name."""
_TABLE = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """A page written by hand with its generated tables as they are now.

    :raises KeyError: the page asks for a table that there is not.
    """
    return _TABLE.sub(lambda match: f"{match[1]}\n{tables[match['name']]()}\n{match[3]}", text)


def current(folder: Path) -> dict[str, str]:
    """Every page that follows from the code, wholly or in part, as it should be now: file name to text."""
    whole = {name: NOTE + page() for name, page in PAGES.items()}
    whole |= {name: man_page.NOTE + page() for name, page in MAN_PAGES.items()}
    partly = {name: _text(folder / name) or FRAMES.get(name, "") for name in TABLES}
    return whole | {name: filled(text, TABLES[name]) for name, text in partly.items()}


def outdated(folder: Path) -> list[str]:
    """The pages in a folder that differ from what the code says, and those of what there no longer is."""
    now = current(folder)
    return [*(name for name, text in now.items() if _text(folder / name) != text), *_stray(folder, now)]


def _stray(folder: Path, now: Mapping[str, str]) -> list[str]:
    pages = (path.relative_to(folder).as_posix() for path in folder.glob("*/*.md"))
    return sorted(name for name in pages if name not in now)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name those that are out of date and give exit code 1."""
    folder = Path(arguments[-1])
    if arguments[0] == "--check":
        names = outdated(folder)
        sys.stdout.write("".join(f"{folder / name}: out of date. Try: scripts/docs\n" for name in names))
        return 1 if names else 0
    now = current(folder)
    for name in _stray(folder, now):
        (folder / name).unlink()
    for name, text in now.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return 0

"""The reference pages that follow from the code: ``python -m jsquared.cli.reference [--check] FOLDER`` (or scripts/docs).

Commands and options, scenarios, faults and deployments are described once, where they are defined; these pages only arrange it.
Other pages are written by hand but for tables between two marks, ``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import typer

from jsquared.cli import reference_history
from jsquared.cli.catalogues import describe_deployment
from jsquared.cli.main import app
from jsquared.faults.catalogue import FAULTS
from jsquared.faults.fault import Fault
from jsquared.faults.targets import WORDS
from jsquared.records.plan import Engine, Plan, Workload
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.scenarios.scenario import Scenario
from jsquared.topology.load import load_deployment, shipped_deployments
from jsquared.topology.spec import Deployment
from jsquared.trial.plan import assemble

NOTE = "<!-- Generated from the code by scripts/docs: change the code, then run it. -->\n"


def cli_page() -> str:
    """Every command with its options, defaults and examples."""
    group = typer.main.get_command(app)
    context = group.make_context("jsquared", [], resilient_parsing=True)
    summary = (group.help or "").partition("\n")[0].strip()
    parts = ["# Command line\n", f"{summary}\n", COMMAND_INTRODUCTION, *_parameters(group, context)]
    for name, command in group.commands.items():  # type: ignore[attr-defined]
        parts += [f"## jsquared {name}\n", f"{_with_examples(command.help or '')}\n", *_parameters(command, context)]
    return "\n".join(parts)


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
        yield f"| `{_cell(names)}` | {_cell(meaning)} |"
    yield ""


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def scenarios_page() -> str:
    """Every scenario with its faults and its limits on ``reference``."""
    parts = [
        "# Scenarios\n",
        (
            "What each scenario breaks, what it asks for and why that is fair. Limits are those for the deployment "
            "`reference` at its majority level; on other deployments they follow from who is left "
            "([what can be promised](../concepts/what-can-be-promised.md)). What each fault does: [faults](faults.md).\n"
        ),
        (
            "Suites: `quick` says most in a minute; `standard` is what a sound deployment must pass, and `reference` does; `full` also has "
            "what no setting of Sentinel survives, so there *violated* is the expected outcome of `reference` for some.\n"
        ),
        (
            "Moments: *after load* counts from the clients' first write, *after injection* from this fault's own beginning, *after* a "
            "fault's name from that one's, and *after recovery* from when writes had come back while the faults last, or from when the "
            "trial's limit for that had passed.\n"
        ),
    ]
    return "\n".join([*parts, *(_scenario(scenario) for scenario in SCENARIOS.values())])


def _scenario(scenario: Scenario) -> str:
    plan = example_plan(scenario)
    expected = ", ".join(f"`{name}` {outcome}" for name, outcome in scenario.expected.items())
    lines = [
        f"## {scenario.name}\n",
        f"**{scenario.title}.** {scenario.description}\n",
        f"{scenario.why_fair}\n",
        f"- run it: `jsquared run {scenario.name}`",
        f"- suites: {', '.join(scenario.suites)}; tags: {', '.join(scenario.tags)}; needs: {', '.join(sorted(scenario.needs))}",
        f"- expected: {expected}\n",
        "| fault | what | targets | begins | heals |\n| --- | --- | --- | --- | --- |",
    ]
    for fault in plan.faults:
        what = fault.name + "".join(f" {name}={value}" for name, value in fault.parameters.items())
        lines.append(f"| `{fault.id}` | {what} | {', '.join(fault.targets)} | {fault.start} | {fault.heal} |")
    lines.append("\n| objective | limit | why it is fair |\n| --- | --- | --- |")
    for objective in plan.objectives:
        whom = f" ({', '.join(objective.clients)})" if objective.clients else ""
        lines.append(
            f"| {objective.name}{whom} | {objective.limit:,.0f} {objective.unit} | {_cell(objective.reason)} |"
        )
    return "\n".join([*lines, ""])


def example_plan(scenario: Scenario) -> Plan:
    """The plan of a scenario on ``reference``, made without running anything."""
    return assemble(
        scenario.outline(),
        deployment=load_deployment("reference"),
        engine=Engine(name="valkey", version="9.1.2", path="valkey-server"),
        sandbox=NamespacesSandbox(),
        ack=None,
        workload=Workload(),
        seed=1,
        command=(),
    )


def faults_page() -> str:
    """Every fault with its parameters, evidence and undo, and the words for targets."""
    targets = ", ".join(f"`{word}`" for word in WORDS)
    head = [
        "# Faults\n",
        f"Targets are resolved when a fault is injected: {targets}, or a node's name such as `redis-n1`.\n",
    ]
    return "\n".join([*head, *(_fault(fault) for fault in FAULTS.values())])


def _fault(fault: Fault) -> str:
    lines = [
        f"## {fault.name}\n",
        f"{fault.description}\n",
        f"- needs: {', '.join(sorted(fault.needs))}",
        f"- shows that it bit: {fault.evidence}",
        f"- undo: {fault.undo}\n",
    ]
    if fault.parameters:
        lines.append("| parameter | default | meaning |\n| --- | --- | --- |")
    for parameter in fault.parameters:
        choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
        lines.append(f"| `{parameter.name}` | `{parameter.default!r}` | {_cell(parameter.meaning)}{choices} |")
    return "\n".join(lines).rstrip() + "\n"


def deployments_page() -> str:
    """Every shipped deployment with its file."""
    head = [
        "# Shipped deployments\n",
        "Yours is a file like these or a folder: [deployment-yaml.md](deployment-yaml.md).\n",
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
    "scenarios.md": scenarios_page,
    "faults.md": faults_page,
    "deployments.md": deployments_page,
}
TABLES: dict[str, Mapping[str, Callable[[], str]]] = {"history.md": reference_history.TABLES}
_TABLE = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str, tables: Mapping[str, Callable[[], str]]) -> str:
    """A page written by hand with its generated tables as they are now.

    :raises KeyError: the page asks for a table that there is not.
    """
    return _TABLE.sub(lambda match: f"{match[1]}\n{tables[match['name']]()}\n{match[3]}", text)


def current(folder: Path) -> dict[str, str]:
    """Every page that follows from the code, wholly or in part, as it should be now: file name to text."""
    whole = {name: NOTE + page() for name, page in PAGES.items()}
    return whole | {name: filled(_text(folder / name), tables) for name, tables in TABLES.items()}


def outdated(folder: Path) -> list[str]:
    """The pages in a folder that differ from what the code says."""
    return [name for name, text in current(folder).items() if _text(folder / name) != text]


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name those that are out of date and give exit code 1."""
    folder = Path(arguments[-1])
    if arguments[0] == "--check":
        names = outdated(folder)
        sys.stdout.write("".join(f"{folder / name}: out of date. Try: scripts/docs\n" for name in names))
        return 1 if names else 0
    for name, text in current(folder).items():
        (folder / name).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

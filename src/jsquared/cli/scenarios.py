"""``jsquared scenarios``: what there is to run."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import typer

from jsquared.analysis.analysis import RULES
from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_deployments, complete_scenarios, complete_suites
from jsquared.cli.listing import Part, is_name, print_entry, print_rows, search
from jsquared.cli.options import (
    JsonFlag,
    NeedsOption,
)
from jsquared.cli.output import print_json, print_text
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from jsquared.records.plan import PlannedFault, PlannedObjective
from jsquared.report.words import objective_name, quantity
from jsquared.sandbox.capability import Capability
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.catalogue import SCENARIOS, scenario_named, suite_named
from jsquared.scenarios.scenario_file import file_of, to_yaml
from jsquared.text import did_you_mean


@takes_allowed()
def scenarios(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO|WORD]...",
            help="A scenario to show whole, or words to search for.",
            autocompletion=complete_scenarios,
        ),
    ] = None,
    suite: Annotated[
        str,
        typer.Option(help="Only those of a suite: quick, standard, full or alerts.", autocompletion=complete_suites),
    ] = "",
    tag: Annotated[str, typer.Option(help="Only those with a tag, e.g. partition, or a known way.")] = "",
    needs: NeedsOption = None,
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Print it as a file for 'jsquared run FILE', to edit and run.")
    ] = False,
    deployment: Annotated[
        str,
        typer.Option(
            help="For one scenario: the deployment to calculate times and limits for.",
            autocompletion=complete_deployments,
        ),
    ] = "reference",
    *,
    allowed: Allowed,
    as_json: JsonFlag = False,
) -> None:
    """List the scenarios; with a name, show what it breaks, why its limits are fair and which deployments pass it.

    Examples:

    jsquared scenarios --suite quick

    jsquared scenarios failover

    jsquared scenarios primary-hang

    jsquared scenarios primary-hang --yaml
    """
    given = words or []
    if as_yaml:
        chosen = [scenario_named(word) for word in given]
        print_text(yaml_of(chosen, deployment, allowed))
        return
    found = _matching(search(given, SCENARIOS, _text, what="scenario", command="scenarios"), suite, tag, needs)
    if as_json:
        print_json([describe_scenario(scenario) for scenario in found])
    elif is_name(given, SCENARIOS) and found:
        _show(found[0], deployment, allowed)
    else:
        rows = [
            [scenario.name, _first_suite(scenario), f"{scenario.title}: {scenario.description}"] for scenario in found
        ]
        print_rows(
            ["scenario", "suite", "what happens"],
            rows,
            "jsquared scenarios NAME shows one whole; jsquared run NAME runs it. --suite, --tag, --needs and words narrow the list.",
        )


def _text(scenario: Scenario) -> str:
    return " ".join((scenario.title, scenario.description, scenario.why_fair, *scenario.tags))


def _first_suite(scenario: Scenario) -> str:
    return "static" if scenario.rules else scenario.suites[0]


def _matching(found: Sequence[Scenario], suite: str, tag: str, needs: Capability | None) -> list[Scenario]:
    """Those of them that the options choose.

    :raises BadInputError: no such suite or tag, or nothing is left.
    """
    members = suite_named(suite) if suite else found
    tags = sorted({each for scenario in SCENARIOS.values() for each in scenario.tags})
    if tag and tag not in tags:
        raise BadInputError(
            "no such tag", where=f"--tag {tag}", hint=did_you_mean(tag, tags, most=3, otherwise="crash")
        )
    left = [
        scenario
        for scenario in found
        if scenario in members and (not tag or tag in scenario.tags) and (needs is None or needs in scenario.needs)
    ]
    if not left:
        raise BadInputError("no scenario fits all of it", where="jsquared scenarios", hint="fewer options")
    return left


def _show(scenario: Scenario, deployment: str, allowed: Allowed) -> None:
    parts: list[Part] = [
        ("", scenario.description),
        ("why fair", scenario.why_fair),
        *_details(scenario, deployment, allowed),
        ("needs", ", ".join(sorted(scenario.needs)) or "nothing, not even a server"),
        ("suites", ", ".join(scenario.suites)),
        ("tags", ", ".join(scenario.tags)),
        ("expected", [f"{name}: {outcome}" for name, outcome in scenario.expected.items()]),
    ]
    given = "" if deployment == "reference" else f" --deployment {deployment}"
    print_entry(scenario.name, scenario.title, parts, f"jsquared run {scenario.name}{given}")


def _details(scenario: Scenario, deployment: str, allowed: Allowed) -> Iterator[Part]:
    """The rules of a static check; else the schedule and the limits, worked out for a deployment that can have it."""
    if scenario.rules:
        yield "rules", [f"{name}: {RULES[name].about}" for name in scenario.rules]
        return
    try:
        file = file_of(scenario, load_deployment(deployment, allowed))
    except BadInputError as problem:
        yield "on", f"{deployment}: not possible, {problem.what}"
        return
    yield "on", f"{deployment}; --deployment works it out for another"
    yield "breaks", [_fault(fault) for fault in file.faults]
    yield "limits", [_limit(objective) for objective in file.objectives or ()]


def _fault(fault: PlannedFault) -> str:
    given = "".join(f" {name}={value}" for name, value in fault.parameters.items())
    return f"{fault.name}{given} on {', '.join(fault.targets)}, {fault.start}, until {fault.heal}"


def _limit(objective: PlannedObjective) -> str:
    return f"{objective_name(objective.name)} at most {quantity(objective.limit, objective.unit)}: {objective.reason}"


def yaml_of(chosen: Sequence[Scenario], deployment: str, allowed: Allowed) -> str:
    """One scenario as a file, with every number worked out for a deployment.

    :raises BadInputError: not one scenario, one without faults, or one that the deployment cannot have.
    """
    if len(chosen) != 1:
        raise BadInputError("prints one scenario", where="--yaml", hint="jsquared scenarios primary-crash --yaml")
    [scenario] = chosen
    if scenario.rules:
        what = "is a static check: it breaks nothing, so there is no schedule to print"
        raise BadInputError(what, where=f"scenario '{scenario.name}'", hint="jsquared scenarios primary-crash --yaml")
    under_test = load_deployment(deployment, allowed)
    return to_yaml(file_of(scenario, under_test))


def describe_scenario(scenario: Scenario) -> dict[str, Any]:
    """A scenario as ``scenarios --json`` shows it."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "why_fair": scenario.why_fair,
        "tags": list(scenario.tags),
        "needs": sorted(scenario.needs),
        "suites": list(scenario.suites),
        "ack": "auto",
        "expected": scenario.expected,
    }

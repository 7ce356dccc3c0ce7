"""``jsquared known-ways``: the known ways to break Sentinel, and what covers each."""

from typing import Annotated, Any

import typer

from jsquared.analysis.analysis import RULES
from jsquared.cli.completion import complete_ways
from jsquared.cli.listing import Part, is_name, print_entry, print_rows, search
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json
from jsquared.scenarios.catalogue import SCENARIOS
from jsquared.scenarios.known_ways import SEVERITY, WAYS


def known_ways(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[WAY|WORD]...",
            help="A known way to show whole, or words to search for.",
            autocompletion=complete_ways,
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the known ways to break Sentinel; with a name, show what a sound and a bad deployment make of it, and what covers it.

    Examples:

    jsquared known-ways split-vote

    jsquared known-ways loss
    """
    given = words or []
    described = {name: describe_way(name) for name in WAYS}
    found = search(given, described, _text, what="known way", command="known-ways")
    if as_json:
        print_json(found)
    elif is_name(given, described):
        _show(found[0])
    else:
        rows = [[way["name"], way["severity"], f"{way['description']}: {way['shows']}"] for way in found]
        print_rows(
            ["known way", "at stake", "what happens: what a bad deployment shows"],
            rows,
            "jsquared known-ways NAME shows one whole, with its scenarios. Words narrow the list.",
        )


def describe_way(name: str) -> dict[str, Any]:
    """A known way as ``known-ways --json`` shows it."""
    way = WAYS[name]
    covering = [scenario for scenario in SCENARIOS.values() if name in scenario.tags]
    return {
        "name": name,
        "description": way.fault,
        "safe": way.safe,
        "shows": way.shows,
        "severity": SEVERITY[way.severity],
        "tags": [],
        "needs": sorted({need for scenario in covering for need in scenario.needs}),
        "scenarios": [scenario.name for scenario in covering],
        "rules": [rule.id for rule in RULES.values() if name in rule.ways],
    }


def _text(way: dict[str, Any]) -> str:
    return " ".join((way["description"], way["safe"], way["shows"], way["severity"], *way["scenarios"]))


def _show(way: dict[str, Any]) -> None:
    parts: list[Part] = [
        ("sound", way["safe"]),
        ("bad", way["shows"]),
        ("at stake", way["severity"]),
        ("scenarios", [f"{name}: {SCENARIOS[name].description}" for name in way["scenarios"]]),
        ("rules", [f"{name}: {RULES[name].about}" for name in way["rules"]]),
        ("needs", ", ".join(way["needs"])),
    ]
    print_entry(way["name"], way["description"], parts, f"jsquared run {' '.join(way['scenarios'])}")

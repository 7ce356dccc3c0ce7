"""The reference pages of faults: one a fault, and their index."""

from collections.abc import Iterator

from jsquared.faults.catalogue import FAULTS
from jsquared.faults.fault import Fault
from jsquared.reference.cells import cell, table
from jsquared.reference.scenario_pages import example_plan
from jsquared.scenario.targets import WORDS
from jsquared.scenarios.catalogue import SCENARIOS


def index_page() -> str:
    """All faults, and the words for targets."""
    targets = ", ".join(f"`{word}`" for word in WORDS)
    rows = [
        [f"[{fault.name}](faults/{fault.name}.md)", cell(fault.description), _needs(fault)] for fault in FAULTS.values()
    ]
    return "\n".join(
        [
            "# Faults\n",
            (
                "Each fault has a page with its parameters, the proof that it bit, its undo, and the scenarios that use "
                "it. `jsquared faults` lists which are available on this machine, and `jsquared faults NAME` says why one is not.\n"
            ),
            f"Targets are resolved when a fault is injected: {targets}, or a node's name such as `redis-n1`.\n",
            *table(["fault", "what it does", "needs"], rows),
            "",
        ]
    )


def _needs(fault: Fault) -> str:
    return ", ".join(sorted(fault.needs))


def fault_page(fault: Fault) -> str:
    """One fault: parameters, evidence, undo, and the scenarios that use it."""
    return "\n".join(
        [
            f"# {fault.name}\n",
            f"{fault.description}\n",
            *_parameters(fault),
            "## What to expect\n",
            f"- It counts as having bitten only if this was measured: {fault.evidence}",
            "- Otherwise the verdict is inconclusive: nothing was shown ([evidence](../../concepts/evidence.md)).",
            f"- Undo: {fault.undo}",
            f"- Needs: {_needs(fault)}. `jsquared faults` and `jsquared doctor` report what this machine lacks.\n",
            *_used_by(fault),
        ]
    )


def _parameters(fault: Fault) -> Iterator[str]:
    yield "## Parameters\n"
    rows = [
        [
            f"`{parameter.name}`",
            f"`{parameter.default!r}`",
            cell(parameter.meaning) + (f" ({', '.join(parameter.choices)})" if parameter.choices else ""),
        ]
        for parameter in fault.parameters
    ]
    if rows:
        yield from table(["parameter", "default", "meaning"], rows)
    yield "" if rows else "None.\n"


def _used_by(fault: Fault) -> Iterator[str]:
    users = [name for name in SCENARIOS if any(step.name == fault.name for step in example_plan(name)[1].faults)]
    yield "## Where it is used\n"
    for name in users:
        yield f"- [{name}](../scenarios/{name}.md): {SCENARIOS[name].description}"
    if not users:
        yield "In no scenario of the catalogue; only in scenario files and in schedules of `jsquared hunt`."
    yield ""

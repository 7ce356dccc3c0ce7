"""``jsquared faults``: what can be broken, and whether this machine can do it."""

from typing import Annotated, Any

import typer

from jsquared.cli.completion import complete_faults
from jsquared.cli.listing import Part, is_name, print_entry, print_rows, search
from jsquared.cli.options import JsonFlag, NeedsOption
from jsquared.cli.output import print_json
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import FAULTS
from jsquared.faults.fault import Fault, Parameter
from jsquared.sandbox.choose import lacking


def faults(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FAULT|WORD]...",
            help="A fault to show whole, or words to search for.",
            autocompletion=complete_faults,
        ),
    ] = None,
    needs: NeedsOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the faults and whether this machine has what each needs; with a name, show its parameters, its proof and its undo.

    Examples:

    jsquared faults --needs links

    jsquared faults restart-with-delay
    """
    given = words or []
    found = search(given, FAULTS, _text, what="fault", command="faults")
    found = [fault for fault in found if needs is None or needs in fault.needs]
    if not found:
        raise BadInputError("no fault fits all of it", where="jsquared faults", hint="fewer options")
    if as_json:
        print_json([_with_availability(fault) for fault in found])
    elif is_name(given, FAULTS):
        _show(found[0])
    else:
        rows = [[fault.name, "no" if unavailable_because(fault) else "yes", fault.description] for fault in found]
        print_rows(
            ["fault", "here", "what it does"],
            rows,
            "jsquared faults NAME shows one whole, and why it is not available here. --needs and words narrow the list.",
        )


def _text(fault: Fault) -> str:
    parameters = (f"{parameter.name} {parameter.meaning}" for parameter in fault.parameters)
    return " ".join((fault.description, fault.undo, fault.evidence, *fault.needs, *parameters))


def _show(fault: Fault) -> None:
    reason = unavailable_because(fault)
    parts: list[Part] = [
        ("", fault.description),
        ("parameters", [_parameter(parameter) for parameter in fault.parameters] or "none"),
        ("evidence", fault.evidence),
        ("undo", fault.undo),
        ("needs", ", ".join(sorted(fault.needs))),
        ("here", reason or "available"),
    ]
    print_entry(fault.name, "", parts, f"jsquared hunt --fault {fault.name}")


def _parameter(parameter: Parameter) -> str:
    choices = f" ({', '.join(parameter.choices)})" if parameter.choices else ""
    shown = str(parameter.default).lower() if isinstance(parameter.default, bool) else parameter.default
    return f"{parameter.name}={shown}: {parameter.meaning}{choices}"


def _with_availability(fault: Fault) -> dict[str, Any]:
    reason = unavailable_because(fault)
    return {**describe_fault(fault), "available": not reason, "unavailable_because": reason}


def unavailable_because(fault: Fault) -> str:
    """Why this machine cannot have a fault, with what would help; empty where it can."""
    missing = lacking()
    return "; ".join(
        f"no {capability}: {missing[capability].reason}" for capability in sorted(fault.needs) if capability in missing
    )


def describe_fault(fault: Fault) -> dict[str, Any]:
    """A fault as ``faults --json`` shows it."""
    return {
        "name": fault.name,
        "description": fault.description,
        "tags": [],
        "needs": sorted(fault.needs),
        "parameters": [
            {"name": p.name, "default": p.default, "meaning": p.meaning, "choices": list(p.choices)}
            for p in fault.parameters
        ],
        "aims": fault.aims,
        "usual_targets": list(fault.usual_targets),
        "undo": fault.undo,
        "evidence": fault.evidence,
    }

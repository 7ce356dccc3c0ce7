"""The pages of checks: their index, and what of each page follows from the code, its sentence and its limits.

What a check looks at and what it does not see is written by hand. A limit is a constant of a check's module, or of one that it builds on,
with its own docstring below it; so a page cannot give another number than the one that judges.
"""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import PurePosixPath
from types import ModuleType

from jsquared.check import (
    calm,
    confirmations,
    contradictions,
    explanation,
    fault_spans,
    lifetimes,
    loss_causes,
    loss_patterns,
    reachable,
    refusals,
    series,
    stand_up,
    static_check,
)
from jsquared.check.checker import Checker
from jsquared.check.ends import ProcessEnds
from jsquared.check.judge import CHECKERS
from jsquared.records import completeness
from jsquared.reference.cells import cell, table
from jsquared.workload import own_reads

SECTIONS = (
    "What it looks at",
    "Violated",
    "Inconclusive",
    "Only a fact",
    "Limits",
    "What it does not see",
    "What proves it",
)
"""The headings of every page, in order."""
_BUILDS_ON: Mapping[str, tuple[ModuleType, ...]] = {
    "lost writes": (loss_causes, loss_patterns, confirmations, fault_spans),
    "failover time": (refusals,),
    "operations with a model": (explanation, reachable, lifetimes, series),
    "the content of the nodes": (lifetimes, series),
    "stale reads": (own_reads, series),
    "replies": (calm, reachable, series),
    "leftovers": (series,),
    "orders": (series,),
    "whole trial": (completeness,),
}
"""The modules with further limits of a check, by its name."""


@dataclass(frozen=True)
class Check:
    """One check: its sentence is its class's, or its module's where it has no class."""

    name: str
    sentence: str
    modules: tuple[ModuleType, ...]

    @property
    def page(self) -> str:
        """The page's file below the reference."""
        return f"checks/{self.name.replace(' ', '-')}.md"


def _of_class(checker: Checker) -> Check:
    kind = type(checker)
    modules = (sys.modules[kind.__module__], *_BUILDS_ON.get(checker.name, ()))
    return Check(checker.name, inspect.cleandoc(kind.__doc__ or ""), modules)


def _of_module(module: ModuleType) -> Check:
    first = inspect.cleandoc(module.__doc__ or "").partition("\n\n")[0]
    return Check(module.__name__.rpartition(".")[2].replace("_", " "), first, (module,))


CHECKS: tuple[Check, ...] = (
    _of_class(ProcessEnds()),
    *map(_of_class, CHECKERS),
    *map(_of_module, (contradictions, static_check, stand_up)),
)
"""All checks in the order in which a record meets them."""


def index_page() -> str:
    """All checks, each with its sentence."""
    rows = [[f"[{check.name}]({check.page})", cell(check.sentence)] for check in CHECKS]
    return "\n".join(
        [
            "# Checks\n",
            (
                "The checks that judge every recorded trial, whatever its scenario. Each has a page with its inputs, the "
                "conditions for violated and inconclusive, its limits, its blind spots, and the planted histories that prove "
                "it. For an overview see [what is judged](../concepts/what-is-judged.md); for the objectives of "
                "scenarios, [what can be promised](../concepts/what-can-be-promised.md).\n"
            ),
            *table(["check", "in one sentence"], rows),
            "",
        ]
    )


def frame(check: Check) -> str:
    """A page that has not been written yet: its headings, and the marks of what is generated."""
    parts = [f"# {check.name}\n", "<!-- generated: sentence -->\n<!-- end -->\n"]
    for heading in SECTIONS:
        parts.append(f"## {heading}\n")
        if heading == "Limits":
            parts.append("<!-- generated: limits -->\n<!-- end -->\n")
    return "\n".join(parts)


def limits_table(check: Check) -> str:
    """Every limit with its value and its reason."""
    rows = [
        [f"`{PurePosixPath(module.__file__ or '').stem}.{name}`", cell(value), cell(reason)]
        for module in check.modules
        for name, value, reason in _constants(module)
    ]
    return "\n".join([*table(["limit", "value", "what it is"], rows), ""]) if rows else "None.\n"


def _constants(module: ModuleType) -> Iterator[tuple[str, str, str]]:
    """The constants of a module that say what they are: name, value, docstring. A private number is nobody's limit."""
    for node, following in pairwise(ast.parse(inspect.getsource(module)).body):
        match node, following:
            case (
                ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ) if name.isupper():
                value = getattr(module, name)
                if not (name.startswith("_") and isinstance(value, int)):
                    yield name, _value(value), text.replace("``", "`")


def _value(value: object) -> str:
    """A limit as the table shows it."""
    match value:
        case int() | float():
            return f"{value:,g}"
        case re.Pattern():
            return f"`{value.pattern}`"
        case Mapping():
            return ", ".join(f"{name}: {_value(one)}" for name, one in value.items())
        case frozenset():
            return ", ".join(sorted(map(_value, value)))
        case tuple():
            return ", ".join(map(_value, value))
    return f"`{value}`"


TABLES: dict[str, Mapping[str, Callable[[], str]]] = {
    check.page: {"sentence": partial("{}\n".format, check.sentence), "limits": partial(limits_table, check)}
    for check in CHECKS
}
FRAMES = {check.page: frame(check) for check in CHECKS}

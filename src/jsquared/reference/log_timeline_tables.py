"""The tables of ``docs/reference/timeline.md``: made of the document's structs and of the kinds of lines that are read."""

import ast
import inspect
from collections.abc import Callable, Iterator
from itertools import pairwise

import msgspec

from jsquared.monitor.logs import document
from jsquared.monitor.logs.event_list import KILLED
from jsquared.monitor.logs.happenings import KINDS
from jsquared.reference.cells import cell, table

STRUCTS: dict[str, type[msgspec.Struct]] = {
    "document": document.LogTimeline,
    "failovers": document.Failover,
    "phases": document.Phase,
    "attempts": document.Attempt,
    "sentinels": document.SentinelPart,
    "returned": document.Return,
    "nodes": document.KnownNode,
    "clocks": document.NodeClock,
    "events": document.Event,
}
"""Each kind of object by the field that holds it."""


def fields_table() -> str:
    """Every field of every object, with its meaning where its name does not say it."""
    rows = [[f"`{name}`", _phrase(inspect.getdoc(kind) or ""), _fields(kind)] for name, kind in STRUCTS.items()]
    return "\n".join([*table(["object", "meaning", "fields"], rows), ""])


def _fields(kind: type[msgspec.Struct]) -> str:
    said = dict(_documented(kind.__name__))
    shown = (f"`{name}`{f' ({_phrase(said[name])})' if name in said else ''}" for name in kind.__struct_fields__)
    return ", ".join(shown)


def _documented(name: str) -> Iterator[tuple[str, str]]:
    """The fields of a class that have a docstring below them."""
    classes = (node for node in ast.parse(inspect.getsource(document)).body if isinstance(node, ast.ClassDef))
    body = next(node.body for node in classes if node.name == name)
    for node, following in pairwise(body):
        match node, following:
            case ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str(text))):
                yield field, text


def _phrase(text: str) -> str:
    """A sentence as a part of another one."""
    return cell(text[:1].lower() + text[1:].rstrip(".")).replace("``", "`")


def phases_table() -> str:
    """Every phase with the lines between which it lies."""
    rows = [[f"`{name}`", cell(meaning)] for name, meaning in document.PHASES.items()]
    return "\n".join([*table(["phase", "from and to"], rows), ""])


def kinds_table() -> str:
    """Every kind of a data node's or Sentinel's line beside the Sentinel events."""
    rows = [[f"`{kind}`", cell(meaning)] for kind, (_, meaning) in KINDS.items()]
    rows.append([f"`{KILLED}`", "it starts again, and had not written that it ends: it was killed"])
    return "\n".join([*table(["kind", "meaning"], rows), ""])


TABLES: dict[str, Callable[[], str]] = {"fields": fields_table, "phases": phases_table, "kinds": kinds_table}

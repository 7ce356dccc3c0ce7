"""The command line: ``jsquared COMMAND …``. Every error is one line; every exit code is documented (``errors.py``)."""

import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from jsquared.cli.command_table import COMMANDS, GROUPS, TAKES_SETTINGS, USUAL_WORDS
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

LONGEST_SHOWN = 60
_KINDS = {"integer": "a whole number", "number": "a number"}  # of pydantic, with which typer reads values
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
    defaults = _defaults_by_settings(words)
    code = command_line(needed(words)).main(
        args=words, prog_name="jsquared", standalone_mode=False, default_map=defaults
    )
    if code and words[0] in COMPLETION_OPTIONS:  # typer's own code for a shell that it does not know
        return EXIT_BAD_INPUT
    return code if isinstance(code, int) else 0


def _defaults_by_settings(words: Sequence[str]) -> dict[str, Any]:
    """What a team's settings say in the place of the defaults of the command that these words need.

    :raises BadInputError: the settings file is wrong.
    """
    needs_them = [name for name in needed(words) if name in TAKES_SETTINGS and not set(_HELP).intersection(words)]
    if not needs_them:
        return {}
    from jsquared.cli.settings_defaults import defaults_by_settings  # noqa: PLC0415 -- most commands need none

    return defaults_by_settings(needs_them[0], words)


def _own_mistake(problem: Exception) -> str:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return f"JSquared itself failed: {type(problem).__name__}: {problem} ({Path(last.filename).name}:{last.lineno})"


def in_own_words(said: str, cause: BaseException | None) -> str:
    """Return what typer says of a value without the words of the library that reads values for it.

    :param cause: that library's own error, which has the value.
    """
    errors = getattr(cause, "errors", list[dict[str, Any]])()
    value = str(errors[0].get("input", ""))[:LONGEST_SHOWN] if errors else ""
    kind = next((kind for told, kind in _KINDS.items() if f"Input should be a valid {told}" in said), "")
    if kind:
        return f"{said.partition('Input should be')[0]}'{value}' is not {kind}"
    return said.replace("Value error, ", "").replace("Input should be", f"'{value}' is not")


def _usage(problem: typer.TyperException, words: Sequence[str]) -> str:
    said = str(getattr(problem, "format_message", lambda: problem)())
    message = in_own_words(said.partition(" (Possible options")[0].rstrip("."), problem.__cause__)
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

"""The command line: ``jsquared COMMAND …``. Every error is one line; every exit code is documented (``errors.py``)."""

import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path

import typer
from typer.core import TyperGroup

from jsquared.cli.output import error, flush, print_text, say_what_can_be_said
from jsquared.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LAB_FAILED, JSquaredError, refusal_of
from jsquared.records.private_files import private_umask

COMMANDS = {
    "run": ("run", "run"),
    "hunt": ("hunt", "hunt"),
    "check": ("check", "check"),
    "report": ("report", "report"),
    "analyse": ("analyse", "analyse_deployment"),
    "import": ("import_folder", "import_folder"),
    "compare": ("compare", "compare_runs"),
    "scenarios": ("catalogues", "scenarios"),
    "faults": ("catalogues", "faults"),
    "deployments": ("catalogues", "deployments"),
    "doctor": ("doctor", "doctor"),
}
"""Each command's module in this package, and its function there: a module is loaded only when its command is needed."""


def command_line(names: Iterable[str] = tuple(COMMANDS)) -> TyperGroup:
    """Return the command line with these commands."""
    app = typer.Typer(
        name="jsquared",
        help="The resilience lab for Redis Sentinel: breaks a real deployment on purpose and proves what happened.\n\n"
        "Exit codes: 0 pass, 1 violated, 2 bad input, 3 inconclusive, 4 the lab failed, 130 interrupted.",
        epilog="Examples:  jsquared run --suite quick  |  jsquared run primary-crash --deployment ./my-config --ack wait:1",
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )
    for name in names:
        app.command(name)(_function(name))
    app.callback(invoke_without_command=True)(root)
    return typer.main.get_group(app)


def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """Root options."""
    if version:
        from jsquared._version import __version__  # noqa: PLC0415

        print_text(f"jsquared {__version__}\n")
        raise typer.Exit


def needed(words: Sequence[str]) -> Sequence[str]:
    """Return the commands that these words need; a list of commands or a suggestion needs all."""
    if list(words) == ["--version"]:
        return ()
    return words[:1] if words and words[0] in COMMANDS else tuple(COMMANDS)


def load(words: Sequence[str]) -> None:
    """Load the commands that these words need."""
    for name in needed(words):
        _function(name)


def _function(name: str) -> Callable[..., int | None]:
    module, function = COMMANDS[name]
    loaded: Callable[..., int | None] = getattr(import_module(f"jsquared.cli.{module}"), function)
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
        code = _run(words or ["--help"])
        flush()
    except JSquaredError as problem:
        error(str(problem))
        return problem.exit_code
    except typer.TyperException as problem:
        error(_usage(problem, words))
        return EXIT_BAD_INPUT
    except SystemExit:  # typer's way when whoever read our output has gone: it did not learn the outcome
        return EXIT_LAB_FAILED
    except KeyboardInterrupt:
        code = EXIT_INTERRUPTED
    except Exception as problem:  # a traceback's exit code would say that a deployment violated something
        told = refusal_of(problem)
        error(str(told) if told else _own_mistake(problem))
        return told.exit_code if told else EXIT_LAB_FAILED
    if code == EXIT_INTERRUPTED:
        error("interrupted")
    return code if words else EXIT_BAD_INPUT


def _run(words: list[str]) -> int:
    """The command's own exit code; typer itself turns Ctrl-C into 130."""
    code = command_line(needed(words)).main(args=words, prog_name="jsquared", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _own_mistake(problem: Exception) -> str:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return f"JSquared itself failed: {type(problem).__name__}: {problem} ({Path(last.filename).name}:{last.lineno})"


def _usage(problem: typer.TyperException, words: Sequence[str]) -> str:
    message = str(getattr(problem, "format_message", lambda: problem)()).rstrip(".")
    named = next((word for word in words if not word.startswith("-")), "")
    command = named if named in COMMANDS else ""
    return f"{message}. Try: jsquared {command} --help".replace("  ", " ")

"""The command line: ``jsquared COMMAND …``. Every error is one line; every exit code is documented (``errors.py``)."""

import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import typer

from jsquared.cli import analyse, catalogues, check, compare, doctor, hunt, report, run
from jsquared.cli.output import error, flush, print_text, say_what_can_be_said
from jsquared.errors import EXIT_BAD_INPUT, EXIT_INTERRUPTED, EXIT_LAB_FAILED, JSquaredError, refusal_of
from jsquared.records.private_files import private_umask

app = typer.Typer(
    name="jsquared",
    help="The resilience lab for Redis Sentinel: breaks a real deployment on purpose and proves what happened.\n\n"
    "Exit codes: 0 pass, 1 violated, 2 bad input, 3 inconclusive, 4 the lab failed, 130 interrupted.",
    epilog="Examples:  jsquared run --suite quick  |  jsquared run primary-crash --deployment ./my-config --ack wait:1",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("hunt")(hunt.hunt)
app.command("check")(check.check)
app.command("report")(report.report)
app.command("analyse")(analyse.analyse_deployment)
app.command("compare")(compare.compare_runs)
app.command("scenarios")(catalogues.scenarios)
app.command("faults")(catalogues.faults)
app.command("deployments")(catalogues.deployments)
app.command("doctor")(doctor.doctor)


@app.callback(invoke_without_command=True)
def root(
    version: bool = typer.Option(False, "--version", help="Print the version and exit."),
) -> None:
    """Root options."""
    if version:
        from jsquared._version import __version__  # noqa: PLC0415

        print_text(f"jsquared {__version__}\n")
        raise typer.Exit


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
    code = typer.main.get_command(app).main(args=words, prog_name="jsquared", standalone_mode=False)
    return code if isinstance(code, int) else 0


def _own_mistake(problem: Exception) -> str:
    last = traceback.extract_tb(problem.__traceback__)[-1]
    return f"JSquared itself failed: {type(problem).__name__}: {problem} ({Path(last.filename).name}:{last.lineno})"


def _usage(problem: typer.TyperException, words: Sequence[str]) -> str:
    message = str(getattr(problem, "format_message", lambda: problem)()).rstrip(".")
    named = next((word for word in words if not word.startswith("-")), "")
    command = named if named in {info.name for info in app.registered_commands} else ""
    return f"{message}. Try: jsquared {command} --help".replace("  ", " ")

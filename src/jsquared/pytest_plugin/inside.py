"""``--jsquared-inside``: all of pytest, or each worker of pytest-xdist, as a client host of a lab, so that partitions hold for it too."""

import getpass
import json
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pytest

from jsquared.errors import EXIT_LAB_FAILED, BadInputError, JSquaredError
from jsquared.pytest_plugin.choice import LabChoice, usual_choice
from jsquared.records.lab_messages import AskForProgram
from jsquared.service.lab.foreground import run_in_foreground
from jsquared.service.lab.lab import Lab
from jsquared.text import one_line

CHOICE_VARIABLE = "JSQUARED_PYTEST_LAB"
"""By this, the process that starts a worker knows which lab to start it in."""
HOST = "client-1"


def run_pytest_inside(config: pytest.Config) -> "int | pytest.ExitCode":
    """Run the same command line inside a lab, and return its exit code.

    :raises pytest.UsageError: the lab does not come up, in one line.
    """
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend(in_=True)  # the pytest inside has the real streams
    command = [sys.executable, "-m", "pytest", *map(str, config.invocation_params.args)]
    try:
        return run_in_lab(usual_choice(config), command, config.invocation_params.dir)
    except JSquaredError as problem:
        raise pytest.UsageError(f"--jsquared-inside: {one_line(str(problem))}") from None
    except KeyboardInterrupt:
        return pytest.ExitCode.INTERRUPTED


def send_workers_inside(config: pytest.Config) -> None:
    """Let pytest-xdist start each worker inside a lab of its own, by putting this module in the place of its Python."""
    os.environ[CHOICE_VARIABLE] = json.dumps(asdict(usual_choice(config)))
    starter = shlex.join([sys.executable, "-m", __name__])
    config.option.tx = [
        f"{spec}//python={starter}" if spec.rpartition("*")[2] == "popen" else spec for spec in config.option.tx
    ]


def run_in_lab(choice: LabChoice, command: Sequence[str], folder: Path) -> int:
    """Start a lab, and run a program as a host of it to its end; its exit code.

    :raises JSquaredError: the lab does not come up.
    """
    if choice.sandbox == "loopback":
        raise BadInputError("has one network for all", where="the loopback sandbox", hint="jsquared_sandbox = auto")
    with Lab(choice.deployment, engine=choice.engine, needs=choice.needs) as lab:
        question = AskForProgram(
            host=HOST, argv=tuple(command), folder=str(folder), environment=environment_inside(), reaches_lab=True
        )
        return run_in_foreground(lab, question)


def environment_inside() -> dict[str, str]:
    """The variables of this process, with the user's name: inside, the table of users knows root alone.

    Pytest puts it into the name of its temporary folder, which would be that of the real root.
    """
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # the machine does not know it either
        user = str(os.getuid())
    return {**os.environ, "LOGNAME": user}


def main(arguments: Sequence[str]) -> int:
    """Be the Python of a worker: run Python with these arguments inside a lab."""
    given = json.loads(os.environ[CHOICE_VARIABLE])
    choice = LabChoice(**{**given, "needs": tuple(given["needs"])})
    try:
        return run_in_lab(choice, [sys.executable, *arguments], Path.cwd())
    except JSquaredError as problem:
        print(f"jsquared: --jsquared-inside: {one_line(str(problem))}", file=sys.stderr)  # noqa: T201 -- pytest-xdist shows it
        return EXIT_LAB_FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

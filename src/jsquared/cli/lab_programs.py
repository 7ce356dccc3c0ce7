"""``jsquared lab exec`` and ``lab cli``: programs as hosts of a lab, with this terminal as theirs."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.lab_up import NameOption
from jsquared.errors import BadInputError
from jsquared.records.lab_messages import AskForCli, AskForProgram
from jsquared.service.lab.foreground import run_in_foreground
from jsquared.service.lab.lab import Lab
from jsquared.service.lab.running_lab import CLIS


def run_program(
    command: Annotated[list[str], typer.Argument(metavar="-- COMMAND...", help="The program and its words.")],
    host: Annotated[
        str, typer.Option(metavar="HOST", help="A host, or the name of a client or server that lives there.")
    ] = "client-1",
    name: NameOption = "",
) -> int:
    """Run a program of yours as a host of a lab: with that host's network, your files, and this terminal.

    JSQUARED_SENTINELS tells it where the Sentinels are (address:port,…), JSQUARED_MASTER by which name they monitor the primary. Every
    partition concerns it. Exit code: the program's, 128 + N where signal N has ended it.

    Examples:

    jsquared lab exec -- python3 my_app.py

    jsquared lab exec --host client-2 -- sh -c 'redis-cli -h "${JSQUARED_SENTINELS%%:*}" -p 26379 sentinel masters'
    """
    lab = Lab.attach(name)
    question = AskForProgram(host=host, argv=tuple(command), folder=str(Path.cwd()), environment=dict(os.environ))
    return run_in_foreground(lab, question)


def run_cli(
    node: Annotated[str, typer.Argument(metavar="NODE", help="A server or Sentinel, e.g. redis-n1.")],
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[-- COMMAND...]", help="A command; default: an interactive prompt.")
    ] = None,
    name: NameOption = "",
) -> int:
    """Open redis-cli (or valkey-cli) at a node of a lab, on its own host and logged in.

    Examples:

    jsquared lab cli redis-n1

    jsquared lab cli sentinel-n1 SENTINEL MASTERS
    """
    lab = Lab.attach(name)
    program = next(filter(None, map(shutil.which, CLIS)), "")
    if not program:
        raise BadInputError("neither is on PATH", where=" and ".join(CLIS), hint="jsquared lab exec -- COMMAND")
    environment = {key: value for key, value in os.environ.items() if key in ("TERM", "LANG", "LC_ALL", "PATH")}
    question = AskForCli(
        node=node, program=program, words=tuple(words or []), folder=str(Path.cwd()), environment=environment
    )
    return run_in_foreground(lab, question)

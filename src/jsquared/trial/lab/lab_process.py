"""The process of one lab: ``python -m jsquared.trial.lab.lab_process LISTENER [detached]``, with its order on its stdin.

``LISTENER`` is the number of the listening socket that it has inherited. Like a trial's it goes on as the init of namespaces of its own,
and ends with whoever started it; a detached one ends when it is asked to. Everything that it writes lies in memory that only it sees.
"""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
from functools import partial
from itertools import count
from pathlib import Path

from jsquared.errors import EXIT_PASS
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.records.sources import TRIAL_PROCESS
from jsquared.sandbox.linux import syscalls
from jsquared.sandbox.linux.supervise import continue_in_child
from jsquared.sandbox.sandbox import Sandbox
from jsquared.trial.expect import expect_processes
from jsquared.trial.order import TrialOrder
from jsquared.trial.process import serve_order

RECORDS = ".session"
"""Beside the folders of a host's servers."""
DETACHED = "detached"


def main(arguments: list[str]) -> int:
    """Be a lab until it ends; the exit code says how it ended, one line on stderr why it failed."""
    listener = socket.socket(fileno=int(arguments[0]))
    syscalls.name_process(TRIAL_PROCESS)
    if arguments[1:] == [DETACHED]:
        syscalls.die_with_parent(continue_in_child())  # the one left behind is nobody's, and holds this one
    play = partial(_serve, listener=listener)
    return serve_order(Path.cwd(), play, parent=os.getppid(), out=Path(tempfile.gettempdir()))


def _serve(order: TrialOrder, placement: Placement, sandbox: Sandbox, _folder: Path, listener: socket.socket) -> int:
    """Stand the deployment up and serve it, in the sandbox that was entered."""
    numbers = count(1)
    run = _records(order.plan, placement, sandbox, next(numbers))
    from jsquared.trial.lab.lab_server import LabServer  # noqa: PLC0415 -- rooms are made meanwhile
    from jsquared.trial.lab.session import Session  # noqa: PLC0415

    def begin_again() -> Session:
        nonlocal run
        forget_session(order.plan, sandbox, run.path)
        number = next(numbers)
        run = _records(order.plan, placement, sandbox, number)
        return Session(order.plan, placement, run, sandbox, number=number)

    session = Session(order.plan, placement, run, sandbox)
    server = LabServer(session, listener, begin_again=begin_again)
    try:
        session.stand_up()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve()
    finally:
        server.close()
    server.farewell()
    return EXIT_PASS


def _records(plan: Plan, placement: Placement, sandbox: Sandbox, number: int) -> RunDirectory:
    """The run folder of a session that begins, while the rooms of its processes are being made.

    Each has another name: a room that was made for the clients of the last session still shows their files.
    """
    run = RunDirectory.create(Path(sandbox.directory(plan.nodes[0].host)) / f"{RECORDS}-{number}", plan)
    run.write_placement(plan, placement)
    expect_processes(plan, placement, sandbox, run.history_dir)
    return run


def forget_session(plan: Plan, sandbox: Sandbox, records: Path) -> None:
    """Remove everything that a session has left in the sandbox: its records, and the files and logs of its servers and clients.

    :raises SandboxError: a file cannot be removed.
    """
    shutil.rmtree(records)
    servers = [(node.host, node.name) for node in plan.nodes]
    for host, program in [*servers, *((client.host, client.name) for client in plan.clients)]:
        folder = sandbox.folder(host, program)
        folder.make()
        for name in folder.names():
            folder.remove(name)
        Path(sandbox.log(host, program).path).unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""The process of one lab: ``python -m jsquared.trial.lab.lab_process LISTENER [detached]``, with its order on its stdin.

``LISTENER`` is the number of the listening socket that it has inherited. Like a trial's it goes on as the init of namespaces of its own,
and ends with whoever started it; a detached one ends when it is asked to. Everything that it writes lies in memory that only it sees.
"""

import contextlib
import os
import socket
import sys
from functools import partial
from pathlib import Path

from jsquared.errors import EXIT_PASS
from jsquared.records.placement import Placement
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
    return serve_order(Path.cwd(), partial(_serve, listener=listener), parent=os.getppid())


def _serve(order: TrialOrder, placement: Placement, sandbox: Sandbox, _folder: Path, listener: socket.socket) -> int:
    """Stand the deployment up and serve it, in the sandbox that was entered."""
    plan = order.plan
    folder = Path(sandbox.directory(plan.nodes[0].host)) / RECORDS
    run = RunDirectory.create(folder, plan)
    run.write_placement(plan, placement)
    expect_processes(plan, placement, sandbox, run.history_dir)
    from jsquared.trial.lab.lab_server import LabServer  # noqa: PLC0415 -- rooms are made meanwhile
    from jsquared.trial.lab.session import Session  # noqa: PLC0415

    session = Session(plan, placement, run, sandbox)
    server = LabServer(session, listener)
    try:
        session.stand_up()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve()
    finally:
        session.close()
    server.farewell()
    return EXIT_PASS


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

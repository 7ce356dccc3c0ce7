"""Telling the sandbox which processes a trial will start, while the rest of the lab is still being loaded.

Nothing heavy may be imported here: this runs first, and what is made meanwhile costs the trial no time.
"""

import sys
from pathlib import Path

from jsquared.records.placement import Placement, TlsFiles
from jsquared.records.plan import Plan
from jsquared.records.private_files import write_private
from jsquared.sandbox.linux.libraries import python_files
from jsquared.sandbox.sandbox import Sandbox


def expect_processes(plan: Plan, placement: Placement, sandbox: Sandbox, history: Path) -> None:
    """Make the folders of servers and clients, and say that these will be started.

    :param history: the folder of the files that clients write.
    :raises SandboxError: the kernel refuses.
    """
    for node in plan.nodes:
        folder = sandbox.folder(node.host, node.name)
        folder.make()
        sandbox.prepare(folder, plan.needs)
        engine = placement.engine
        sandbox.expect(node.host, engine.path, cwd=folder.path, sees=engine.libraries, needs=plan.needs)
    if placement.tls is not None:
        return  # clients see certificates, which are not there yet
    for client in plan.clients:
        folder = sandbox.folder(client.host, client.name)
        folder.make()
        owns = own_histories(plan, history, client.name)
        sandbox.expect(client.host, sys.executable, cwd=folder.path, sees=client_sees(placement), owns=owns)


def own_histories(plan: Plan, history: Path, client: str) -> tuple[str, ...]:
    """The files that a client writes, which are all that it may write of the run folder; made where they are missing."""
    files = [history / f"{client}.ops"]
    if plan.workload.operations_per_s:
        files.append(history / f"{client}.operations.ops")
    for file in files:
        if not file.exists():
            write_private(file, b"")
    return tuple(map(str, files))


def client_sees(placement: Placement) -> tuple[str, ...]:
    """What a client reads of this machine: a Python, and the certificates that it shows and trusts."""
    tls = placement.tls or TlsFiles()
    return (*python_files(), *filter(None, (*tls.authorities, tls.certificate, tls.key)))

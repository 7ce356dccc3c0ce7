"""Telling the sandbox which processes a trial will start, while the rest of the lab is still being loaded.

Nothing heavy may be imported here: this runs first, and what is made meanwhile costs the trial no time.
"""

import sys
from pathlib import Path

from jsquared.records.plan import Plan, TlsFiles
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.running import machine
from jsquared.sandbox.libraries import python_files
from jsquared.sandbox.sandbox import Sandbox


def expect_processes(plan: Plan, sandbox: Sandbox, history: Path) -> None:
    """Make the folders of servers and clients, and say that these will be started.

    :param history: the folder of the files that clients write.
    :raises SandboxError: the kernel refuses.
    """
    for node in plan.nodes:
        folder = sandbox.directory(node.host) / node.name
        make_private_folder(folder, exist_ok=True)
        machine.prepare(plan, folder)
        sees, owns = machine.sees(plan), machine.owns(plan, folder)
        sandbox.expect(node.host, plan.engine.path, cwd=folder, sees=sees, owns=owns)
    if plan.tls is not None:
        return  # clients see certificates, which are not there yet
    for client in plan.clients:
        folder = sandbox.directory(client.host) / client.name
        make_private_folder(folder, exist_ok=True)
        owns = own_histories(plan, history, client.name)
        sandbox.expect(client.host, sys.executable, cwd=folder, sees=client_sees(plan), owns=owns)


def own_histories(plan: Plan, history: Path, client: str) -> tuple[str, ...]:
    """The files that a client writes, which are all that it may write of the run folder; made where they are missing."""
    files = [history / f"{client}.ops"]
    if plan.workload.operations_per_s:
        files.append(history / f"{client}.operations.ops")
    for file in files:
        if not file.exists():
            write_private(file, b"")
    return tuple(map(str, files))


def client_sees(plan: Plan) -> tuple[str, ...]:
    """What a client reads of this machine: a Python, and the certificates that it shows and trusts."""
    tls = plan.tls or TlsFiles()
    return (*python_files(), *filter(None, (*tls.authorities, tls.certificate, tls.key)))

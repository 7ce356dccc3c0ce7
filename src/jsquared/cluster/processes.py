"""The processes of a deployment: started, signalled and ended, each of which becomes an event.

Checkers can thereby tell a crash that the lab caused from one that it did not.
"""

import signal
import subprocess
from pathlib import Path

from jsquared.cluster import machine
from jsquared.errors import LabError
from jsquared.records.events import EventLog
from jsquared.records.plan import Engine, Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.sandbox.sandbox import Sandbox
from jsquared.topology.input_files import copy_file, write_new


class Processes:
    """The processes of one deployment inside a sandbox, by node name."""

    def __init__(self, plan: Plan, sandbox: Sandbox, run: RunDirectory, events: EventLog) -> None:
        self.plan = plan
        self.sandbox = sandbox
        self.events = events
        self._run = run
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._engines: dict[str, Engine] = {}

    def start(self, name: str, *, reason: str = "") -> subprocess.Popen[bytes]:
        """Start (again) the server of a node from the configuration in its folder.

        :raises LabError: it is running already.
        """
        if (old := self._processes.get(name)) is not None and old.poll() is None:
            raise LabError("already running", where=name)
        node = self.plan.node(name)
        folder = self.folder(name)
        argv = [self.engine_of(name).path, str(folder / f"{name}.conf")]
        if node.role == "sentinel":
            argv.append("--sentinel")
        variables = machine.environment(self.plan, folder)
        process = self.sandbox.spawn(node.host, argv, cwd=folder, log=self._run.log_file(name), environment=variables)
        self._processes[name] = process
        self.events.add(name, "process", state="started", pid=process.pid, reason=reason)
        return process

    def engine_of(self, name: str) -> Engine:
        """The server binary that a node runs, or will run when it is started next."""
        return self._engines.get(name, self.plan.engine)

    def use_engine(self, name: str, engine: Engine) -> None:
        """From the next start on, a node runs this binary."""
        self._engines[name] = engine

    def install(self, name: str) -> None:
        """Write the rendered configuration of a node, and what it names that JSquared made or copies, into its folder, which is made.

        :raises BadInputError: a file of the user's has gone, or is another kind of file by now.
        """
        folder = self.folder(name)
        folder.mkdir(parents=True, exist_ok=True)
        machine.prepare(self.plan, folder)
        for file, text in self.plan.config_files.items():
            if file.startswith(f"{name}."):
                write_new(folder, file, text.encode())
        for copied in self.plan.copied_files:
            if copied.node == name:
                copy_file(Path(copied.source), folder, copied.target, copied.limit_bytes)

    def folder(self, name: str) -> Path:
        """The private folder of a node on its host."""
        return self.sandbox.directory(self.plan.node(name).host) / name

    def log_of(self, name: str) -> str:
        """What a node has logged so far."""
        log = self._run.log_file(name)
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def process(self, name: str) -> subprocess.Popen[bytes]:
        """The node's process, running or not.

        :raises LabError: it was never started.
        """
        try:
            return self._processes[name]
        except KeyError:
            raise LabError("was never started", where=name) from None

    def running(self) -> dict[str, int]:
        """The nodes whose processes run, with their ids."""
        return {name: process.pid for name, process in list(self._processes.items()) if process.poll() is None}

    def signal(self, name: str, number: signal.Signals, state: str) -> None:
        """Send a signal to a node's process and record what that makes of it."""
        process = self.process(name)
        process.send_signal(number)
        self.events.add(name, "process", state=state, pid=process.pid, reason="fault")

    def crashed(self) -> list[str]:
        """Nodes whose process ended although nobody here ended it; each with how it ended."""
        return [
            f"{name} {describe_exit(process.returncode)}"
            for name, process in self._processes.items()
            if process.poll() is not None and process.returncode != -signal.SIGKILL
        ]

    def stop(self) -> None:
        """Kill every process of the deployment and wait for them."""
        for process in self._processes.values():
            if process.poll() is None:
                process.kill()
        for process in self._processes.values():
            process.wait()


def describe_exit(code: int) -> str:
    """How a process ended, in words."""
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"

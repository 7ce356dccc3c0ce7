"""The processes of a deployment: started, signalled and ended, each of which becomes an event.

Checkers can thereby tell a crash that the lab caused from one that it did not.
"""

import os
import signal
from collections.abc import Callable
from pathlib import Path

from jsquared.deployment.model.input_files import read_bytes
from jsquared.errors import LabError
from jsquared.records.ends import exit_words
from jsquared.records.event_types import ProcessChanged
from jsquared.records.events import EventLog
from jsquared.records.placement import Placement
from jsquared.records.plan import Engine, Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.running.addresses import Addresses
from jsquared.running.lives import Hold, Lives
from jsquared.running.log_keeper import LogKeeper, as_it_is
from jsquared.running.own_lines import at_address
from jsquared.sandbox.facets import ServerFolder
from jsquared.sandbox.process import Process, ProcessLog
from jsquared.sandbox.sandbox import Sandbox


class Processes:
    """The processes of one deployment inside a sandbox, by node name.

    ``lives`` also knows those of clients and of the lab itself, and ``logs`` keeps what all of them print.
    """

    def __init__(
        self,
        plan: Plan,
        placement: Placement,
        sandbox: Sandbox,
        run: RunDirectory,
        events: EventLog,
        addresses: Addresses,
        *,
        scrub: Callable[[str], str] = as_it_is,
    ) -> None:
        """:param addresses: where the nodes are; faults may move them.
        :param scrub: what makes a line of a log fit to be kept.
        """
        self.plan = plan
        self.placement = placement
        self.sandbox = sandbox
        self.events = events
        self.lives = Lives()
        self.logs = LogKeeper(run, scrub)
        self._run = run
        self._engines: dict[str, Engine] = {}
        self._where = addresses

    def beside(self, name: str) -> list[str]:
        """A node and those that share its address: all of its role on its host."""
        own = self.plan.node(name)
        return [node.name for node in self.plan.nodes if (node.host, node.role) == (own.host, own.role)]

    def readdress(self, name: str) -> None:
        """Give a node, and those that share its address, another one, which their own files then have; they must not run.

        :raises SandboxError: the sandbox cannot.
        """
        node, sharing = self.plan.node(name), self.beside(name)
        old = self._where.of(name)
        self.sandbox.readdress(node.host, node.role)
        new = self.sandbox.address(node.host, node.role)
        self._where.move(sharing, new)
        for each in sharing:
            folder, file = self.folder(each), f"{each}.conf"
            folder.write_text(file, at_address(folder.read_text(file), old, new))

    def at_home(self, name: str, text: str) -> str:
        """A rendered file of a node with the node's present address."""
        return at_address(text, self.placement.node(name).address, self._where.of(name))

    def start(self, name: str, *, reason: str = "") -> Process:
        """Start (again) the server of a node from the configuration in its folder.

        :raises LabError: it is running already.
        """
        if name in self.running():
            raise LabError("already running", where=name)
        node = self.plan.node(name)
        folder = self.folder(name)
        engine = self.engine_of(name)
        argv = [engine.path, str(folder.path / f"{name}.conf")]
        if node.role == "sentinel":
            argv.append("--sentinel")
        process = self.sandbox.spawn(
            node.host,
            argv,
            cwd=folder.path,
            log=self.log_for(name, node.host),
            environment=engine.environment,
            sees=engine.libraries,
            needs=self.plan.needs,
        )
        self.lives.begin(name, process)
        self.events.add(ProcessChanged(state="started", pid=process.pid, reason=reason, source=name))
        return process

    def engine_of(self, name: str) -> Engine:
        """The server binary that a node runs, or will run when it is started next."""
        return self._engines.get(name, self.placement.engine)

    def use_engine(self, name: str, engine: Engine) -> None:
        """From the next start on, a node runs this binary."""
        self._engines[name] = engine

    def install(self, name: str) -> None:
        """Write the rendered configuration of a node, and what it names that JSquared made or copies, into its folder, which is made.

        :raises BadInputError: a file of the user's has gone, or is another kind of file by now.
        """
        folder = self.folder(name)
        folder.make()
        self.sandbox.prepare(folder, self.plan.needs)
        for file, text in self.placement.config_files.items():
            if file.startswith(f"{name}."):
                folder.write_text(file, self.at_home(name, text) if file == f"{name}.conf" else text)
        for copied in self.placement.copied_files:
            if copied.node == name:
                data = read_bytes(Path(copied.source), copied.limit_bytes)
                # Servers refuse a module that cannot be executed.
                executable = os.access(copied.source, os.X_OK)
                folder.write_bytes(copied.target, data, executable=executable)

    def folder(self, name: str) -> ServerFolder:
        """The private folder of a node on its host."""
        return self.sandbox.folder(self.plan.node(name).host, name)

    def log_for(self, name: str, host: str) -> ProcessLog:
        """The log that a process on a host prints to, from which the run folder gets its own.

        :raises RecordError: it cannot be made.
        """
        return self.logs.keep(name, lambda: self.sandbox.log(host, name))

    def log_of(self, name: str) -> str:
        """The last 256 KiB of what a node or client has logged so far."""
        return self.logs.tail(name)

    def process(self, name: str) -> Process:
        """The node's process, running or not.

        :raises LabError: it was never started.
        """
        life = self.lives.newest(name)
        if life is None:
            raise LabError("was never started", where=name)
        return life.process

    def running(self) -> dict[str, Process]:
        """The nodes whose processes run, with these."""
        newest = {node.name: self.lives.newest(node.name) for node in self.plan.nodes}
        return {name: life.process for name, life in newest.items() if life and life.process.poll() is None}

    def signal(self, name: str, number: signal.Signals, state: str) -> None:
        """Send a signal to a node's process and record what that makes of it."""
        process = self.process(name)
        if number in (signal.SIGKILL, signal.SIGTERM):
            self.lives.order_end(name)
        after = {signal.SIGSTOP: Hold.STOPPED, signal.SIGCONT: Hold.FREE}.get(number)
        if after is not None:
            self.lives.hold(name, Hold.CHANGING)
        process.send_signal(number)
        if after is not None:
            self.lives.hold(name, after)
        self.events.add(ProcessChanged(state=state, pid=process.pid, reason="fault", source=name))

    def crashed(self) -> list[str]:
        """Nodes and clients whose process ended although no one here ended it; each with how it ended."""
        return [
            f"{life.name} {exit_words(life.code)}"
            for life in self.lives.all_newest()
            if life.process.poll() is not None and not life.ordered
        ]

    def kill(self, name: str) -> None:
        """End a process of the trial, whoever's it is; nothing where it was never started."""
        life = self.lives.newest(name)
        if life is not None:
            self.lives.order_end(name)
            life.process.kill()

    def stop(self) -> None:
        """Kill every process of the trial and wait for them."""
        for life in self.lives.all_newest():
            self.kill(life.name)
        for life in self.lives.all_newest():
            life.process.wait()

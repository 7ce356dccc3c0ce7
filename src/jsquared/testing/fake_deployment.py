"""A deployment that says what a test tells it: scripted servers that answer, idle processes that can be killed, links on paper.

What a node *answers* and what becomes of its *process* are told apart here, so that a test can have what real servers do only by
accident: a killed process at whose address something still answers, a stopped one that was never stopped. The answers of a converged
deployment are held against real servers by tests/contracts/test_fake_deployment.py.
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from jsquared.clock import TrialClock
from jsquared.records.event import Event
from jsquared.records.events import EventLog, read_events
from jsquared.records.placement import as_planned
from jsquared.records.plan import Plan, PlannedFloating
from jsquared.records.run_directory import RunDirectory
from jsquared.running.deployment import RunningDeployment
from jsquared.testing.fake_plan import fake_plan, placement_at
from jsquared.testing.fake_sandbox import FakeSandbox
from jsquared.testing.scripted_server import ScriptedServer

E = TypeVar("E", bound=Event)

IDLE = "#!/bin/sh\nexec sleep 120\n"
"""The engine of a fake deployment: it does nothing, and does not outlive a forgotten test for long."""


class FakeDeployment:
    """Three data nodes, three Sentinels and two clients (the plan of the sample run ``crash``), converged on ``redis-n1``.

    ``deployment``, ``sandbox``, ``run``, ``events`` are what a trial has; ``servers`` answer for the nodes, by name. Processes run only
    once they are started through ``deployment``. ``engine`` is the text of the program that runs as every server, ``changes`` are
    fields of the plan or of the placement.
    """

    def __init__(self, folder: Path, *, engine: str = IDLE, **changes: Any) -> None:
        program = folder / "engine"
        program.write_text(engine, encoding="utf-8")
        program.chmod(0o755)
        sample = fake_plan()
        self.servers = {node.name: ScriptedServer() for node in sample.nodes}
        placed = {name: changes.pop(name) for name in [*changes] if name not in Plan.__struct_fields__}
        placed["floating"] = changes.pop("floating", ())
        floating = tuple(as_planned(PlannedFloating, one) for one in placed["floating"])
        self.plan = msgspec.structs.replace(sample, input_files={}, floating=floating, **changes)
        where = {name: server.address for name, server in self.servers.items()}
        self.placement = placement_at(self.plan, where, program, placed)
        self.sandbox = FakeSandbox(folder / "hosts")
        self.run = RunDirectory.create(folder / "run", self.plan)
        self.run.write_placement(self.plan, self.placement)
        self.events = EventLog(self.run.events_file, TrialClock.start())
        self.deployment = RunningDeployment(self.plan, self.placement, self.sandbox, self.run, self.events)
        self.sandbox.enter([node.host for node in self.plan.nodes] + [client.host for client in self.plan.clients])
        for node in self.plan.nodes:
            self.deployment.install(node.name)
        self.converge("redis-n1")

    # -- what a test does

    def converge(self, primary: str) -> None:
        """Let every node answer as in a deployment that has converged on this primary."""
        for node in self.plan.data_nodes():
            self.tell_role(node.name, primary)
        for sentinel in self.plan.sentinels():
            self.tell_vote(sentinel.name, primary)
            self.tell_view(sentinel.name)
            self.say(sentinel.name, "SENTINEL MYID", sentinel.name.ljust(40, "0"))
            others = [other.name for other in self.plan.sentinels() if other != sentinel]
            self.tell_peers(sentinel.name, dict.fromkeys(others, "?"))
            self.say(sentinel.name, "PSUBSCRIBE", ["psubscribe", "*", 1])

    def say(self, name: str, command: str, *replies: Any) -> None:
        """Let a node answer a command (``PING``, ``SENTINEL MYID``) with these replies, one after the other at once."""
        self.servers[name].script[command] = b"".join(map(encode, replies))

    def fail(self, name: str, command: str, words: str) -> None:
        """Let a node answer a command with an error."""
        self.servers[name].script[command] = b"-%b\r\n" % words.encode()

    def tell_role(self, name: str, primary: str, **fields: Any) -> None:
        """Let a data node say that it follows ``primary`` (or is it); ``fields`` replace fields of INFO."""
        self.servers[name].role = "master" if name == primary else "slave"
        if name == primary:
            said = {"role": "master", "connected_slaves": len(self.plan.data_nodes()) - 1, "master_repl_offset": 100}
        else:
            address, port = self.servers[primary].address
            said = {"role": "slave", "master_host": address, "master_port": port}
            said |= {"master_link_status": "up", "slave_repl_offset": 100}
        said |= {"run_id": name.ljust(40, "0"), **fields}
        self.say(name, "INFO", "# Replication\r\n" + "".join(f"{key}:{value}\r\n" for key, value in said.items()))

    def tell_vote(self, sentinel: str, primary: str | None) -> None:
        """Let a Sentinel name a primary, or say that it knows none."""
        where = None if primary is None else [str(part) for part in self.servers[primary].address]
        self.say(sentinel, "SENTINEL GET-MASTER-ADDR-BY-NAME", where)

    def tell_view(self, sentinel: str, **fields: Any) -> None:
        """Let a Sentinel say how it sees the primary; ``fields`` have ``_`` for ``-``."""
        view = {"flags": "master", "num-slaves": len(self.plan.data_nodes()) - 1}
        view |= {"num-other-sentinels": len(self.plan.sentinels()) - 1}
        view |= {name.replace("_", "-"): value for name, value in fields.items()}
        self.say(sentinel, "SENTINEL MASTER", _flat(view))

    def tell_peers(self, sentinel: str, votes: Mapping[str, str], epoch: int = 1) -> None:
        """Let a Sentinel say whom each other one voted for (a node's name, or ``?``) in an epoch."""
        peers = [
            {"name": name, "voted-leader": vote if vote == "?" else vote.ljust(40, "0"), "voted-leader-epoch": epoch}
            for name, vote in votes.items()
        ]
        self.say(sentinel, "SENTINEL SENTINELS", [_flat(peer) for peer in peers])

    def silence(self, *names: str) -> None:
        """Let nodes take everything and say nothing."""
        for name in names:
            self.servers[name].silent = True

    def vanish(self, *names: str) -> None:
        """Let nothing listen at these nodes' addresses any more."""
        for name in names:
            self.servers[name].vanish()

    def start(self, *names: str) -> None:
        """Start the processes of these nodes; of all without names."""
        for name in names or [node.name for node in self.plan.nodes]:
            self.deployment.start(name)

    def replace_engine(self, name: str, text: str) -> Path:
        """From its next start on a node runs this program; its path.

        A separate file, because a process that was started just before may come to read its program only now.
        """
        program = Path(self.placement.engine.path).with_name(f"engine-of-{name}")
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
        self.deployment.use_engine(name, msgspec.structs.replace(self.placement.engine, path=str(program)))
        return program

    def recorded(self, kind: type[E]) -> list[E]:
        """The events of this kind so far."""
        return [event for event in read_events(self.run.events_file) if isinstance(event, kind)]

    def close(self) -> None:
        """End servers and processes."""
        self.deployment.stop()
        self.sandbox.close()
        self.events.close()
        for server in self.servers.values():
            server.close()


def encode(reply: Any) -> bytes:
    """A reply on the wire: ``str`` as a bulk string, ``int``, ``None`` as the null array, lists of these."""
    if reply is None:
        return b"*-1\r\n"
    if isinstance(reply, int):
        return b":%d\r\n" % reply
    if isinstance(reply, str):
        return b"$%d\r\n%b\r\n" % (len(reply.encode()), reply.encode())
    return b"*%d\r\n" % len(reply) + b"".join(map(encode, reply))


def _flat(fields: Mapping[str, Any]) -> list[str]:
    return [str(word) for pair in fields.items() for word in pair]


@contextlib.contextmanager
def fake_deployment(folder: Path, **options: Any) -> Iterator[FakeDeployment]:
    """A :class:`FakeDeployment` that ends with the block, stopped processes too."""
    deployment = FakeDeployment(folder, **options)
    try:
        yield deployment
    finally:
        deployment.close()

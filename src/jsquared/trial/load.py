"""The load of one trial: a client process on each client host, driven over its pipes, watched through its history."""

import json
import threading
import time
from collections.abc import Iterable, Mapping, Sequence

from jsquared.errors import LabError
from jsquared.records.client_orders import rate_order
from jsquared.records.event_types import ClientSaid, Phase
from jsquared.records.events import EventLog
from jsquared.records.history import KEY_PREFIX, HistoryPeek
from jsquared.records.load_events import LoadRateChanged
from jsquared.records.placement import PlacedClient, PlacedNode, Placement, TlsFiles
from jsquared.records.plan import Plan
from jsquared.records.run_directory import RunDirectory
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.linux.libraries import python_environment
from jsquared.sandbox.process import Process
from jsquared.trial.expect import client_sees, own_histories
from jsquared.trial.write_counts import WriteCounts
from jsquared.workload.workload import COMMAND, ClientSpec, SentinelAddress

READY_LIMIT_S = 20.0
STEADY_AFTER_MS = 500
SPARE_MS = 300_000
"""Slack on top of the plan's own waits; after it a client exits even if no one stops it."""


def client_spec(
    plan: Plan, placement: Placement, client: PlacedClient, run: RunDirectory, *, longest_ms: int = 0
) -> ClientSpec:
    """What a client process of a plan is told; its histories lie in the run folder.

    :param longest_ms: it ends by itself after so long; 0: after what the plan's own waits can take, and some more.
    """
    sentinels = [placement.node(name) for name in client.sentinels]
    asks_all = len(sentinels) == len(plan.sentinels())
    data_nodes = [placement.node(node.name) for node in plan.data_nodes()]
    node = next(node for node in data_nodes if node.initial_primary)
    username, password = login(node.client_login)
    tls = placement.tls or TlsFiles()
    return ClientSpec(
        name=client.name,
        number=placement.clients.index(client),
        sentinels=tuple(
            SentinelAddress(
                address=sentinel.address,
                port=sentinel.port,
                username=user,
                password=secret,
                plain=not sentinel.tls,
                words=dict(sentinel.renamed),
            )
            for sentinel in sentinels
            for user, secret in [login(sentinel.client_login)]
        ),
        majority=len(sentinels) // 2 + 1 if asks_all else 1,
        master_name=node.master_name,
        nodes=tuple((data.address, data.port) for data in data_nodes),
        elsewhere=tuple((data.other_address, data.port) for data in data_nodes if data.other_address),
        floating=floating_places(placement, data_nodes),
        through=((client.through, node.port),) if client.through else (),
        names=tuple(data.name for data in data_nodes),
        history=str(run.operations_file(client.name)),
        operations_history=str(run.modelled_file(client.name)),
        username=username,
        password=password,
        words=dict(node.renamed),
        authorities=tls.authorities,
        certfile=tls.certificate,
        keyfile=tls.key,
        keypass=tls.key_password,
        plain=not node.tls,
        source_address=client.address,
        ack_mode=plan.ack.mode,
        ack_replicas=plan.ack.replicas,
        ack_local=plan.ack.local,
        rate_per_s=plan.workload.rate_per_s,
        operations_per_s=plan.workload.operations_per_s,
        connections=plan.workload.connections,
        value_bytes=plan.workload.value_bytes,
        key_prefix=KEY_PREFIX,
        operation_timeout_ms=plan.workload.operation_timeout_ms,
        wait_timeout_ms=plan.workload.wait_timeout_ms,
        max_run_ms=longest_ms or SPARE_MS + plan.recovery_limit_ms * max(1, len(plan.faults)) + plan.settle_limit_ms,
    )


def floating_places(placement: Placement, data_nodes: Sequence[PlacedNode]) -> tuple[tuple[str, int], ...]:
    """Floating addresses with the ports that data nodes of the trial's group have on the hosts that share them."""
    places = [(one.address, data.port) for one in placement.floating for data in data_nodes if data.host in one.hosts]
    return tuple(dict.fromkeys(places))


def login(credentials: tuple[str, ...]) -> tuple[str, str]:
    """User and password of what a node's login is; both empty for none."""
    if not credentials:
        return "", ""
    return (credentials[0], credentials[1]) if len(credentials) == 2 else ("", credentials[0])


class Load:
    """All client processes of a trial."""

    def __init__(
        self,
        plan: Plan,
        deployment: RunningDeployment,
        run: RunDirectory,
        events: EventLog,
        *,
        longest_ms: int = 0,
    ) -> None:
        """:param longest_ms: as for :func:`client_spec`."""
        self.plan = plan
        self._longest_ms = longest_ms
        self.began_s = 0.0
        self._ended = False
        self.deployment = deployment
        self._run = run
        self._events = events
        self._peeks: dict[str, HistoryPeek] = {}
        self._ready = {client.name: threading.Event() for client in plan.clients}
        self._counts: WriteCounts | None = None
        self._moved_ns: dict[str, int] = {}
        self._listeners: list[threading.Thread] = []
        self._processes = {client.name: self._spawn(client) for client in deployment.placement.clients}

    def _spawn(self, client: PlacedClient) -> Process:
        sandbox = self.deployment.sandbox
        folder = sandbox.folder(client.host, client.name)
        folder.make()
        spec = client_spec(self.plan, self.deployment.placement, client, self._run, longest_ms=self._longest_ms)
        process = sandbox.spawn(
            client.host,
            COMMAND,
            cwd=folder.path,
            log=self.deployment.log_for(client.name, client.host),
            environment=python_environment(),
            pipes=True,
            sees=client_sees(self.deployment.placement),
            owns=own_histories(self.plan, self._run.history_dir, client.name),
        )
        self.deployment.lives.begin(client.name, process)
        process.tell(spec.orders())
        listener = threading.Thread(target=self._listen, args=(client.name, process.output()), daemon=True)
        listener.start()
        self._listeners.append(listener)
        return process

    def _listen(self, name: str, lines: Iterable[bytes]) -> None:
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                continue
            t_ms = self._events.clock.from_monotonic_ns(int(said["t_ns"]))
            number = said.get("node")
            node = "" if number is None else self.plan.data_nodes()[number].name
            self._events.add(
                ClientSaid(source=name, t_ms=t_ms, action=said["action"], node=node, detail=said.get("detail", ""))
            )
            if said["action"] == "ready":
                self._ready[name].set()

    def begin(self) -> None:
        """Wait until every client is connected to the primary, then let all begin to write.

        :raises LabError: a client ended, or is not connected within 20 s.
        """
        deadline = time.monotonic() + READY_LIMIT_S
        for name, ready in self._ready.items():
            while not ready.wait(0.05):
                if self._processes[name].poll() is not None or time.monotonic() > deadline:
                    raise LabError("is not connected to the primary", where=name, hint="reading its log")
        for name, process in self._processes.items():
            self._peeks[name] = HistoryPeek(self._run.operations_file(name))
            process.tell(b"go\n")
        self.began_s = time.monotonic()
        self._events.add(Phase("load"))
        self._counts = WriteCounts(self._peeks.values(), self._events)
        self._counts.start()

    def change_rate(self, rate_per_s: int) -> None:
        """Let every client begin so many writes a second from now on."""
        for process in self._processes.values():
            process.tell(rate_order(rate_per_s))
        self._events.add(LoadRateChanged(rate_per_s))

    def end(self) -> None:
        """Let all finish what is in flight and wait for them; a second call does nothing."""
        if self._ended:
            return
        self._ended = True
        for name, process in self._processes.items():
            self.deployment.lives.order_end(name)
            process.tell(b"stop\n")
        for name, process in self._processes.items():
            limit_s = self.plan.workload.operation_timeout_ms / 1000 + 5
            if process.wait(limit_s) is None:
                process.kill()
                process.wait()
                self._events.add(ClientSaid(source=name, action="killed", detail=f"did not end within {limit_s} s"))
        for listener in self._listeners:
            listener.join(1.0)
        if self._counts is not None:
            self._counts.stop()
        self._events.add(Phase("load-end"))

    @property
    def peeks(self) -> Mapping[str, HistoryPeek]:
        """The live counters of each client, from the beginning of the load until :meth:`close`."""
        return self._peeks

    def acknowledged_elsewhere_than(self, node: str, clients: tuple[str, ...]) -> bool:
        """True if one of these clients is connected to a data node other than ``node`` and had a write acknowledged there."""
        return any(self._moved(name, node) for name in clients)

    def _moved(self, client: str, node: str) -> bool:
        peek = self._peeks[client]
        number = peek.node
        if number < 0 or self.plan.data_nodes()[number].name == node:
            self._moved_ns.pop(client, None)
            return False
        # The last acknowledgement may still be the old node's: it must be younger than the first look that found the client elsewhere
        return peek.last_ack_ns > self._moved_ns.setdefault(client, time.monotonic_ns()) and self._fresh(peek)

    @staticmethod
    def _fresh(peek: HistoryPeek) -> bool:
        return time.monotonic_ns() - peek.last_ack_ns < 50_000_000

    def steady_since(self, since_s: float) -> bool:
        """True if some client has had writes acknowledged for half a second beyond ``since_s``."""
        since_ns = int(since_s * 1e9) + STEADY_AFTER_MS * 1_000_000
        return any(peek.last_ack_ns > since_ns for peek in self._peeks.values())

    def served_since(self, since_s: float, clients: tuple[str, ...]) -> bool:
        """True if each of these clients (empty: of all) had a write acknowledged since then."""
        since_ns = int(since_s * 1e9)
        return all(self._peeks[name].last_ack_ns > since_ns for name in clients or self._peeks)

    def close(self) -> None:
        """Let go of the histories."""
        if self._counts is not None:
            self._counts.stop()
        for peek in self._peeks.values():
            peek.close()
        self._peeks.clear()

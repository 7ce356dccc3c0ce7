"""The workload: what one client process is told to do, and how to start it.

A client is a separate process (``python -m jsquared.workload.client``) on a separate host. It finds the primary
through the Sentinels, writes unique keys at intended times, and records every write in a history file
(:mod:`jsquared.records.history`). The first line on its stdin is its specification: there are passwords in it, which no
file and no command line may hold. Then it is driven there (``go``, ``login``, ``rate``, ``stop``, end of file) and says on stdout, as JSON
lines, when its view of the deployment changes; the first line is ``{"action": "ready", …}``.

Standard library only: a client must start in tens of milliseconds.
"""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from jsquared.errors import BadInputError

COMMAND = (sys.executable, "-m", "jsquared.workload.client")
"""What starts a client process; its stdin and stdout must be pipes."""
ACK_MODES = ("async", "wait", "waitaof")


@dataclass(frozen=True, kw_only=True)
class SentinelAddress:
    """Where a Sentinel listens, and what to AUTH with there (both empty: nothing).

    ``plain`` says that it speaks no TLS whatever the others do; ``words`` maps commands to the names that they have there.
    """

    address: str
    port: int
    username: str = ""
    password: str = ""
    plain: bool = False
    words: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ClientSpec:
    """Everything a client process needs to know. Times are milliseconds; ``nodes`` gives the node numbers of the history."""

    name: str
    number: int
    sentinels: tuple[SentinelAddress, ...]
    majority: int
    """How many of ``sentinels`` must name the same primary before the client believes it."""
    master_name: str
    nodes: tuple[tuple[str, int], ...]
    """Address and port of every data node; the index is the node number in the history."""
    elsewhere: tuple[tuple[str, int], ...] = ()
    """The same of where they are once they have got other addresses; empty where they keep them."""
    floating: tuple[tuple[str, int], ...] = ()
    """Addresses and ports at which one data node is reached now, and another one later: who is there must say so itself."""
    through: tuple[tuple[str, int], ...] = ()
    """The one of these that the client knows in the place of Sentinels, which it then never asks; empty where it asks them."""
    names: tuple[str, ...] = ()
    """What the data nodes are called, as their configuration files are; needed where addresses float."""
    history: str
    """Path of the history file, made anew."""
    operations_history: str = ""
    """Path of the history of operations with a model, made anew; needed where there are any."""
    username: str = ""
    password: str = ""
    """What to AUTH with at data nodes; an empty password: no AUTH."""
    words: dict[str, str] = field(default_factory=dict)
    """Commands in upper case to the names that they have at data nodes, where those differ."""
    authorities: tuple[str, ...] = ()
    """Files or folders of CA certificates turn TLS on, towards data nodes and Sentinels alike."""
    certfile: str = ""
    keyfile: str = ""
    keypass: str = ""
    plain: bool = False
    """Whether data nodes speak no TLS all the same."""
    source_address: str = ""
    """The address that outgoing connections come from; empty: the kernel's choice."""
    ack_mode: str = "async"
    ack_replicas: int = 0
    ack_local: int = 0
    rate_per_s: int = 250
    """Writes a second at intended times; 0: a closed loop, ``pipeline`` writes in flight on each connection at all times."""
    operations_per_s: int = 0
    """Operations with a model a second (:mod:`jsquared.records.models`), on a connection of their own; 0: none."""
    connections: int = 4
    pipeline: int = 1
    value_bytes: int = 64
    key_prefix: str = "jsquared:"
    operation_timeout_ms: int = 1000
    wait_timeout_ms: int = 500
    max_run_ms: int = 300_000
    """The client ends by itself so long after its start, whatever happens."""

    def __post_init__(self) -> None:
        """Refuse what cannot work.

        :raises BadInputError: a value out of range; the line names the field.
        """
        for wrong, what, hint in self._rules():
            if wrong:
                raise BadInputError(what, where=f"client {self.name}", hint=hint)

    def _rules(self) -> tuple[tuple[bool, str, str], ...]:
        waits = self.ack_mode != "async"
        small = min(self.connections, self.pipeline, self.operation_timeout_ms, self.max_run_ms, self.value_bytes)
        return (
            (not self.sentinels, "no Sentinel to ask", "naming at least one"),
            (not self.nodes or len(self.nodes) > 255, f"{len(self.nodes)} data nodes", "1 to 255"),
            (
                len(self.elsewhere) not in (0, len(self.nodes)),
                f"{len(self.elsewhere)} other addresses of {len(self.nodes)} data nodes",
                "one for each, or none",
            ),
            (
                bool(self.floating) and len(self.names) != len(self.nodes),
                f"{len(self.names)} names of {len(self.nodes)} data nodes, and addresses that float",
                "one for each",
            ),
            (
                len(self.through) > 1 or not set(self.through) <= set(self.floating),
                "goes through what does not float",
                "one of the addresses that float",
            ),
            (
                not 1 <= self.majority <= max(1, len(self.sentinels)),
                f"a majority of {self.majority} among {len(self.sentinels)} Sentinels",
                f"1 to {len(self.sentinels)}",
            ),
            (self.ack_mode not in ACK_MODES, f"'{self.ack_mode}' is no acknowledgement mode", ", ".join(ACK_MODES)),
            (waits and self.ack_replicas + self.ack_local < 1, "waits for nobody", "ack_replicas or ack_local of 1"),
            (
                waits and not 1 <= self.wait_timeout_ms < self.operation_timeout_ms,
                f"wait_timeout_ms {self.wait_timeout_ms} is not below operation_timeout_ms {self.operation_timeout_ms}",
                f"1 to {self.operation_timeout_ms - 1}",
            ),
            (self.rate_per_s < 0, f"rate_per_s {self.rate_per_s}", "0 or more"),
            (self.operations_per_s < 0, f"operations_per_s {self.operations_per_s}", "0 or more"),
            (
                self.operations_per_s > 0 and not self.operations_history,
                "operations without a history",
                "operations_history with the path of a file",
            ),
            (small < 1, "connections, pipeline, value_bytes and times must be at least 1", "1 or more"),
        )

    def to_json(self) -> str:
        """As one JSON object with the fields' names."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str, *, where: str = "client specification") -> "ClientSpec":
        """Parse the output of :meth:`to_json`.

        :raises BadInputError: no JSON object, or unknown, missing or impossible fields.
        """
        try:
            values: dict[str, Any] = json.loads(text)
            sentinels = tuple(SentinelAddress(**sentinel) for sentinel in values.pop("sentinels"))
            nodes = _places(values.pop("nodes"))
            elsewhere = _places(values.pop("elsewhere", ()))
            floating = _places(values.pop("floating", ()))
            through = _places(values.pop("through", ()))
            names = tuple(map(str, values.pop("names", ())))
            authorities = tuple(map(str, values.pop("authorities", ())))
            return cls(
                sentinels=sentinels,
                nodes=nodes,
                elsewhere=elsewhere,
                floating=floating,
                through=through,
                names=names,
                authorities=authorities,
                **values,
            )
        except (ValueError, TypeError, KeyError, AttributeError) as problem:
            known = ", ".join(one.name for one in fields(cls))
            raise BadInputError(f"not a client specification ({problem})", where=where, hint=known) from problem

    def orders(self) -> bytes:
        """Return the orders of a client process: the first line of its stdin."""
        return self.to_json().encode() + b"\n"


def _places(pairs: Iterable[Any]) -> tuple[tuple[str, int], ...]:
    """Addresses and ports as JSON has them."""
    return tuple((str(address), int(port)) for address, port in pairs)

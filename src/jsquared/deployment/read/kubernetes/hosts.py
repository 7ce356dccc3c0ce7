"""The hosts that manifests come to: one for each pod with a server, and what is changed where an operator links them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from jsquared.deployment.model.addresses import is_loopback
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.read.containers.container_servers import Server

_UNDECIDED = ("0.0.0.0", "127.0.0.1")  # noqa: S104 -- what operators write before they know the primary


@dataclass
class Host:
    """A pod with servers. ``operator`` is who tells its servers whom to follow once they run, empty where its files say it."""

    name: str
    namespace: str
    release: str
    address: str
    names: set[str]
    servers: list[Server]
    published: dict[int, int] = field(default_factory=dict)
    images: dict[str, str] = field(default_factory=dict)
    operator: str = ""

    def server(self, *, sentinel: bool) -> Server | None:
        """Its data node or its Sentinel, None without one."""
        return next((each for each in self.servers if each.is_sentinel is sentinel), None)


def find(server: Server, key: str) -> Directive | None:
    """The last line with that key, None where there is none."""
    return next((each for each in reversed(server.directives) if each.key == key), None)


def monitored(server: Server) -> tuple[str, str, str, str] | None:
    """The name, address, port and quorum of the first ``sentinel monitor`` line, None without a whole one."""
    line = next((each for each in server.directives if each.key == "sentinel monitor"), None)
    if line is None or len(line.arguments) != 4:
        return None
    name, address, port, quorum = line.arguments
    return name, address, port, quorum


def is_left_to_an_operator(hosts: Sequence[Host]) -> bool:
    """True if every data node follows itself, and the Sentinels monitor themselves: files that an operator corrects at run time."""
    lines = [find(data, "replicaof") for host in hosts if (data := host.server(sentinel=False))]
    return bool(lines) and all(line is not None and line.arguments and is_loopback(line.arguments[0]) for line in lines)


def linked(hosts: Sequence[Host], quorum: int | None = None) -> list[Host]:
    """The hosts as an operator leaves them: the first data node is the primary, the others follow it, all Sentinels monitor it.

    :param quorum: the one that the operator gives, where it is not the one that is written.
    """
    first = next((host for host in hosts if host.server(sentinel=False)), None)
    if first is None:
        return list(hosts)
    primary = first.server(sentinel=False)
    assert primary is not None  # that is how it was found
    ports = [
        line.arguments[0] for key in ("port", "tls-port") if (line := find(primary, key)) is not None and line.arguments
    ]
    port = next((port for port in ports if port != "0"), "6379")
    return [
        replace(host, servers=[_linked(server, host is first, first.address, port, quorum) for server in host.servers])
        for host in hosts
    ]


def _linked(server: Server, is_first: bool, address: str, port: str, quorum: int | None) -> Server:
    kept = [each for each in server.directives if each.key != "replicaof"]
    source, line = server.source, kept[0].line if kept else None
    if server.is_sentinel:
        lines: Sequence[Directive] = list(_monitoring(kept, address, port, quorum))
    elif is_first:
        lines = kept
    else:
        lines = [*kept, Directive.make(("replicaof", address, port), source, line, "operator")]
    return replace(server, directives=tuple(lines))


def _monitoring(lines: Sequence[Directive], address: str, port: str, quorum: int | None) -> Iterator[Directive]:
    for each in lines:
        if each.key == "sentinel monitor" and len(each.arguments) == 4 and each.arguments[1] in _UNDECIDED:
            words = (*each.words[:3], address, port, str(quorum) if quorum else each.arguments[3])
            yield Directive.make(words, each.source, each.line, each.path)
        else:
            yield each


def begins_alone(servers: Sequence[Server]) -> bool:
    """True if a pod's data node would begin as a primary."""
    data = next((each for each in servers if not each.is_sentinel), None)
    return data is not None and find(data, "replicaof") is None

"""Files that hold the lines of several servers, none of which says whose it is: taken apart by process, or told as mixed.

A collector names the server of each line. A file that was made by ``cat`` does not, but every line begins with its process: ``PID:ROLE``.
Two processes of which one wrote while the other did are two servers. One that began after another ended may be the same server again:
only an id or a port that both wrote decides that. In containers all servers may have one pid, and then nothing takes the lines apart.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jsquared.monitor.logs.happenings import Happening

BACK_S = 1.0
"""A clock that is put right steps back by less, as a rule."""
_ROLE_CHANGES = ("promoted", "reconfigured", "demoted", "starting")
MOST_FLIPS = 3
"""So often a role may change with no line that says so: such lines may be lost."""


class Entry(NamedTuple):
    """A line of a file: of which process, in which role, when, and what it tells."""

    pid: int
    letter: str
    """``X``, ``M`` or ``S``; ``C`` for a child process or a server that starts."""
    at_s: float
    said: Happening | None


@dataclass
class _Process:
    """What one process wrote."""

    pid: int
    first_s: float
    last_s: float
    identity: str = ""
    """A Sentinel's id or a server's port; empty where it did not write it."""
    starts: bool = False
    """Its first line says that it starts."""


def servers_in(entries: Sequence[Entry]) -> int:
    """How many servers wrote these lines, at least: 1 for the log of one server, restarts included."""
    identities = {_identity(one.said) for one in entries if one.said is not None} - {""}
    ids = sum(one.startswith("id ") for one in identities)
    ports = sum(one.startswith("port ") for one in identities)
    return max(1, ids, ports, _at_once(entries), _same_epochs(entries), 2 if _flips(entries) > MOST_FLIPS else 1)


def _identity(said: Happening) -> str:
    if said.kind == "sentinel-id":
        return f"id {said.parts['id']}"
    return f"port {said.parts['port']}" if said.kind == "mode" else ""


def _at_once(entries: Sequence[Entry]) -> int:
    """The most processes that wrote at the same time; those of one Sentinel's id are one, whatever its clock did."""
    spans: dict[str, tuple[float, float]] = {}
    for number, one in enumerate(_processes(entries)):
        key = one.identity if one.identity.startswith("id ") else str(number)
        first_s, last_s = spans.get(key, (one.first_s, one.last_s))
        spans[key] = min(first_s, one.first_s), max(last_s, one.last_s)
    edges = sorted(edge for first, last in spans.values() for edge in ((first, 1), (max(last - BACK_S, first), -1)))
    most = now = 0
    for _, step in edges:
        now += step
        most = max(most, now)
    return most


def _processes(entries: Sequence[Entry]) -> list[_Process]:
    """Each run of a process: a start after it had ended, or one at an earlier time, is another one."""
    found: list[_Process] = []
    latest: dict[int, _Process] = {}
    servers = {one.pid for one in entries if one.letter != "C"}
    for one in entries:
        if one.pid not in servers:
            continue
        is_start = one.said is not None and one.said.kind == "starting"
        of = latest.get(one.pid)
        if of is None or (is_start and (of.starts or abs(one.at_s - of.first_s) > BACK_S)):
            of = latest[one.pid] = _Process(one.pid, one.at_s, one.at_s)
            found.append(of)
        of.starts |= is_start
        of.first_s, of.last_s = min(of.first_s, one.at_s), max(of.last_s, one.at_s)
        if one.said is not None:
            of.identity = _identity(one.said) if one.said.kind == "sentinel-id" else of.identity or _identity(one.said)
    return found


def _same_epochs(entries: Sequence[Entry]) -> int:
    """How often an epoch began, which a Sentinel writes once while it runs; copies of the same line count once."""
    times: dict[tuple[int, int], set[float]] = defaultdict(set)
    starts = 0
    for one in entries:
        if one.said is not None and one.said.kind == "starting":
            starts += 1
        elif one.said is not None and one.said.kind == "+new-epoch":
            times[starts, one.said.number].add(one.at_s)
    return max(map(len, times.values()), default=1)


def _flips(entries: Sequence[Entry]) -> int:
    """How often a data node is a primary and then a replica, or the other way, with no line that says why."""
    flips, before, is_told = 0, "", False
    for one in entries:
        is_told = is_told or (one.said is not None and one.said.kind in _ROLE_CHANGES)
        if one.letter in "MS":
            flips += bool(before) and one.letter != before and not is_told
            is_told = is_told and one.letter == before
            before = one.letter
    return flips


def apart(entries: Sequence[Entry]) -> dict[int, int] | None:
    """Return for each process of a mixed file the server that it belongs to, by the pid of that server's first process.

    None where that does not follow without doubt.
    """
    processes = sorted(_processes(entries), key=lambda one: one.first_s)
    if len({one.pid for one in processes}) != len(processes) or len(processes) < 2:
        return None
    servers: list[list[_Process]] = []
    for one in processes:
        server = _server_of(one, servers)
        if server is None:
            return None
        server.append(one)
        if server not in servers:
            servers.append(server)
    found = {one.pid: server[0].pid for server in servers for one in server}
    for first in set(found.values()):
        own = [one for one in entries if found.get(one.pid) == first]
        if servers_in(own) > 1:
            return None
    return found


def _server_of(process: _Process, servers: Sequence[list[_Process]]) -> list[_Process] | None:
    """The server that a process continues, an empty one for a new server, None where both are possible."""
    ended = [server for server in servers if server[-1].last_s <= process.first_s]
    if not ended:
        return []
    same = [server for server in ended if process.identity and server[-1].identity == process.identity]
    if len(same) == 1 and len(_of_identity(process.identity, servers)) == 1:
        return same[0]
    others = [server for server in ended if server[-1].identity and server[-1].identity != process.identity]
    return [] if process.identity and len(others) == len(ended) else None


def _of_identity(identity: str, servers: Sequence[list[_Process]]) -> list[list[_Process]]:
    return [server for server in servers if server[-1].identity == identity]


@dataclass(frozen=True)
class ServersOfFile:
    """How many Sentinels and data nodes wrote into a file at least, and which process is whose where that is certain."""

    sentinels: int
    data: int
    apart: Mapping[str, Mapping[int, int]]
    """By role, ``sentinel`` and ``data``: the pid of each server's first process, by the pids of its processes. A role of one server, and
    one whose lines cannot be taken apart, has none."""

    def undivided(self, role: str) -> int:
        """How many servers' lines lie in each log of this role at least, once lines are taken apart."""
        return 1 if self.apart[role] else self.sentinels if role == "sentinel" else self.data

    def server(self, pid: int, letter: str, before: int) -> int:
        """The pid of the first process of a line's server, 0 where its lines are not taken apart.

        :param before: the same of the line before: who wrote it forked the child that wrote this one.
        """
        if letter == "C":
            return self.apart["data"].get(pid) or self.apart["sentinel"].get(pid) or before
        return self.apart["sentinel" if letter == "X" else "data"].get(pid, 0)


def servers_of(entries: Sequence[Entry]) -> ServersOfFile:
    """Find out whose lines they are: of Sentinels and data nodes, each by itself."""
    groups = _by_role(entries)
    numbers = {role: servers_in(lines) for role, lines in groups.items()}
    divided = {role: (apart(lines) or {}) if numbers[role] > 1 else {} for role, lines in groups.items()}
    return ServersOfFile(numbers["sentinel"], numbers["data"], divided)


def _by_role(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """The lines of Sentinels and of data nodes; those of a start belong to what the same process writes next."""
    groups: dict[str, list[Entry]] = {"sentinel": [], "data": []}
    following: dict[int, str] = {}
    for one in reversed(entries):
        role = following.get(one.pid, "data") if one.letter == "C" else "sentinel" if one.letter == "X" else "data"
        following[one.pid] = role
        groups[role].append(one)
    return {role: lines[::-1] for role, lines in groups.items()}


def note(entries: list[Entry], one: Entry) -> None:
    """Add what a line says of its process; of lines in a row that tell nothing else the first and the last are enough."""
    is_same = len(entries) > 1 and all(each.said is None and each[:2] == one[:2] for each in (*entries[-2:], one))
    if is_same and one.at_s >= entries[-1].at_s:
        entries[-1] = one
    else:
        entries.append(one)

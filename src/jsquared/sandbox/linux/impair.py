"""Impaired links: packets that the switch does not forward itself any more, but a relay process does, late, twice or never.

For an impaired link the switch drops what it would forward (a rule like a cut's), and a raw packet socket at the port it comes from
hands it to the relay (:mod:`jsquared.sandbox.linux.impair_relay`), which sends it on the switch again. That needs nothing of the kernel but
what cutting needs, and packet sockets; see docs/decisions/0009-packet-impairment.md.
"""

import contextlib
import itertools
import json
import select
import socket
import subprocess
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import IO, Any

from jsquared.errors import SandboxError
from jsquared.sandbox.link import Impairment, PacketCounts
from jsquared.sandbox.linux import impair_relay, nftables
from jsquared.sandbox.linux.impair_packets import AddressPair, receiver, select_pairs, sender, take_missed
from jsquared.sandbox.linux.local_process import LocalProcess
from jsquared.sandbox.linux.netlink import Netlink
from jsquared.sandbox.linux.refusal import explain_network

ANSWER_LIMIT_S = 5.0


@dataclass(frozen=True)
class Line:
    """One link as the switch sees it: the rule that matches its packets, and every pair of addresses they may have."""

    match: nftables.Match
    pairs: tuple[bytes, ...]

    @property
    def selected(self) -> frozenset[AddressPair]:
        """Return the address pairs that the socket at its port has to receive."""
        return frozenset((pair, self.match.port or 0) for pair in self.pairs)


class RelayProcess:
    """The relay and its sockets: one to receive and one to send for every port of the switch, by the port's number.

    :raises OSError: the kernel refuses packet sockets.
    """

    def __init__(self, ports: dict[int, str]) -> None:
        with contextlib.ExitStack() as opened:
            self._receivers = {index: opened.enter_context(receiver(name)) for index, name in ports.items()}
            senders = [opened.enter_context(sender(index)) for index in ports]
            self._missed = 0
            pairs = zip(self._receivers.values(), senders, strict=True)
            descriptors = [each.fileno() for pair in pairs for each in pair]
            self._process = _start(descriptors)
            self._seen = LocalProcess("", self._process)
            self._sockets = opened.pop_all()
        self._lock = threading.Lock()

    def select(self, lines: Iterable[Line]) -> None:
        """Receive the packets of these lines and no others."""
        wanted: dict[int, set[AddressPair]] = {index: set() for index in self._receivers}
        for line in lines:
            wanted[line.match.input_index] |= line.selected
        for index, pairs in wanted.items():
            select_pairs(self._receivers[index], pairs)

    @property
    def missed(self) -> int:
        """Packets that were lost here because the relay could not keep up."""
        with self._lock:
            self._missed += sum(map(take_missed, self._receivers.values()))
            return self._missed

    def tell(self, **words: Any) -> PacketCounts:
        """Give the relay one command; its answer.

        :raises SandboxError: it has ended, or does not answer within 5 s.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            try:
                self._process.stdin.write(json.dumps(words).encode() + b"\n")
                self._process.stdin.flush()
            except OSError as problem:
                raise self._ended() from problem
            return PacketCounts(**json.loads(self._answer(self._process.stdout)))

    def _answer(self, stdout: IO[bytes]) -> bytes:
        if not select.select([stdout], [], [], ANSWER_LIMIT_S)[0]:
            raise SandboxError(f"the relay of impaired links does not answer within {ANSWER_LIMIT_S:.0f} s")
        line = stdout.readline()
        if not line:
            raise self._ended()
        return line

    def _ended(self) -> SandboxError:
        code = self._process.wait(ANSWER_LIMIT_S)
        assert self._process.stderr is not None
        last = self._process.stderr.read().decode(errors="replace").strip().rpartition("\n")[2]
        return SandboxError(f"the relay of impaired links has ended with code {code}: {last or 'it said nothing'}")

    @property
    def process(self) -> LocalProcess:
        """The running process."""
        return self._seen

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait(ANSWER_LIMIT_S)
        for pipe in filter(None, (self._process.stdin, self._process.stdout, self._process.stderr)):
            with contextlib.suppress(OSError):  # unsent data towards a dead process
                pipe.close()
        self._sockets.close()


def _start(descriptors: Sequence[int]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        impair_relay.argv(descriptors),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=descriptors,
        start_new_session=True,
    )


class Impairer:
    """The impairments of one trial; the relay is started with the first.

    :param ports: number and name of every port of the switch.
    """

    def __init__(self, rules: Netlink, ports: dict[int, str]) -> None:
        self.rules = rules
        self._ports = ports
        self._relay: RelayProcess | None = None
        self._numbers = itertools.count(1)
        self._lines: dict[str, Sequence[Line]] = {}
        self._lock = threading.Lock()

    def impair(self, lines: Sequence[Line], impairment: Impairment) -> "ImpairedLinks":
        """Impair links, all of them from one moment on.

        :raises SandboxError: the kernel lacks packet sockets or nf_tables, or the relay does not start.
        """
        name = f"impair{next(self._numbers)}"
        with self._lock:
            try:
                relay = self._relay = self._relay or RelayProcess(self._ports)
                relay.tell(add=name, settings=asdict(impairment), directions=_directions(lines))
                self._lines[name] = lines
                # Relaying begins a moment before forwarding ends: in between packets arrive twice rather than never.
                relay.select(itertools.chain.from_iterable(self._lines.values()))
                nftables.install(self.rules, name, [line.match for line in lines], relayed=False)
            except OSError as error:
                raise explain_network(error, "impairing links", "nf_tables af_packet") from error
        return ImpairedLinks(self, relay, name)

    def restore(self, relay: RelayProcess, name: str) -> PacketCounts:
        """Let the switch forward again; the last counts."""
        with self._lock:
            del self._lines[name]
            nftables.remove(self.rules, name)
            relay.select(itertools.chain.from_iterable(self._lines.values()))
            return relay.tell(remove=name)

    @property
    def process(self) -> LocalProcess | None:
        """The relay's process, None before the first impairment."""
        return self._relay.process if self._relay is not None else None

    def close(self) -> None:
        """End the relay."""
        if self._relay is not None:
            self._relay.close()
            self._relay = None


class ImpairedLinks:
    """Links under one impairment; usable from any thread."""

    def __init__(self, impairer: Impairer, relay: RelayProcess, name: str) -> None:
        self._impairer = impairer
        self._relay = relay
        self._name = name
        self._missed_before = relay.missed
        self._final: PacketCounts | None = None
        self._lock = threading.Lock()

    def counts(self) -> PacketCounts:
        """Return the fate of packets so far; after :meth:`restore`, the last counts."""
        with self._lock:
            return self._final or self._with_missed(self._relay.tell(count=self._name))

    def restore(self) -> None:
        """Let packets pass as before."""
        with self._lock:
            if self._final is None:
                self._final = self._with_missed(self._impairer.restore(self._relay, self._name))

    def _with_missed(self, counts: PacketCounts) -> PacketCounts:
        return replace(counts, missed=self._relay.missed - self._missed_before)


def _directions(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines from one host to another share their capacity and their order."""
    between: dict[tuple[int, int, int], set[bytes]] = {}
    for line in lines:
        match = line.match
        between.setdefault((match.input_index, match.output_index, match.port or 0), set()).update(line.pairs)
    return [{"port": port, "pairs": sorted(pair.hex() for pair in pairs)} for (_, _, port), pairs in between.items()]


def address_pairs(sources: Iterable[str], destinations: Iterable[str]) -> tuple[bytes, ...]:
    """Every pair of a source and a destination address, as 8 bytes."""
    return tuple(
        socket.inet_aton(source) + socket.inet_aton(destination)
        for source, destination in itertools.product(sources, destinations)
    )

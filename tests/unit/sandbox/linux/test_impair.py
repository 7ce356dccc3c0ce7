"""Impairments as the trial sees them, with a real relay process on made-up lines and without the kernel's rules."""

import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox import attempt
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.link import Endpoint, Impairment, LinkSelector, PacketCounts, Volley
from jsquared.sandbox.linux import impair
from jsquared.sandbox.linux.impair import Impairer, Line, address_pairs
from jsquared.sandbox.linux.network import Network
from jsquared.sandbox.linux.nftables import Match
from jsquared.sandbox.loopback import LoopbackSandbox

PORTS = {101: "host1", 102: "host2"}
THERE = Line(Match(101, 102, only_ipv4=True), address_pairs(["10.77.1.1"], ["10.77.1.2"]))
BACK = Line(Match(102, 101, port=6379, only_ipv4=True), address_pairs(["10.77.1.2"], ["10.77.1.1", "10.77.2.1"]))


class Kernel:
    """What the kernel was asked for: rules by table, pairs by port; ``missed`` is what it says that it dropped."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tables: dict[str, list[Match]] = {}
        self.selected: dict[int, set[tuple[bytes, int]]] = {}
        self.missed = 0
        self._ports: dict[int, int] = {}
        self._ends: list[socket.socket] = []
        monkeypatch.setattr(impair.nftables, "install", self._install)
        monkeypatch.setattr(impair.nftables, "remove", lambda _, table: self.tables.pop(table))
        monkeypatch.setattr(impair, "receiver", lambda name: self._socket(int(name.removeprefix("host")) + 100))
        monkeypatch.setattr(impair, "sender", self._socket)
        monkeypatch.setattr(impair, "select_pairs", self._select)
        monkeypatch.setattr(impair, "take_missed", lambda _: self.missed)

    def _install(self, _rules: object, table: str, matches: list[Match], *, relayed: bool) -> None:
        assert not relayed
        self.tables[table] = matches

    def _socket(self, port: int) -> socket.socket:
        made, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ends.append(other)
        self._ports.setdefault(port, made.fileno())
        return made

    def _select(self, target: socket.socket, pairs: set[tuple[bytes, int]]) -> None:
        [port] = [port for port, descriptor in self._ports.items() if descriptor == target.fileno()]
        self.selected[port] = pairs

    def close(self) -> None:
        """Close the far ends."""
        for end in self._ends:
            end.close()


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Kernel]:
    """A kernel on paper."""
    made = Kernel(monkeypatch)
    yield made
    made.close()


@pytest.fixture
def impairer(kernel: Kernel) -> Iterator[Impairer]:
    """An impairer with nothing impaired; the relay is a real process."""
    made = Impairer(None, PORTS)  # type: ignore[arg-type]
    yield made
    made.close()


def relay_of(impairer: Impairer) -> Any:
    """The relay's process."""
    assert impairer._relay is not None
    return impairer._relay._process


def test_links_are_diverted_and_come_back(kernel: Kernel, impairer: Impairer) -> None:
    """While links are impaired the switch drops and the sockets receive exactly their packets; afterwards neither."""
    first = impairer.impair([THERE, BACK], Impairment(delay_ms=10))
    second = impairer.impair([THERE], Impairment(loss_percent=10))
    assert kernel.tables == {"impair1": [THERE.match, BACK.match], "impair2": [THERE.match]}
    assert kernel.selected == {101: {(THERE.pairs[0], 0)}, 102: {(pair, 6379) for pair in BACK.pairs}}
    first.restore()
    first.restore()
    assert list(kernel.tables) == ["impair2"]
    assert kernel.selected == {101: {(THERE.pairs[0], 0)}, 102: set()}
    second.restore()
    assert first.counts() == second.counts() == PacketCounts()
    assert (kernel.tables, kernel.selected) == ({}, {101: set(), 102: set()})


def test_no_links_may_be_impaired(kernel: Kernel, impairer: Impairer) -> None:
    """An impairment of nothing does nothing."""
    impairer.impair([], Impairment(delay_ms=10)).restore()
    assert kernel.selected == {101: set(), 102: set()}


def test_what_this_machine_missed_is_counted(kernel: Kernel, impairer: Impairer) -> None:
    """Packets that found no room are told from lost ones, and counted from the impairment's beginning."""
    impairer.impair([THERE], Impairment(delay_ms=10))
    kernel.missed = 2
    second = impairer.impair([THERE], Impairment(delay_ms=10))
    assert second.counts().missed == 4, "two ports with 2 each, since it began"
    second.restore()
    assert second.counts().missed == 8


def test_an_ended_relay_is_said(impairer: Impairer) -> None:
    """A relay that ends by itself is no silent end of an impairment."""
    made = impairer.impair([THERE], Impairment(delay_ms=10))
    relay_of(impairer).kill()
    relay_of(impairer).wait(10)
    for question in (made.counts, made.restore):
        with pytest.raises(SandboxError, match="has ended with code -9: it said nothing"):
            question()


def test_the_last_words_of_a_relay_are_said(impairer: Impairer) -> None:
    """A relay that fails says why."""
    made = impairer.impair([THERE], Impairment(delay_ms=10))
    made._name = "unknown"
    with pytest.raises(SandboxError, match="has ended with code 1: KeyError: 'unknown'"):
        made.counts()


def test_a_silent_relay_is_said(impairer: Impairer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that does not answer is not waited for for ever."""
    made = impairer.impair([THERE], Impairment(delay_ms=10))
    monkeypatch.setattr(impair, "ANSWER_LIMIT_S", 0.05)
    os.kill(relay_of(impairer).pid, signal.SIGSTOP)
    with pytest.raises(SandboxError, match="does not answer within 0 s"):
        made.counts()
    os.kill(relay_of(impairer).pid, signal.SIGCONT)


def test_a_kernel_without_packet_sockets_is_explained(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names what is refused and the module for it, and nothing is left."""

    def refuse(_mark: int) -> None:
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))

    monkeypatch.setattr(impair, "sender", refuse)
    impairer = Impairer(None, PORTS)  # type: ignore[arg-type]
    with pytest.raises(SandboxError, match=r"impairing links is refused.*modprobe -a nf_tables af_packet"):
        impairer.impair([THERE], Impairment(delay_ms=10))
    assert kernel.tables == {}
    impairer.close()


def test_a_whole_host_is_all_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A link between roles is one pair of addresses, between hosts every pair of theirs; only IPv4 is diverted."""
    network = Network()
    monkeypatch.setattr(network, "_namespaces", {"a": 1, "b": 2})
    whole = network.line(LinkSelector(Endpoint("a"), Endpoint("b")))
    one = network.line(LinkSelector(Endpoint("a", "data"), Endpoint("b", "client"), 6379))
    assert (len(set(whole.pairs)), whole.match) == (9, Match(101, 102, only_ipv4=True))
    assert one.pairs == (socket.inet_aton("10.77.1.1") + socket.inet_aton("10.77.3.2"),)
    assert one.selected == {(one.pairs[0], 6379)}
    assert network.ports == {101: "host1", 102: "host2"}
    with pytest.raises(SandboxError, match="within one host"):
        network.line(LinkSelector(Endpoint("a"), Endpoint("a", "data")))


def test_loopback_has_nothing_to_impair(tmp_path: Path) -> None:
    """On loopback, links cannot be impaired, and that is said."""
    sandbox = LoopbackSandbox(tmp_path)
    assert Capability.DELAY not in sandbox.capabilities
    assert sandbox.impairments is None


class HalfSandbox:
    """A sandbox whose impairments do to datagrams what the test says: ``during`` and afterwards."""

    def __init__(self, *volleys: Volley) -> None:
        self.volleys = list(volleys)
        self.impairments = self

    def impair(self, *_: object) -> "HalfSandbox":
        """Pretend to impair."""
        return self

    def restore(self) -> None:
        """Pretend to restore."""

    def volley(self, *_: object, **__: object) -> Volley:
        """The next one."""
        return self.volleys.pop(0)


LATE, PROMPT, NONE = Volley(3, (5.1, 5.2, 5.3)), Volley(3, (0.1, 0.1, 0.1)), Volley(3, ())


def _tried(*volleys: Volley) -> Callable[[], None]:
    return lambda: attempt._impair_one_link(HalfSandbox(*volleys))  # type: ignore[arg-type]


def test_an_attempt_measures_the_delay() -> None:
    """Delaying counts as possible only where packets came late while it lasted, and came at all afterwards."""
    _tried(LATE, PROMPT)()
    for volleys in ((PROMPT, PROMPT), (NONE, PROMPT), (LATE, NONE)):
        with pytest.raises(SandboxError, match="of 3 packets delayed by 5 ms"):
            _tried(*volleys)()

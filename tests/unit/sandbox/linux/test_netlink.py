"""Netlink messages: what is sent to the kernel and how its answers are read, against the kernel itself and against a stand-in."""

import errno
import struct

import pytest

from jsquared.sandbox.linux import links, nftables
from jsquared.sandbox.linux.netlink import DUMP, Message, Netlink, attribute, attributes, be32, nested, text, u32


class Answers:
    """A socket that has its answers already."""

    def __init__(self, *datagrams: bytes) -> None:
        self.datagrams = list(datagrams)
        self.sent = b""

    def sendto(self, data: bytes, _address: tuple[int, int]) -> None:
        """Keep what was sent."""
        self.sent += data

    def recv(self, _size: int) -> bytes:
        """The next answer."""
        return self.datagrams.pop(0)

    def close(self) -> None:
        """Nothing to close."""


def answer(kind: int, sequence: int, body: bytes) -> bytes:
    """One message from the kernel."""
    return struct.pack("=IHHII", len(body) + 16, kind, 0, sequence, 0) + body


def stand_in(monkeypatch: pytest.MonkeyPatch, *datagrams: bytes) -> tuple[Netlink, Answers]:
    """A netlink whose kernel gives these answers."""
    netlink, answers = Netlink(links.NETLINK_ROUTE), Answers(*datagrams)
    netlink.close()
    monkeypatch.setattr(netlink, "_socket", answers)
    return netlink, answers


def test_attributes_are_padded_and_read_back() -> None:
    """Attributes of any length are written to four-byte bounds and come back in order."""
    data = text(1, "eth0") + u32(2, 7) + be32(3, 7) + attribute(4, b"")
    assert len(data) % 4 == 0
    assert list(attributes(data)) == [(1, b"eth0\0"), (2, struct.pack("=I", 7)), (3, b"\0\0\0\7"), (4, b"")]


def test_nested_attributes_are_read_back() -> None:
    """An attribute of attributes comes back under its plain number."""
    ((kind, inner),) = attributes(nested(18, text(1, "veth")))
    assert (kind, list(attributes(inner))) == (18, [(1, b"veth\0")])


def test_malformed_attributes_end() -> None:
    """A length of zero does not keep the reader for ever."""
    assert list(attributes(bytes(8))) == [(0, b""), (0, b"")]


def test_kernel_answers_a_question() -> None:
    """The real kernel describes the loopback interface."""
    with Netlink(links.NETLINK_ROUTE) as netlink:
        (body,) = netlink.ask(Message(18, struct.pack("=BxHiII", 0, 0, links.LOOPBACK_INDEX, 0, 0)))
        assert dict(attributes(body[16:]))[3] == b"lo\0"
        everything = netlink.ask(Message(18, struct.pack("=BxHiII", 0, 0, 0, 0, 0), DUMP))
    assert any(dict(attributes(body[16:]))[3] == b"lo\0" for body in everything)


def test_kernel_refusal_is_an_oserror() -> None:
    """What the real kernel refuses carries its error number."""
    with Netlink(links.NETLINK_ROUTE) as netlink, pytest.raises(OSError) as refused:  # noqa: PT011
        netlink.ask(Message(18, struct.pack("=BxHiII", 0, 0, 2**31 - 1, 0, 0)))
    assert refused.value.errno == errno.ENODEV


def test_failure_before_the_last_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first failure among many requests is raised, and answers to earlier requests are skipped."""
    stale, failed = answer(2, 77, struct.pack("=i", -errno.EIO)), answer(2, 1, struct.pack("=i", -errno.EPERM))
    netlink, answers = stand_in(monkeypatch, stale + failed)
    with pytest.raises(PermissionError):
        netlink.run([Message(16, b""), Message(16, b"")])
    flags = [struct.unpack_from("=IHHII", answers.sent, at)[2] for at in (0, 16)]
    assert flags == [1, 5], "only the last asks for an acknowledgement"


def test_other_answers_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting goes on until the last request is acknowledged."""
    netlink, answers = stand_in(monkeypatch, answer(16, 1, b"news"), answer(2, 1, bytes(4)), answer(2, 2, bytes(4)))
    netlink.run([Message(16, b""), Message(16, b"")])
    assert not answers.datagrams


def test_batch_asks_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a netfilter batch the message before the end marker is the one that is acknowledged."""
    netlink, answers = stand_in(monkeypatch, answer(2, 2, bytes(4)))
    nftables.remove(netlink, "cut1")
    kinds, at = [], 0
    while at < len(answers.sent):
        length, kind, flags, _, _ = struct.unpack_from("=IHHII", answers.sent, at)
        kinds.append((kind, bool(flags & 4)))
        at += length
    assert kinds == [(0x10, False), (0xA02, True), (0x11, False)]


def test_waiting_for_an_interface_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interface that does not come up is a TimeoutError that names it."""
    monkeypatch.setattr(links, "_READY_LIMIT_S", 0.0)
    monkeypatch.setattr(links, "is_up", lambda *_: False)
    with Netlink(links.NETLINK_ROUTE) as netlink, pytest.raises(TimeoutError, match="interface 100"):
        links.wait_up(netlink, [100])


def test_waiting_goes_on_until_an_interface_is_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interface that is not up yet is asked again."""
    states = iter([False, True])
    monkeypatch.setattr(links, "is_up", lambda *_: next(states))
    with Netlink(links.NETLINK_ROUTE) as netlink:
        links.wait_up(netlink, [100])
    assert list(states) == []


def test_hardware_addresses_are_distinct() -> None:
    """Every host has a hardware address of its own, locally administered and for one receiver."""
    addresses = {links.hardware_address(number) for number in range(300)}
    assert len(addresses) == 300
    assert all(address[0] & 3 == 2 for address in addresses)


def test_missing_ipv6_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where IPv6 cannot be switched off, nothing is raised."""
    monkeypatch.setattr(links, "Path", lambda _: _Unwritable())
    links.without_ipv6()


def test_missing_bridge_filters_are_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where iptables never sees what passes a bridge, nothing is raised."""
    monkeypatch.setattr(links, "Path", lambda _: _Unwritable())
    links.without_packet_filters()


class _Unwritable:
    def write_text(self, _text: str) -> int:
        """Refuse, as a read-only /proc/sys does."""
        raise OSError(errno.EROFS, "read-only")


def test_rule_without_counter_counts_nothing() -> None:
    """A rule that somebody else made without a counter adds nothing to the count."""
    lone = nested(1, text(1, "immediate"), nested(2))
    counter = nested(1, text(1, "counter"), nested(2, attribute(2, (7).to_bytes(8, "big"))))
    assert nftables._counted(lone) == 0
    assert nftables._counted(lone + counter) == 7


def test_other_tables_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Older kernels list the rules of all tables: only those asked for count."""
    counter = nested(1, text(1, "counter"), nested(2, attribute(2, (7).to_bytes(8, "big"))))
    rules = [answer(0xA06, 1, bytes(4) + text(1, name) + nested(4, counter)) for name in ("cut1", "cut2")]
    netlink, _ = stand_in(monkeypatch, *rules, answer(3, 1, bytes(4)))
    assert nftables.packets(netlink, "cut2") == 7

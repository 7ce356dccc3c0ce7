"""Cuts as nftables rules in the bridge family, by netlink: one table a cut, so it comes and goes in one transaction.

The rules sit where the switch forwards between ports. What the observer sends or receives is not forwarded, so no cut touches it.
A second chain holds the same rules for packets that the relay of impaired links sends on the switch: those come from no port, but are
marked with the number of the port that they came from.
Formats: ``linux/netfilter/nf_tables.h``, ``linux/netfilter/nfnetlink.h``.
"""

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from jsquared.sandbox.linux.netlink import (
    APPEND,
    BATCH_END,
    CREATE,
    DUMP,
    Message,
    Netlink,
    attribute,
    attributes,
    be32,
    nested,
    text,
)

NETLINK_NETFILTER = 12
_FAMILY_BRIDGE = 7
_HOOK_FORWARD, _HOOK_OUTPUT = 2, 3
_SUBSYSTEM = 10
_BATCH_BEGIN = 0x10
_NEWTABLE, _DELTABLE, _NEWCHAIN, _NEWRULE, _GETRULE = 0, 2, 3, 6, 7
_RULE_TABLE, _RULE_CHAIN, _RULE_EXPRESSIONS = 1, 2, 4
_META_PROTOCOL, _META_MARK, _META_INPUT, _META_OUTPUT, _META_L4PROTO = 1, 3, 4, 5, 16
_BASE_NETWORK, _BASE_TRANSPORT = 1, 2
_SOURCE_OFFSET, _DESTINATION_OFFSET = 12, 16
_ETHERTYPE_IPV4 = struct.pack(">H", 0x0800)
_FORWARDED, _RELAYED = "forward", "relayed"
_HOOKS = {_FORWARDED: _HOOK_FORWARD, _RELAYED: _HOOK_OUTPUT}
_DIVERTED, _CUT = 0, 1
"""Priorities of chains: what is diverted to the relay is gone before a cut looks, which so counts each packet once, at its end."""
_SOURCE_KEYS = {_FORWARDED: _META_INPUT, _RELAYED: _META_MARK}


@dataclass(frozen=True)
class Match:
    """Which packets a rule drops: from one port of the switch to another, optionally only IPv4, by address and port."""

    input_index: int
    output_index: int
    source: str | None = None
    destination: str | None = None
    port: int | None = None
    only_ipv4: bool = False


def install(netlink: Netlink, table: str, matches: Sequence[Match], *, relayed: bool = True) -> None:
    """Drop and count what any of them matches, from one moment on for all of them.

    :param relayed: also what the relay sends; without, only what the switch forwards by itself, and before any cut sees it.
    :raises OSError: the kernel refuses; then nothing is cut.
    """
    messages = [_message(_NEWTABLE, text(1, table), CREATE)]
    for chain in (_FORWARDED, _RELAYED) if relayed else (_FORWARDED,):
        messages.append(_message(_NEWCHAIN, _chain(table, chain, _CUT if relayed else _DIVERTED), CREATE))
        for match in matches:
            messages += [_rule(table, chain, expressions) for expressions in _expressions(match, _SOURCE_KEYS[chain])]
    netlink.run(_batch(messages))


def remove(netlink: Netlink, table: str) -> None:
    """Let everything through that the table dropped, from one moment on."""
    netlink.run(_batch([_message(_DELTABLE, text(1, table))]))


def packets(netlink: Netlink, table: str) -> int:
    """Packets the table's rules have dropped so far."""
    total = 0
    for answer in netlink.ask(_message(_GETRULE, text(_RULE_TABLE, table), DUMP)):
        rule = dict(attributes(answer[4:]))
        if rule[_RULE_TABLE] == table.encode() + b"\0":
            total += _counted(rule[_RULE_EXPRESSIONS])
    return total


def _counted(expressions: bytes) -> int:
    for _, element in attributes(expressions):
        parts = dict(attributes(element))
        if parts[1] == b"counter\0":
            return int.from_bytes(dict(attributes(parts[2]))[2], "big")
    return 0


def _message(kind: int, body: bytes, flags: int = 0) -> Message:
    return Message(_SUBSYSTEM << 8 | kind, struct.pack(">BBH", _FAMILY_BRIDGE, 0, 0) + body, flags)


def _batch(messages: Sequence[Message]) -> list[Message]:
    marker = struct.pack(">BBH", 0, 0, _SUBSYSTEM)
    return [Message(_BATCH_BEGIN, marker), *messages, Message(BATCH_END, marker)]


def _chain(table: str, chain: str, priority: int) -> bytes:
    hook = nested(4, be32(1, _HOOKS[chain]), be32(2, priority))
    return text(1, table) + text(3, chain) + hook + text(7, "filter")


def _rule(table: str, chain: str, expressions: Sequence[bytes]) -> Message:
    elements = nested(_RULE_EXPRESSIONS, *(nested(1, expression) for expression in expressions))
    body = text(_RULE_TABLE, table) + text(_RULE_CHAIN, chain) + elements
    return _message(_NEWRULE, body, CREATE | APPEND)


def _expressions(match: Match, source_key: int) -> list[list[bytes]]:
    """One expression list a rule: with a port, one rule each for TCP and UDP and for either end."""
    common = [*_meta_is(source_key, _index(match.input_index)), *_meta_is(_META_OUTPUT, _index(match.output_index))]
    if match.source or match.destination or match.port or match.only_ipv4:
        common += _meta_is(_META_PROTOCOL, _ETHERTYPE_IPV4)
    for offset, address in ((_SOURCE_OFFSET, match.source), (_DESTINATION_OFFSET, match.destination)):
        if address:
            common += _payload_is(_BASE_NETWORK, offset, socket.inet_aton(address))
    narrowed = [[]] if match.port is None else _port_is(match.port)
    return [[*common, *more, _counter(), _drop()] for more in narrowed]


def _port_is(port: int) -> list[list[bytes]]:
    packed = struct.pack(">H", port)
    protocols = (socket.IPPROTO_TCP, socket.IPPROTO_UDP)
    return [
        [*_meta_is(_META_L4PROTO, bytes((protocol,))), *_payload_is(_BASE_TRANSPORT, offset, packed)]
        for protocol in protocols
        for offset in (0, 2)
    ]


def _index(index: int) -> bytes:
    return struct.pack("=I", index)


def _expression(name: str, *data: bytes) -> bytes:
    return text(1, name) + nested(2, *data)


def _is(value: bytes) -> bytes:
    return _expression("cmp", be32(1, 1), be32(2, 0), nested(3, attribute(1, value)))


def _meta_is(key: int, value: bytes) -> list[bytes]:
    return [_expression("meta", be32(1, 1), be32(2, key)), _is(value)]


def _payload_is(base: int, offset: int, value: bytes) -> list[bytes]:
    return [_expression("payload", be32(1, 1), be32(2, base), be32(3, offset), be32(4, len(value))), _is(value)]


def _counter() -> bytes:
    return _expression("counter", attribute(1, bytes(8)), attribute(2, bytes(8)))


def _drop() -> bytes:
    return _expression("immediate", be32(1, 0), nested(2, nested(2, be32(1, 0))))

"""Floating addresses as the user describes them: which hosts share one, and by which rule it moves (``floating:``, ``--floating``).

In YAML::

    floating:
      - address: 10.5.0.100
        hosts: [a, b, c]        # default: all data hosts; the first has the highest priority
        follows: primary        # primary, host or manual
        after: 2s               # default: 3s
        preempt: yes            # whether a host takes it from one that comes after it
        nonlocal_bind: no       # net.ipv4.ip_nonlocal_bind of these hosts

On the command line ``--floating 10.5.0.100=primary,after=2s,hosts=a+b+c``; the rule alone is enough. What the rules mean is in
``docs/guides/floating-addresses.md``.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

from jsquared.deployment.model.addresses import ip_of
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.spec import DataNode, Deployment, Floating
from jsquared.deployment.read.yaml.yaml_items import Item
from jsquared.errors import BadInputError
from jsquared.records.plan import Follows
from jsquared.text import did_you_mean, one_of

FOLLOWS: tuple[Follows, ...] = ("primary", "host", "manual")
KEYS = ("address", "hosts", "follows", "after", "preempt", "nonlocal_bind")
YES_OR_NO = ("yes", "no")
DEFAULT_AFTER_MS = 3_000
"""keepalived's own: a second between two words of the holder, and three of them missed."""
LEAST_AFTER_MS = 500
MOST_AFTER_MS = 60_000
MOST = 16
_EXAMPLE = "10.5.0.100=primary,after=2s,hosts=a+b"
_TIME = re.compile(r"([0-9]{1,6})(ms|s)")

Bad = Callable[..., BadInputError]


@dataclass(frozen=True)
class Wish:
    """The description of one floating address; without ``hosts`` all data hosts are meant. ``bad`` makes errors that name its place."""

    address: str
    bad: Bad
    hosts: tuple[str, ...] = ()
    follows: Follows = "primary"
    after_ms: int = DEFAULT_AFTER_MS
    preempts: bool = True
    nonlocal_bind: bool = False

    def among(self, data_hosts: Sequence[str]) -> tuple[str, ...]:
        """The hosts that may have it, in the order of their priority.

        :raises BadInputError: one of them has no data node, or there is only one.
        """
        for host in self.hosts:
            if host not in data_hosts:
                hint = did_you_mean(host, data_hosts, otherwise=one_of(data_hosts))
                raise self.bad(f"host '{readable(host)}' has no data node", hint)
        hosts = tuple(dict.fromkeys(self.hosts or data_hosts))
        if len(hosts) < 2 or len(hosts) < len(self.hosts):
            what = "is given a host twice" if len(hosts) < len(self.hosts) else "floats between at least two hosts"
            raise self.bad(f"{self.address} {what}", "two hosts with data nodes, or more")
        return hosts


def from_option(text: str) -> Wish:
    """Parse ``--floating``.

    :raises BadInputError: it cannot be read; the line shows how it is written.
    """

    def bad(what: str, hint: str = "") -> BadInputError:
        return BadInputError(what, where=f"--floating {readable(text)}", hint=hint or _EXAMPLE)

    first, *rest = text.split(",")
    address, equals, follows = (part.strip() for part in first.partition("="))
    if not equals:
        raise bad("is not ADDRESS=RULE", f"{readable(address) or '10.5.0.100'}=primary")
    values = {"address": address, "follows": follows}
    for word in rest:
        key, equals, value = (part.strip() for part in word.partition("="))
        if not equals or key not in KEYS[1:]:
            near = did_you_mean(key, KEYS[1:])
            raise bad(
                f"'{readable(word)}' is not part of it",
                f"{near}=…" if near else "after=2s or hosts=a+b",
            )
        if key in values:
            raise bad(f"'{key}' is given twice", "removing one of them")
        values[key] = value
    return Wish(
        _address(values["address"], bad),
        bad,
        tuple(values["hosts"].split("+")) if "hosts" in values else (),
        cast("Follows", _word(values["follows"], FOLLOWS, bad)),
        _after_ms(values["after"], bad) if "after" in values else DEFAULT_AFTER_MS,
        _word(values.get("preempt", "yes"), YES_OR_NO, bad) == "yes",
        _word(values.get("nonlocal_bind", "no"), YES_OR_NO, bad) == "yes",
    )


def from_item(item: Item) -> Wish:
    """One entry of ``floating:``.

    :raises BadInputError: it cannot be so; the line names file, line and path.
    """
    keys = item.mapping(KEYS)
    if "address" not in keys:
        raise item.bad("no address", "address: 10.5.0.100")
    at = keys["address"]
    return Wish(
        _address(at.text(), at.bad),
        keys.get("hosts", at).bad,
        tuple(entry.text() for entry in keys["hosts"].items()) if "hosts" in keys else (),
        cast("Follows", keys["follows"].word(FOLLOWS)) if "follows" in keys else "primary",
        _after_ms(keys["after"].text(), keys["after"].bad) if "after" in keys else DEFAULT_AFTER_MS,
        "preempt" not in keys or keys["preempt"].word(YES_OR_NO) == "yes",
        "nonlocal_bind" in keys and keys["nonlocal_bind"].word(YES_OR_NO) == "yes",
    )


def possible(wishes: Iterable[Wish], data: Sequence[DataNode]) -> dict[str, tuple[str, ...]]:
    """Each floating address with the hosts that a line which names it can mean at the start: where a host's life decides, the first.

    :raises BadInputError: an address is described twice, is a host's own name, or its hosts cannot be.
    """
    hosts = list(dict.fromkeys(node.host for node in data))
    found: dict[str, tuple[str, ...]] = {}
    for wish in wishes:
        if wish.address in found:
            raise wish.bad(f"{wish.address} is described twice", "removing one of them")
        if wish.address in hosts:
            raise wish.bad(f"{wish.address} is a host's own", "an address that no host has as its own")
        if len(found) == MOST:
            raise wish.bad(f"more than {MOST} floating addresses", "fewer")
        sharing = wish.among(hosts)
        found[wish.address] = sharing[:1] if wish.follows == "host" else sharing
    return found


def settled(wishes: Iterable[Wish], data: Sequence[DataNode], primaries: Mapping[str, str]) -> tuple[Floating, ...]:
    """The floating addresses of a deployment of which it is known who begins as primary.

    :param primaries: each monitored name with its primary's host.
    :raises BadInputError: as :func:`possible`, or no primary is among the hosts that one which follows it floats between.
    """
    wishes = list(wishes)
    possible(wishes, data)
    return tuple(_settled(wish, data, primaries) for wish in wishes)


def with_floating(deployment: Deployment, wishes: Sequence[Wish]) -> Deployment:
    """A deployment of which every host is known, with further floating addresses.

    :raises BadInputError: as :func:`settled`, or it has one of them already.
    """
    for wish in wishes:
        if deployment.floats(wish.address):
            raise wish.bad(f"{wish.address} is already described in the deployment", "leaving it out")
    primaries = {one.master_name: one.host for one in deployment.monitored}
    return replace(deployment, floating=(*deployment.floating, *settled(wishes, deployment.data, primaries)))


def _settled(wish: Wish, data: Sequence[DataNode], primaries: Mapping[str, str]) -> Floating:
    hosts = wish.among(list(dict.fromkeys(node.host for node in data)))
    master, primary = next(((name, host) for name, host in primaries.items() if host in hosts), ("", ""))
    if wish.follows == "primary":
        group = [node.host for node in data if node.master_name == master]
        if strangers := [host for host in hosts if not primary or host not in group]:
            what = (
                f"no primary is among {', '.join(hosts)}"
                if not primary
                else f"{strangers[0]} is not a host of {master}"
            )
            raise wish.bad(
                f"{wish.address} follows the primary, and {what}", "the hosts of one primary and its replicas"
            )
    return Floating(
        address=wish.address,
        hosts=hosts,
        starts_on=hosts[0] if wish.follows == "host" or not primary else primary,
        follows=wish.follows,
        after_ms=wish.after_ms,
        nonlocal_bind=wish.nonlocal_bind,
        preempts=wish.preempts,
        master_name=master,
    )


def _address(text: str, bad: Bad) -> str:
    address = ip_of(text)
    if address is None or address.version != 4 or address.is_loopback or address.is_unspecified:
        raise bad(f"'{readable(text)}' is not an IPv4 address that hosts could share", "an address such as 10.5.0.100")
    return text


def _word(text: str, choices: Sequence[str], bad: Bad) -> str:
    if text not in choices:
        what = f"'{readable(text)}' is none of {', '.join(choices)}"
        raise bad(what, did_you_mean(text, choices, otherwise=choices[0]))
    return text


def _after_ms(text: str, bad: Bad) -> int:
    found = _TIME.fullmatch(text)
    after_ms = int(found[1]) * (1 if found[2] == "ms" else 1000) if found else 0
    if not LEAST_AFTER_MS <= after_ms <= MOST_AFTER_MS:
        what = f"'{readable(text)}' is not a time from {LEAST_AFTER_MS}ms to {MOST_AFTER_MS // 1000}s"
        raise bad(what, "2s, or 1500ms")
    return after_ms

"""The planted deployments with the advice of ``analyse`` followed, and what somebody does where the advice is words."""

from pathlib import Path

from jsquared.records.findings import Finding
from support.advice import Follower, substitute
from support.planted_deployments import BAD, SENTINEL


def _one_sentinel_on_each_host(folder: Path, _: Finding) -> None:
    for number in (1, 2, 3):
        (folder / f"n{number}" / "sentinel.conf").write_text(SENTINEL.format(number=number), encoding="utf-8")


BY_HAND = {
    "stale-majority-lost": substitute(r"^sentinel known-sentinel .*\n", ""),
    "majority-dies-with-primary": _one_sentinel_on_each_host,
    "majority-dies-with-host": _one_sentinel_on_each_host,
    "renamed-for-sentinel": substitute(r"^rename-command SLAVEOF.*\n", ""),
    "sentinels-share-id": substitute(r"^sentinel myid .*\n", ""),
    "sentinel-user-lacks": substitute(r"^(user sentinel .*)$", r"\1 +slaveof"),
    "transactions-not-loaded": substitute(r"^(user default .*)$", r"\1 ~* &* +@all"),
    "announces-another-host": substitute(r"announce-ip .*", "announce-ip 10.20.0.{number}"),
    "announced-twice": substitute(r"announce-ip .*", "announce-ip 10.20.0.{number}"),
    "loopback-address": substitute(r"127\.0\.0\.1", "10.20.0.1"),
    "floating-address-monitored": substitute(r"mymaster 10\.20\.0\.100", "mymaster 10.20.0.1"),
    "floating-address-required": substitute(r"^bind .*$", "bind * -::*", "*/redis.conf"),
}
"""What somebody does where the advice is words: a command to give, lines to remove, another host's own address."""
PORTS = {
    "one-port-for-both": substitute(r"^port 6379$", "port 26379", "*/sentinel.conf"),
    "copied-bind": substitute(r"^bind .*$", "bind 10.20.0.{number}"),
}
"""The same port on one address is mended by another port, or by another address, as the deployment was meant."""
FOLLOWED = (
    "primary-lacks-masterauth", "sentinel-user-may-not-promote", "users-who-forget-transactions", "quorum-of-all", "nobody-promotable",
    "no-persistence", "tilt-trap", "sentinels-elsewhere", "listens-on-loopback", "renamed-slaveof", "sentinels-announce-the-primary",
    "replicas-announce-the-primary", "names-not-resolved", "monitors-a-floating-address", "requires-a-floating-address", "tls-on-some",
)  # fmt: skip
"""One for each deployment that the advice leads to; the others end as one of these."""


def follower_for(name: str, folder: Path) -> Follower:
    """Somebody who follows the advice for a planted deployment, which is written into a folder of its name."""
    planted = BAD[name].folder
    port = {"port-taken": PORTS[name], "hosts-share-machine": PORTS[name]} if name in PORTS else {}
    pairs = zip(planted.options[::2], planted.options[1::2], strict=True)
    floating = [value for option, value in pairs if option == "--floating"]
    return Follower(planted.write(folder / name), BY_HAND | port, floating)


def lines_of(follower: Follower) -> object:
    """What a deployment is in the end: each node's lines, whatever their order, and what the command line says."""
    nodes = follower.request().load().nodes
    lines = {node.name: sorted({line.text for line in node.directives}) for node in nodes}
    return lines, follower.ack, list(follower.floating)

"""The users of the hardened deployment on the engines that are here: every line is taken, and rights are as the model has them."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from jsquared.deployment.model.directives import join_words
from jsquared.deployment.model.spec import Node
from jsquared.deployment.read.load import load_deployment

LAB = "user lab on nopass ~* &* +@all"
CHANNEL = "__sentinel__:hello"
ALLOWED = {
    "sentinel": [
        "SLAVEOF no one",
        "CONFIG REWRITE",
        "CLIENT KILL TYPE normal",
        f"PUBLISH {CHANNEL} m",
        "INFO",
        "MULTI",
        "FAILOVER",
    ],
    "replication": ["PSYNC ? -1", "REPLCONF ack 1", "PING"],
    "application": ["SET jsq:1 x", "GET jsq:1", "ROLE", "WAIT 1 1", "PUBLISH app:news m", "CLIENT SETNAME me"],
    "exporter": ["INFO", "SLOWLOG GET", "LATENCY LATEST"],
    "audit": ["CONFIG GET maxmemory", "ACL LIST", "ACL DRYRUN application GET jsq:1"],
}
DENIED = {
    "sentinel": ["GET jsq:1", "CONFIG SET maxmemory 1", "PUBLISH app:news m"],
    "replication": ["GET jsq:1", "SLAVEOF no one"],
    "application": [
        f"PUBLISH {CHANNEL} m",
        "SET other x",
        "CONFIG GET maxmemory",
        "EVAL x 0",
        "RESTORE jsq:1 0 x",
        "KEYS *",
    ],
    "exporter": ["CONFIG GET maxmemory", "GET jsq:1"],
    "audit": ["CONFIG SET maxmemory 1", "ACL SETUSER x on", "GET jsq:1"],
}


@pytest.fixture
def servers(either_lab: Any, wait_until: Callable[..., None]) -> Any:
    """A data node with the users of the hardened deployment, and a Sentinel with its own; without TLS, which not every build has."""
    deployment = load_deployment("hardened")
    either_lab.servers.start_data(0, *lines(deployment.primary), LAB)
    either_lab.servers.start_sentinel(0, *lines(deployment.sentinels[0]), LAB)
    places = either_lab.servers.data(0), either_lab.servers.sentinel(0)
    wait_until(lambda: all(ask(either_lab.servers, where, "PING") for where in places), what="servers answer")
    return either_lab.servers


def ask(servers: Any, where: tuple[str, int], *words: str) -> Any:
    """The reply to a command of the lab's."""
    return servers.ask(where, ("AUTH", "lab", "any"), words)


def lines(node: Node) -> Sequence[str]:
    """The lines about users."""
    return [join_words(line.words) for line in node.directives if line.key in ("user", "acl-pubsub-default")]


def test_rights_are_what_each_user_is_there_for(servers: Any) -> None:
    """ACL DRYRUN lets every user do its work, and refuses it what would be a way around."""

    def may(user: str, command: str) -> bool:
        return bool(ask(servers, servers.data(0), "ACL", "DRYRUN", user, *command.split()) == "OK")

    assert [(user, words) for user, commands in ALLOWED.items() for words in commands if not may(user, words)] == []
    assert [(user, words) for user, commands in DENIED.items() for words in commands if may(user, words)] == []


def test_a_sentinel_takes_its_users(servers: Any) -> None:
    """It starts with them, and lists them."""
    reply = ask(servers, servers.sentinel(0), "ACL", "USERS")
    assert {"peer", "application", "exporter", "audit", "default"} <= set(reply)

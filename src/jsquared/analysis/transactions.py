"""Rules: what a restart leaves of transactions."""

from collections.abc import Iterator

from jsquared.analysis.group import Group
from jsquared.analysis.logins import users_by_node
from jsquared.analysis.rule import Problem, named, rule, written
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import DataNode
from jsquared.deployment.model.users import User
from jsquared.records.plan import Engine

FIRST, MENDED = (7, 0), (8, 6)
"""Redis from here on asks, when it loads a transaction, whether the default user may give its commands; and from there no longer."""
EVERY_KEY = ""


def _asks_while_loading(engine: Engine | None) -> bool:
    if engine is None or engine.name != "redis":
        return False
    numbers = engine.version.split(".")[:2]
    return all(map(str.isdecimal, numbers)) and FIRST <= tuple(map(int, numbers)) < MENDED


def _may_not_write(user: User) -> bool:
    return bool(user.lacks(("set",))) or not user.may_set(EVERY_KEY)


@rule(
    "transactions-not-loaded",
    "high",
    "violated",
    "A restart loses transactions and scripts: the default user may not run their commands (Redis 7.0 to 8.4).",
    "only-replica-left-empty",
    "sentinel-acl-lacks",
)
def transactions_not_loaded(group: Group) -> Iterator[Problem]:
    """execCommand in multi.c asks ACLCheckAllPerm also while it loads an append-only file, as the default user.

    Measured: Redis 7.0.15 starts without the transaction and writes one line to its log; Redis 6.2 and Valkey 9.1.2 load it. redis#14541
    reports it for 7.2.5; mended in redis#14545 of November 2025.
    """
    users = users_by_node(group, group.data) if _asks_while_loading(group.engine) else {}
    nodes = [
        node
        for node in group.data
        if node.is_on("appendonly") and node.name in users and _may_not_write(users[node.name]["default"])
    ]
    if nodes:
        yield Problem(
            target=named(nodes),
            lines=written(map(_line, nodes)),
            message=(
                "A node loads its append-only file as user default, which may not write: everything that MULTI … EXEC and scripts "
                "wrote since the last rewrite is skipped, and a primary that is back before Sentinel notices rolls its replicas back too."
            ),
            fix="~* &* +@all behind the rules of user default, which may stay off",
        )


def _line(node: DataNode) -> Directive | None:
    """The line that makes the default user what it is."""
    own = [line for line in node.all("user") if line.arguments[:1] == ("default",)]
    return own[-1] if own else node.find("aclfile")


RULES = (transactions_not_loaded,)

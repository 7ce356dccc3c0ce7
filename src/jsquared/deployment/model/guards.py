"""The operations that a configuration must refuse: the positive controls of its guards, by its text alone.

A guard that is never tried may be off without anyone noticing. Each is tried where it must refuse: a write at a replica, a wrong
password and none at all, a command and a key that a user may not use. What ``min-replicas-to-write`` refuses is seen in the history.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from jsquared.deployment.model.spec import DataNode, Deployment
from jsquared.deployment.model.users import User, Users, users_of
from jsquared.records.plan import Engine, PlannedGuard
from jsquared.text import whole_number

PROBE_KEY = "jsquared:guard"
"""The key that a refused command names; nothing else uses it."""
WRONG_PASSWORD = "jsquared-guard-wrong-password"  # noqa: S105 -- one that no user has
LONGEST_PATTERN = 200
"""Characters: with thousands of brackets a pattern takes seconds to be understood."""
DEFAULT_LAG_S = 10
BAD_LOGIN = ("WRONGPASS", "ERR", "NOAUTH")
"""``ERR invalid password`` is the word of old versions; a server may also refuse what follows the login."""


def guards_of(deployment: Deployment, engine: Engine) -> tuple[PlannedGuard, ...]:
    """The guards of all data nodes that can be tried."""
    old = engine.name == "redis" and engine.version.startswith("6.")
    found: list[PlannedGuard] = []
    for node in deployment.data:
        users = users_of(node, deployment, channels_open=old) or {}
        found += [
            *_min_replicas(node),
            *_read_only(node),
            *_password(node, users),
            *_acl(node, users),
        ]
    return tuple(found)


def _line(node: DataNode, key: str, default: str) -> str:
    directive = node.find(key)
    return directive.text if directive else f"{key} {default} (the default)"


def _min_replicas(node: DataNode) -> Iterator[PlannedGuard]:
    replicas = whole_number(node.value("min-replicas-to-write", "0"))
    lag_s = whole_number(node.value("min-replicas-max-lag", str(DEFAULT_LAG_S)))
    if replicas and lag_s:
        directive = _line(node, "min-replicas-to-write", "0")
        yield PlannedGuard(node=node.name, name="min-replicas", directive=directive, replicas=replicas, lag_s=lag_s)


def _read_only(node: DataNode) -> Iterator[PlannedGuard]:
    if node.value("replica-read-only", "yes").lower() == "yes":
        yield PlannedGuard(
            node=node.name,
            name="read-only",
            directive=_line(node, "replica-read-only", "yes"),
            words=("SET", PROBE_KEY, "written at a replica"),
            refusals=("READONLY",),
        )


def _password(node: DataNode, users: Users) -> Iterator[PlannedGuard]:
    default = users.get("default")
    if default is None or default.nopass or not default.on:
        return
    directive = _password_line(node)
    for credentials, refusals in (((WRONG_PASSWORD,), BAD_LOGIN), (("",), ("NOAUTH",))):
        yield PlannedGuard(
            node=node.name,
            name="password",
            directive=directive,
            credentials=credentials,
            words=("GET", PROBE_KEY),
            refusals=refusals,
        )


def _password_line(node: DataNode) -> str:
    """Return the line that requires a password, with a mark in its place."""
    directive = node.find("requirepass") or node.find("aclfile")
    return directive.text if directive else "user default …"


def _switched_off(node: DataNode, name: str, user: User) -> Iterator[PlannedGuard]:
    """A user who may not log in, whatever he knows: tried with his right password where that is known."""
    password = next((clear for digest, clear in user.clear.items() if digest in user.passwords), None)
    if not user.on and password:
        yield PlannedGuard(
            node=node.name,
            name="acl",
            directive=f"user {name} …",
            credentials=(name, password),
            words=("GET", PROBE_KEY),
            refusals=BAD_LOGIN,
        )


def _may_match(pattern: str) -> bool:
    """True if a key pattern may be one of the probe's key; one that is too long to be tried out is believed to be."""
    return len(pattern) > LONGEST_PATTERN or fnmatchcase(PROBE_KEY, pattern)


def _acl(node: DataNode, users: Users) -> Iterator[PlannedGuard]:
    for name, user in users.items():
        yield from _switched_off(node, name, user)
        password = user.known_password
        if password is None or user.is_almighty or (name == "default" and not password):
            continue
        credentials = (name, password)
        tried: list[tuple[str, ...]] = []
        if not user.may("config|get"):
            tried.append(("CONFIG", "GET", "maxmemory"))
        # Selectors may open further keys; where there are any, only commands are tried.
        if user.may("get") and len(user.rules) == 1 and not any(_may_match(key) for key in user.keys):
            tried.append(("GET", PROBE_KEY))
        for words in tried:
            yield PlannedGuard(
                node=node.name,
                name="acl",
                directive=f"user {name} …",
                credentials=credentials,
                words=words,
                refusals=("NOPERM",),
            )

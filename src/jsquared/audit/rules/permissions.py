"""Rules: what users of applications may do that no application needs.

A user of an application is one that can reach keys and is neither a Sentinel's nor a replica's own. The rules P1 to P3 differ in
nothing but the commands, so they are a table.
"""

from collections.abc import Iterator

from jsquared.audit.audit_rule import AuditProblem, AuditRule, at, audit_rule
from jsquared.audit.evidence import DEFAULT_USER, Evidence
from jsquared.deployment.model.spec import DataNode, Node, SentinelNode

ADMIN = (
    "acl|setuser", "client|kill", "config|set", "debug", "flushall", "flushdb", "module|load", "monitor", "replicaof", "shutdown",
)  # fmt: skip
"""Commands of @admin and @dangerous that change or destroy; INFO, KEYS, ROLE and SORT, which some applications need, are not among them."""
OF_SENTINEL_ADMIN = ("set", "reset", "remove", "failover", "monitor", "config")
UNLIMITED = ("no", "")


def _may(node: Node, user: str, commands: list[str], key: str, evidence: Evidence) -> AuditProblem:
    shown = ", ".join(command.replace("|", " ").upper() for command in commands)
    lines = [] if evidence.is_live else [line for line in node.all("user") if line.arguments[:1] == (user,)]
    return at(lines[-1] if lines else None, f"User {user} of {node.name} may give {shown}.", key=key)


def _commands_rule(
    name: str, commands: tuple[str, ...], title: str, fails_when: str, why: str, source: str, fix: str
) -> AuditRule:
    @audit_rule(
        name,
        "high",
        "data",
        title=title,
        fails_when=fails_when,
        why=why,
        source=source,
        fix=fix,
        cwe="CWE-269",
        reads="users",
    )
    def may(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
        for user, rights in evidence.application_users(node).items():
            allowed = [command for command in commands if rights.may(command)]
            if allowed:
                yield _may(node, user, allowed, user, evidence)

    return may


administration = _commands_rule(
    "P1",
    ADMIN,
    "Application may administrate",
    "A user of an application has commands of @admin or @dangerous that change or destroy",
    "A stolen password of an application deletes all data, or takes the server over.",
    "STIG SV-251188",
    "-@admin -@dangerous behind its rules",
)
scripting = _commands_rule(
    "P2",
    ("eval", "evalsha", "function|load", "script|load"),
    "Application may run scripts",
    "A user of an application may EVAL, FUNCTION LOAD or SCRIPT LOAD",
    "Errors of the Lua engine let a script's author run code on the server.",
    "CVE-2025-49844; -@admin -@dangerous do not remove these",
    "-@scripting behind its rules",
)
foreign_data = _commands_rule(
    "P3",
    ("restore", "migrate"),
    "Application may load serialised data",
    "A user of an application may RESTORE or MIGRATE",
    "Damaged serialised values have crashed servers and run code on them.",
    "CVE-2026-25243, CVE-2026-66373",
    "-restore -migrate behind its rules",
)


@audit_rule(
    "P4",
    "medium",
    "data",
    title="Application may reach every key",
    fails_when="A user of an application has `~*`",
    why="Each application reads and overwrites the data of all others.",
    source="STIG SV-251187",
    fix="~PREFIX:* with the prefix of the application's keys",
    cwe="CWE-732",
    reads="users",
)
def every_key(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
    """``allkeys`` is the same."""
    for name, user in evidence.application_users(node).items():
        if "*" in user.keys:
            yield at(None, f"User {name} of {node.name} may reach every key.", key=name)


@audit_rule(
    "P5",
    "high",
    "data",
    title="Hello channel open to others than Sentinels",
    fails_when="A user that is not a Sentinel's own may publish or subscribe to `__sentinel__:hello`",
    why="Sentinels believe what is published there: a forged message makes them monitor another primary.",
    source="Redis documentation (Sentinel): hello messages are not authenticated; measured with Redis 7.0.15",
    fix="resetchannels, and &PREFIX:* with the application's own channels",
    cwe="CWE-345",
    reads="users",
)
def open_hello(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
    """PUBLISH forges messages, SUBSCRIBE reads them."""
    own = {*evidence.sentinel_logins(node)} - {DEFAULT_USER}
    for name, user in evidence.users(node).items():
        if user.on and name not in own and user.hears_hello and (user.may("publish") or user.may("subscribe")):
            yield at(
                None, f"User {name} of {node.name} may use the channel on which Sentinels find each other.", key=name
            )


@audit_rule(
    "P6",
    "medium",
    "data",
    title="New users may use every channel",
    fails_when="`acl-pubsub-default allchannels`",
    why="Each new user can publish what Sentinels believe, until somebody takes that away.",
    source="Redis documentation (ACL)",
    fix="acl-pubsub-default resetchannels",
    cwe="CWE-276",
    reads="acl-pubsub-default",
)
def open_channels(evidence: Evidence, node: DataNode) -> AuditProblem | None:
    """``resetchannels`` is the default since 7.0."""
    if evidence.value(node, "acl-pubsub-default", "resetchannels").lower() == "allchannels":
        return at(evidence.line(node, "acl-pubsub-default"), f"New users of {node.name} may use every channel.")
    return None


@audit_rule(
    "P7",
    "high",
    "data",
    title="Dangerous commands switched on",
    fails_when="`enable-debug-command`, `enable-module-command` or `enable-protected-configs` is not `no`",
    why="Modules run code, DEBUG crashes the server, and protected settings write files anywhere.",
    source="redis.conf of both engines; STIG SV-251219",
    fix="no for each of them",
    cwe="CWE-749",
    reads="enable-debug-command, enable-module-command, enable-protected-configs",
)
def switched_on(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
    """``local`` leaves them to whoever is on the machine."""
    for key in ("enable-debug-command", "enable-module-command", "enable-protected-configs"):
        if evidence.value(node, key, "no").lower() not in UNLIMITED:
            yield at(evidence.line(node, key), f"{node.name} has {key} switched on.", key=key, fix=f"{key} no")


@audit_rule(
    "R2",
    "medium",
    "data",
    title="Replicas log in with too many rights",
    fails_when="The user of `masteruser` may do more than replicate",
    why="Its password is in clear in every redis.conf.",
    source="Redis documentation (ACL for replicas)",
    fix="user NAME on #HASH resetchannels -@all +psync +replconf +ping",
    cwe="CWE-250",
    reads="masteruser, users",
)
def replica_rights(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
    """Replicas send PING, AUTH, REPLCONF and PSYNC."""
    users = evidence.users(node)
    for name in evidence.replica_logins(node):
        if name in users and name != DEFAULT_USER:
            allowed = [command for command in ("get", "set", "eval", "restore", *ADMIN) if users[name].may(command)]
            if allowed:
                yield _may(node, name, allowed, name, evidence)


@audit_rule(
    "S6",
    "medium",
    "data",
    title="Sentinels log in with too many rights",
    fails_when="The user of `sentinel auth-user` has `&*`, `~*` or `+@all`",
    why="Its password is in clear in every sentinel.conf, which Sentinels also rewrite.",
    source="Redis documentation (Sentinel: ACL with Sentinel)",
    fix="only the commands that Sentinel sends, and &__sentinel__:hello",
    cwe="CWE-250",
    reads="sentinel auth-user, users",
)
def sentinel_rights(evidence: Evidence, node: DataNode) -> Iterator[AuditProblem]:
    """Sentinel needs no key, and one channel."""
    users = evidence.users(node)
    for name in evidence.sentinel_logins(node):
        user = users.get(name)
        if user and user.on:
            too_much = [
                ("&*", "*" in user.channels),
                ("~*", "*" in user.keys),
                ("+@all", user.may_itself(("flushall", "config|set", "set"))),
            ]
            found = [word for word, has in too_much if has]
            if found:
                yield at(None, f"Sentinels log in at {node.name} as {name}, who has {', '.join(found)}.", key=name)


@audit_rule(
    "S8",
    "high",
    "sentinels",
    title="Client may change what Sentinels do",
    fails_when="A user of clients has SENTINEL set, reset, remove, failover, monitor or config",
    why="A client needs to ask for the primary. With these it redirects every other client, or reads Sentinel's passwords.",
    source="Redis documentation (Sentinel: ACL for clients); measured with Redis 7.0.15",
    fix="-@all +ping +auth +subscribe +sentinel|get-master-addr-by-name +sentinel|masters +sentinel|replicas +sentinel|sentinels",
    cwe="CWE-269",
    reads="users of Sentinels, sentinel sentinel-user",
)
def client_commands(evidence: Evidence, node: SentinelNode) -> Iterator[AuditProblem]:
    """The user of ``sentinel sentinel-user`` is Sentinels' own."""
    users = evidence.users(node)
    evidence.require(node, "sentinel sentinel-user")
    own = {other.value("sentinel sentinel-user") for other in evidence.sentinels} - {"", DEFAULT_USER}
    for name, user in users.items():
        allowed = [f"sentinel|{word}" for word in OF_SENTINEL_ADMIN if user.may(f"sentinel|{word}")]
        if user.on and name not in own and allowed:
            yield _may(node, name, allowed, name, evidence)


RULES = (
    administration, scripting, foreign_data, every_key, open_hello, open_channels, switched_on, replica_rights, sentinel_rights,
    client_commands,
)  # fmt: skip

"""Rules: can replicas log in at any node that may be their primary, Sentinels at data nodes, and Sentinels at each other?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from jsquared.analysis.group import Group
from jsquared.analysis.rule import (
    Problem,
    named,
    of_nodes,
    of_sentinels,
    rule,
    together,
    with_data,
    written,
)
from jsquared.deployment.model.directives import quote_word
from jsquared.deployment.model.spec import DataNode, Node, SentinelNode
from jsquared.deployment.model.users import (
    OF_PEER,
    OF_REPLICA,
    OF_SENTINEL,
    OF_SENTINEL_COORDINATING,
    Users,
    refusal,
    users_of,
)


def _channels_open(group: Group) -> bool:
    """True if new users may use every channel: Redis 6."""
    engine = group.engine
    return engine is not None and engine.name == "redis" and engine.version.startswith("6.")


def users_by_node(group: Group, nodes: Sequence[Node]) -> dict[str, Users]:
    """Users by node name; nodes whose users cannot be known are left out."""
    found = {node.name: users_of(node, group.deployment, channels_open=_channels_open(group)) for node in nodes}
    return {name: users for name, users in found.items() if users is not None}


def _written(node: Node, key: str) -> str | None:
    """A directive's value; None where it is not written or empty, which the servers take alike."""
    return node.value(key) or None


def _replica_refusals(group: Group) -> Iterator[tuple[DataNode, DataNode, str]]:
    """Each data node with another that would refuse it as its replica, and why."""
    users = users_by_node(group, group.data)
    for node in group.data:
        for other in group.data:
            if other is node or other.name not in users:
                continue
            reason = refusal(users[other.name], node.value("masteruser"), _written(node, "masterauth"))
            if reason:
                yield node, other, reason


def _consequence(group: Group, refused: dict[str, tuple[DataNode, list[DataNode]]]) -> str:
    now = any(group.primary in others for _, others in refused.values())
    return (
        "they never replicate, and have no data to be promoted with"
        if now
        else "after a failover the old primary cannot follow the new one and is lost as a replica"
    )


def _replica_problem(group: Group, *, missing: bool) -> Iterator[Problem]:
    refused: dict[str, tuple[DataNode, list[DataNode]]] = {}
    reasons: list[str] = []
    for node, other, reason in _replica_refusals(group):
        if (_written(node, "masterauth") is None) == missing:
            refused.setdefault(node.name, (node, []))[1].append(other)
            reasons.append(reason)
    if not refused:
        return
    nodes = [node for node, _ in refused.values()]
    message = f"These nodes are refused by others ({together(reasons)}): {_consequence(group, refused)}."
    key = "masteruser" if any(node.value("masteruser") for node in nodes) else "masterauth"
    asking = [node for node in group.data if [node] != nodes]
    value = _password_for_all(group, asking) if key == "masterauth" else None
    problem = of_nodes(group, nodes, key, "(none)", message, value=value)
    yield problem if value else _with_one_password(group, problem)


def _password_for_all(group: Group, asking: Sequence[DataNode]) -> str | None:
    """A password from these files that all of these nodes take from the default user, None where there is none."""
    words = [node.value(key) for node in group.data for key in ("requirepass", "masterauth")]
    words += [_sentinel_argument(group, sentinel, "auth-pass") for sentinel in group.sentinels]
    users = users_by_node(group, asking)
    if len(users) < len(asking):
        return None
    accepted = (
        word for word in dict.fromkeys(words) if word and not any(refusal(each, "", word) for each in users.values())
    )
    return next((quote_word(word) for word in accepted), None)


def _with_one_password(group: Group, problem: Problem) -> Problem:
    """Where data nodes ask for different passwords no login fits all of them: what to try is one password for all."""
    own = group.primary.value("requirepass")
    others = [node for node in group.data if node.value("requirepass") not in ("", own)]
    if not own or not others:
        return problem
    word = quote_word(own)
    return replace(
        problem, fix=f"requirepass {word}", fix_is_line=True, try_with=with_data(group, others, "requirepass", word)
    )


@rule(
    "masterauth-missing",
    "critical",
    "violated",
    "A data node has no masterauth where others require a password, so it cannot follow them.",
    "masterauth-missing",
)
def masterauth_missing(group: Group) -> Iterator[Problem]:
    """A replica that cannot log in retries forever (replication.c); Sentinel still counts it as a replica."""
    return _replica_problem(group, missing=True)


@rule(
    "masterauth-wrong",
    "critical",
    "violated",
    "Another node refuses a data node's masterauth or masteruser, so it cannot follow that node.",
    "masterauth-missing",
)
def masterauth_wrong(group: Group) -> Iterator[Problem]:
    """Also where the other asks for no password: AUTH is then an error that ends the link (measured with Redis 7.0.15)."""
    return _replica_problem(group, missing=False)


@rule(
    "passwords-differ",
    "high",
    "warning",
    "Data nodes require different passwords, so a failover locks clients out.",
    "masterauth-missing",
)
def passwords_differ(group: Group) -> Iterator[Problem]:
    """Clients know one password; Sentinel and masterauth have room for one only."""
    passwords = {node.value("requirepass") for node in group.data}
    if len(passwords) > 1:
        message = "The data nodes do not all require the same password: clients that one primary accepts are refused by the next."
        own = group.primary.value("requirepass")
        nodes = [node for node in group.data if node.value("requirepass") != own]
        yield of_nodes(group, nodes, "requirepass", "(none)", message, value=quote_word(own) if own else None)


def _sentinel_argument(group: Group, sentinel: SentinelNode, setting: str) -> str:
    line = sentinel.setting(setting, group.master)
    return line.arguments[1] if line and len(line.arguments) > 1 else ""


def _sentinel_refusals(group: Group, *, missing: bool) -> Iterator[Problem]:
    refused: dict[SentinelNode, list[str]] = {}
    refusing: dict[str, DataNode] = {}
    users = users_by_node(group, group.data)
    for sentinel in group.sentinels:
        name = _sentinel_argument(group, sentinel, "auth-user")
        password = _sentinel_argument(group, sentinel, "auth-pass") or None
        for node in group.data:
            reason = refusal(users[node.name], name, password) if node.name in users else ""
            # Sentinel does not look at the reply to AUTH (sentinelSendAuthIfNeeded), so one password too many does no harm
            if reason and (password is None) == missing and "no password is asked for" not in reason:
                refused.setdefault(sentinel, []).append(reason)
                refusing[node.name] = node
    if refused:
        reasons = [reason for found in refused.values() for reason in found]
        message = (
            f"{named(refusing.values())} {'refuses' if len(refusing) == 1 else 'refuse'} these Sentinels ({together(reasons)}): "
            "they consider a healthy node down, find no replicas and cannot promote any."
        )
        setting = "auth-user" if any(_sentinel_argument(group, node, "auth-user") for node in refused) else "auth-pass"
        value = _password_for_all(group, list(refusing.values())) if setting == "auth-pass" else None
        problem = of_sentinels(group, list(refused), setting, "(none)", message, value=value)
        differ = len({node.value("requirepass") for node in group.data if node.value("requirepass")}) > 1
        yield _with_one_password(group, problem) if differ else problem


@rule(
    "sentinel-auth-missing",
    "critical",
    "violated",
    "Sentinels have no auth-pass where data nodes require a password.",
    "masterauth-missing",
    "sentinel-acl-lacks",
)
def sentinel_auth_missing(group: Group) -> Iterator[Problem]:
    """-NOAUTH is no valid reply to PING (sentinelPingReplyCallback in sentinel.c), so the node counts as down."""
    return _sentinel_refusals(group, missing=True)


@rule(
    "sentinel-auth-wrong",
    "critical",
    "violated",
    "Sentinels log in at data nodes with a user or password that is refused.",
    "masterauth-missing",
    "sentinel-acl-lacks",
)
def sentinel_auth_wrong(group: Group) -> Iterator[Problem]:
    """As sentinel-auth-missing."""
    return _sentinel_refusals(group, missing=False)


def _lacking(group: Group, name: str, commands: Sequence[str], nodes: Sequence[Node]) -> dict[str, list[str]]:
    """Nodes' names to the commands that a user may not give there, and the channel that it may not use."""
    lacking: dict[str, list[str]] = {}
    for node, users in users_by_node(group, nodes).items():
        user = users.get(name or "default")
        if user and user.on:
            missing = [f"+{command}" for command in user.lacks(commands)]
            if "publish" in commands and not user.hears_hello:
                missing.append("&__sentinel__:hello")
            if missing:
                lacking[node] = missing
    return lacking


def _user_problem(nodes: Sequence[Node], name: str, lacking: dict[str, list[str]], what: str) -> Problem:
    on = [node for node in nodes if node.name in lacking]
    lines = [line for node in on for line in node.all("user") if line.arguments[:1] == (name or "default",)]
    files = [line for node in on if (line := node.find("aclfile"))]
    words = together(word for missing in lacking.values() for word in missing).replace(",", "")
    return Problem(
        target=named(on),
        lines=written(lines or files, lambda line: _rules_only(line.words)),
        message=f"User {name or 'default'} lacks {words}: {what}.",
        fix=f"{words} behind the rules of user {name or 'default'}",
    )


def _users_that_lack(
    group: Group, nodes: Sequence[Node], names: Sequence[str], commands: Sequence[str], what: str
) -> Iterator[Problem]:
    """Yield a problem for each user that may not give one of the commands at these nodes; ``what`` follows from it."""
    for name in dict.fromkeys(names):
        if lacking := _lacking(group, name, commands, nodes):
            yield _user_problem(nodes, name, lacking, what)


def _rules_only(words: Sequence[str]) -> str:
    """A user's line without its passwords."""
    return " ".join("(password)" if word[:1] in (">", "#") else word for word in words)


@rule(
    "sentinel-user-lacks",
    "critical",
    "violated",
    "The user that Sentinels log in with lacks permissions for a failover.",
    "sentinel-acl-lacks",
)
def sentinel_user_lacks(group: Group) -> Iterator[Problem]:
    """Find commands of sentinel.c that are denied; one denied command in its MULTI … EXEC discards the whole of it, SLAVEOF included."""
    names = [_sentinel_argument(group, node, "auth-user") for node in group.sentinels]
    what = "Sentinels cannot monitor these nodes, discover each other there or make them follow a new primary"
    return _users_that_lack(group, group.data, names, OF_SENTINEL, what)


def _coordinates(group: Group) -> bool:
    """True if its Sentinels know ``SENTINEL FAILOVER … COORDINATED``: Valkey 9.0 and newer."""
    engine = group.engine
    major = engine.version.partition(".")[0] if engine is not None and engine.name == "valkey" else ""
    return major.isdecimal() and int(major) >= 9


@rule(
    "sentinel-user-lacks-failover",
    "medium",
    "warning",
    "The user that Sentinels log in with may not hand over a primary in a coordinated failover (Valkey 9.0 and newer).",
    "manual-failover-under-load",
)
def sentinel_user_lacks_failover(group: Group) -> Iterator[Problem]:
    """sentinelFailoverSendFailover in sentinel.c of Valkey 9; measured with 9.1.2: -failover-abort-slave-timeout, and nothing changes."""
    names = [_sentinel_argument(group, node, "auth-user") for node in group.sentinels] if _coordinates(group) else []
    what = "SENTINEL FAILOVER … COORDINATED is aborted, while any other failover works"
    return _users_that_lack(group, group.data, names, OF_SENTINEL_COORDINATING, what)


@rule(
    "replica-user-lacks",
    "critical",
    "violated",
    "The user that replicas log in with may not replicate.",
    "masterauth-missing",
    "sentinel-acl-lacks",
)
def replica_user_lacks(group: Group) -> Iterator[Problem]:
    """PSYNC and REPLCONF, as acl.conf examples of both engines have it."""
    names = [node.value("masteruser") for node in group.data]
    return _users_that_lack(group, group.data, names, OF_REPLICA, "replicas are refused when these nodes are primary")


def _peer_login(sentinel: SentinelNode) -> tuple[str, str | None]:
    """User and password that a Sentinel logs in with at others: sentinel-user and sentinel-pass, else its own requirepass."""
    password = sentinel.value("sentinel sentinel-pass")
    if password:
        return sentinel.value("sentinel sentinel-user"), password
    return "", _written(sentinel, "requirepass")


@rule(
    "sentinels-refuse-each-other",
    "critical",
    "violated",
    "Sentinels cannot log in at each other, so they never agree that a primary is down.",
    "sentinel-acl-lacks",
)
def sentinels_refuse_each_other(group: Group) -> Iterator[Problem]:
    """sentinelSendAuthIfNeeded in sentinel.c: sentinel-pass, else requirepass, which must be the same everywhere."""
    users = users_by_node(group, group.sentinels)
    refused: list[SentinelNode] = []
    reasons = []
    for node in group.sentinels:
        for other in group.sentinels:
            if other is node or other.name not in users:
                continue
            name, password = _peer_login(node)
            reason = refusal(users[other.name], name, password)
            if reason and "no password is asked for" not in reason:
                refused.append(node)
                reasons.append(reason)
    if refused:
        message = f"Other Sentinels refuse these ({together(reasons)}): they never agree that a primary is down."
        passwords = [password for node in group.sentinels if (password := node.value("requirepass"))]
        plain = passwords and not any(node.value("sentinel sentinel-pass") for node in group.sentinels)
        value = quote_word(max(passwords, key=passwords.count)) if plain else None
        yield of_nodes(group, list(dict.fromkeys(refused)), "requirepass", "(none)", message, value=value)


@rule(
    "sentinel-peer-lacks",
    "critical",
    "violated",
    "The user that Sentinels log in with at each other may not ask whether a primary is down.",
    "sentinel-acl-lacks",
)
def sentinel_peer_lacks(group: Group) -> Iterator[Problem]:
    """SENTINEL IS-MASTER-DOWN-BY-ADDR carries both the question and the vote."""
    names = [_peer_login(node)[0] for node in group.sentinels]
    what = "Sentinels do not answer each other, so no primary is ever considered down"
    return _users_that_lack(group, group.sentinels, names, OF_PEER, what)


RULES = (
    masterauth_missing, masterauth_wrong, passwords_differ, sentinel_auth_missing, sentinel_auth_wrong, sentinel_user_lacks,
    sentinel_user_lacks_failover, replica_user_lacks, sentinels_refuse_each_other, sentinel_peer_lacks,
)  # fmt: skip

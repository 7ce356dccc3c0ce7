"""Rules: who can log in, with what, and whether that is the same on every node."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from jsquared.audit.audit_rule import AuditProblem, at, audit_rule, need
from jsquared.audit.evidence import DEFAULT_USER, Evidence, NotApplicableError
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import DataNode, Node, SentinelNode
from jsquared.deployment.model.users import User, Users

EVERYTHING = ("flushall", "config|set", "set", "acl|setuser")
"""Commands of different categories: who may give all of them may give nearly all."""
LEAST_SECRET = 32
SAMPLES = frozenset(
    "foobared changeme password passw0rd secret redis sentinel valkey admin mypass mypassword mysecret yourpassword "
    "str0ng_passw0rd a-strong-password-here mysupersecretpassword mysupersecurepassword use_a_strong_password_here".split()
)
"""Passwords of examples: the engines' own files, documentation and images."""
DISTINCT_CHARACTERS = 5
"""A secret of fewer different characters is nobody's random choice."""


def _user_line(evidence: Evidence, node: Node, name: str) -> Directive | None:
    if evidence.is_live:
        return None
    lines = [line for line in node.all("user") if line.arguments[:1] == (name,)]
    return lines[-1] if lines else node.find("aclfile")


def _open_default(evidence: Evidence, node: Node) -> AuditProblem | None:
    user = evidence.users(node)[DEFAULT_USER]
    if user.on and user.nopass:
        line = _user_line(evidence, node, DEFAULT_USER)
        return at(line, f"{node.name} lets everyone in as the default user, without a password.", key=DEFAULT_USER)
    return None


@audit_rule(
    "A1",
    "critical",
    "data",
    title="Default user without a password",
    fails_when="The default user is on and has `nopass`",
    why="Every connection is the default user until it logs in.",
    source="Redis documentation (ACL); STIG SV-251222",
    fix="user default off, and a named user for each client",
    cwe="CWE-306",
    reads="users",
)
def open_default_user(evidence: Evidence, node: DataNode) -> AuditProblem | None:
    """Both engines ship it so."""
    return _open_default(evidence, node)


@audit_rule(
    "S1",
    "critical",
    "sentinels",
    title="Sentinel's default user without a password",
    fails_when="The default user of a Sentinel is on and has `nopass`",
    why="It may do everything: fail over, monitor another primary, set scripts.",
    source="sentinel.conf of both engines, which ship it so; measured with Redis 7.0.15",
    fix="requirepass, or user default off and named users",
    cwe="CWE-306",
    reads="users",
)
def open_sentinel_user(evidence: Evidence, node: SentinelNode) -> AuditProblem | None:
    """Sentinels have users since Redis 6.2."""
    return _open_default(evidence, node)


@audit_rule(
    "A2",
    "critical",
    "nodes",
    title="Password that is ignored",
    fails_when="`requirepass` and `aclfile` are both set",
    why="With an ACL file the password of requirepass is ignored, and the default user may have none.",
    source="redis.conf of both engines; measured with Redis 7.0.15",
    fix="the users in the ACL file alone, without requirepass",
    cwe="CWE-1188",
    reads="requirepass, aclfile",
)
def ignored_password(evidence: Evidence, node: Node) -> AuditProblem | None:
    """``aclfile`` replaces what requirepass made of the default user."""
    if evidence.value(node, "requirepass") and evidence.value(node, "aclfile"):
        return at(evidence.line(node, "requirepass"), f"{node.name} ignores its requirepass, since it has an ACL file.")
    return None


@audit_rule(
    "A3",
    "critical",
    "nodes",
    title="User that any password fits",
    fails_when="A user other than the default one is on and has `nopass`",
    why="Such a user logs in with any password.",
    source="Redis documentation (ACL); measured with Redis 7.0.15",
    fix="resetpass and a password, or off",
    cwe="CWE-287",
    reads="users",
)
def any_password(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """AUTH with a user and any password succeeds."""
    for name, user in evidence.users(node).items():
        if name != DEFAULT_USER and user.on and user.nopass:
            yield at(_user_line(evidence, node, name), f"{node.name} takes any password for user {name}.", key=name)


def _clear_secrets(evidence: Evidence, node: Node) -> Iterator[tuple[str, str, Directive | None]]:
    """What each secret in clear is for, with itself and its line."""
    for key in ("requirepass", "masterauth", "sentinel sentinel-pass"):
        if node.value(key):
            yield key, node.value(key), node.find(key)
    for line in node.all("sentinel auth-pass"):
        if len(line.arguments) > 1:
            yield f"sentinel auth-pass {line.arguments[0]}", line.arguments[1], line
    for name, user in evidence.users(node).items():
        for password in user.clear.values():
            if not (name == DEFAULT_USER and password == node.value("requirepass")):
                yield f"user {name}", password, _user_line(evidence, node, name)


@audit_rule(
    "A4",
    "high",
    "nodes",
    title="Weak secret",
    fails_when="A secret has fewer than 32 characters, is one of an example, or is that of two users",
    why="Servers take hundreds of thousands of guesses a second.",
    source="Redis documentation (security: use long passwords); STIG SV-251428",
    fix="a secret of ACL GENPASS for each user",
    cwe="CWE-521",
    reads="secrets in clear",
    known_from=("files",),
)
def weak_secret(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """Hashes cannot be judged; the secret itself is not told."""
    if evidence.is_live:
        raise NotApplicableError("only files tell secrets in clear")
    for key, secret, line in _clear_secrets(evidence, node):
        if secret.lower() in SAMPLES or len(set(secret)) < DISTINCT_CHARACTERS:
            yield at(line, f"The secret of {key} on {node.name} is that of an example.", key=key)
        elif len(secret) < LEAST_SECRET:
            yield at(line, f"The secret of {key} on {node.name} has fewer than {LEAST_SECRET} characters.", key=key)
    seen: dict[str, str] = {}
    for name, user in evidence.users(node).items():
        for digest in sorted(user.passwords):
            if digest in seen:
                line = _user_line(evidence, node, name)
                yield at(
                    line, f"Users {seen[digest]} and {name} have the same password on {node.name}.", key=f"same {name}"
                )
            seen.setdefault(digest, name)


@audit_rule(
    "A5",
    "medium",
    "nodes",
    title="Password in clear in an ACL",
    fails_when="A user's line has `>password`",
    why="Whoever reads the file has the password; a hash of it would do as well.",
    source="STIG SV-251223",
    fix="#SHA-256 of the password in the place of >password",
    cwe="CWE-256",
    reads="user lines, ACL files",
    known_from=("files",),
)
def clear_password(evidence: Evidence, node: Node) -> Iterator[AuditProblem]:
    """``user NAME on >password``; ACL SAVE writes hashes."""
    if evidence.is_live:
        raise NotApplicableError("only files tell: servers show hashes")
    for name, user in evidence.users(node).items():
        line = _user_line(evidence, node, name)
        if user.clear and line is not None:
            yield at(line, f"The password of user {name} is in clear on {node.name}.", key=name)


@audit_rule(
    "A6",
    "medium",
    "data",
    title="Applications share an almighty default user",
    fails_when="The default user is on and may give every command",
    why="Nobody can tell clients apart, and each may delete all data and change the configuration.",
    source="STIG SV-251222; Redis documentation (ACL)",
    fix="user default off, and a named user for each application",
    cwe="CWE-250",
    reads="users",
)
def shared_default_user(evidence: Evidence, node: DataNode) -> AuditProblem | None:
    """``+@all`` without limits."""
    user = evidence.users(node)[DEFAULT_USER]
    if user.on and user.may_itself(EVERYTHING):
        line = _user_line(evidence, node, DEFAULT_USER)
        return at(line, f"Clients of {node.name} share the default user, who may do everything.", key=DEFAULT_USER)
    return None


def _in_one_order(rules: Iterable[str]) -> tuple[str, ...]:
    """The rules of a selector with commands between categories sorted: Redis 7.0 lists those in another order on every server."""
    ordered: list[str] = []
    commands: dict[str, str] = {}
    for rule in rules:
        if rule[1:2] == "@":
            ordered += [*(commands[name] for name in sorted(commands)), rule]
            commands = {}
        else:
            commands[rule[1:]] = rule
    return (*ordered, *(commands[name] for name in sorted(commands)))


def _identity(user: User) -> tuple[object, ...]:
    rules = tuple(map(_in_one_order, user.rules))
    return user.on, user.nopass, frozenset(user.passwords), rules, frozenset(user.keys), frozenset(user.channels)


@audit_rule(
    "R5",
    "high",
    "whole",
    title="Users differ between nodes",
    fails_when="A user has other rights or another password on one data node than on the others",
    why="A failover changes who may do what: clients are locked out, or get rights that they should not have.",
    source="Redis documentation (ACL: replicas do not copy users)",
    fix="the same users in every ACL file",
    cwe="CWE-863",
    reads="users",
)
def users_differ(evidence: Evidence) -> Iterator[AuditProblem]:
    """ACLs are not replicated; the users of most nodes count as those that are meant."""
    need(any(len(group.data) > 1 for group in evidence.groups), "there is one data node")
    for group in evidence.groups:
        users: Mapping[str, Users] = {node.name: evidence.users(node) for node in group.data}
        for name in sorted({name for each in users.values() for name in each}):
            own = {node: _identity(each[name]) if name in each else None for node, each in users.items()}
            usual = Counter(own.values()).most_common(1)[0][0]
            for node in group.data:
                if own[node.name] != usual:
                    what = "does not have" if own[node.name] is None else "has its own version of"
                    line = _user_line(evidence, node, name)
                    message = f"{node.name} {what} user {name}, unlike other nodes."
                    yield at(line, message, target=node.name, key=name)


RULES = (
    open_default_user, ignored_password, any_password, weak_secret, clear_password, shared_default_user, users_differ,
    open_sentinel_user,
)  # fmt: skip

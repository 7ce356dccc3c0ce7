"""The users of a server as its configuration makes them: who can log in, and which commands they may give.

Rules are applied in order as ``ACLSetUser`` in acl.c of both engines does; ``user`` lines begin from nothing, also for the default user.
"""

import hashlib
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from functools import lru_cache

from jsquared.deployment.model.references import referenced_file
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.errors import BadInputError
from jsquared.records.hidden import HiddenSecret

# Categories of the commands that Sentinels, replicas and clients need, from COMMAND INFO of Redis 7.0.15.
CATEGORIES: dict[str, Set[str]] = {
    "multi": {"fast", "transaction"},
    "exec": {"slow", "transaction"},
    "ping": {"fast", "connection"},
    "info": {"slow", "dangerous"},
    "publish": {"pubsub", "fast"},
    "subscribe": {"pubsub", "slow"},
    "slaveof": {"admin", "slow", "dangerous"},
    "config|rewrite": {"admin", "slow", "dangerous"},
    "client|kill": {"admin", "slow", "dangerous", "connection"},
    "psync": {"admin", "slow", "dangerous"},
    "replconf": {"admin", "slow", "dangerous"},
    "sentinel|is-master-down-by-addr": {"admin", "slow", "dangerous"},
    "sentinel|get-master-addr-by-name": {"admin", "slow", "dangerous"},
    "failover": {"admin", "slow", "dangerous"},
    "role": {"admin", "fast", "dangerous"},
    "set": {"write", "string", "slow"},
    "wait": {"slow", "connection"},
    "get": {"read", "string", "fast"},
    "config|get": {"admin", "slow", "dangerous"},
    **dict.fromkeys(
        (
            "acl|setuser", "config|set", "debug", "module|load", "monitor", "replicaof", "shutdown", "sentinel|config", "sentinel|failover",
            "sentinel|monitor", "sentinel|remove", "sentinel|reset", "sentinel|set",
        ),
        frozenset({"admin", "slow", "dangerous"}),
    ),
    **dict.fromkeys(("flushall", "flushdb", "restore", "migrate"), frozenset({"keyspace", "write", "slow", "dangerous"})),
    **dict.fromkeys(
        ("eval", "evalsha", "eval_ro", "evalsha_ro", "fcall", "fcall_ro", "script|load", "script|kill"),
        frozenset({"slow", "scripting"}),
    ),
    "function|load": {"write", "slow", "scripting"},
}  # fmt: skip
# What Sentinel sends to data nodes and to other Sentinels (sentinel.c), and replicas to their primary (replication.c).
OF_SENTINEL = ("ping", "info", "publish", "subscribe", "multi", "exec", "slaveof", "config|rewrite", "client|kill")
OF_SENTINEL_COORDINATING = ("failover",)
OF_SENTINEL_BUSY = ("script|kill",)  # to a node that answers PING with -BUSY (sentinelPingReplyCallback)
OF_PEER = ("ping", "sentinel|is-master-down-by-addr")
OF_REPLICA = ("ping", "psync", "replconf")
# What a client of the workload sends to the primary and to Sentinels.
OF_CLIENT = ("role", "set", "wait")
OF_ASKING_CLIENT = ("sentinel|get-master-addr-by-name",)
HELLO = "__sentinel__:hello"
MOST_ACL_FILES = 32
"""So many are kept as users; a deployment has no more than 16 data nodes, and mostly one file for all."""


@dataclass
class User:
    """One user; ``rules`` are lists of command rules, one for the user and one a selector. ``passwords`` are digests.

    ``clear`` maps those digests to passwords that are written in clear.
    """

    on: bool = False
    nopass: bool = False
    passwords: set[str] = field(default_factory=set)
    rules: list[list[str]] = field(default_factory=lambda: [[]])
    channels: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    clear: dict[str, str] = field(default_factory=dict)

    @property
    def known_password(self) -> str | None:
        """A password that it logs in with: empty where it needs none, None where it is off or only hashes are known."""
        if not self.on or self.nopass:
            return "" if self.on else None
        return next((password for digest, password in self.clear.items() if digest in self.passwords), None)

    @property
    def is_almighty(self) -> bool:
        """True if it may do everything to everything."""
        commands = self.rules[0]
        last = max((at for at, rule in enumerate(commands) if rule == "+@all"), default=-1)
        everything = last >= 0 and not any(rule[0] == "-" for rule in commands[last:])
        return everything and "*" in self.keys and "*" in self.channels

    def add_password(self, password: str) -> None:
        """It logs in with this too, and no longer without."""
        self.nopass = False
        digest = _digest(password)
        self.passwords.add(digest)
        self.clear[digest] = password

    def may_set(self, prefix: str) -> bool:
        """True if it may write and read all keys of a prefix, selectors apart."""
        return any(pattern[-1:] == "*" and prefix.startswith(pattern[:-1]) for pattern in self.keys)

    def may_itself(self, commands: Iterable[str]) -> bool:
        """True if it may give these commands, selectors apart."""
        return all(_allows(self.rules[0], command) for command in commands)

    def accepts(self, password: str) -> bool:
        """True if it logs in with that password."""
        return self.on and (self.nopass or _digest(password) in self.passwords)

    def may(self, command: str) -> bool:
        """True if it may give a command, written ``config|rewrite`` with a subcommand."""
        return any(_allows(rules, command) for rules in self.rules)

    def lacks(self, commands: Iterable[str]) -> list[str]:
        """Those commands that it may not give."""
        return [command for command in commands if not self.may(command)]

    @property
    def hears_hello(self) -> bool:
        """True if it may use the channel on which Sentinels find each other."""
        return any(pattern == "*" or HELLO.startswith(pattern.rstrip("*")) for pattern in self.channels)


Users = dict[str, User]


def _digest(password: str) -> str:
    if isinstance(password, HiddenSecret):
        return password.digest
    return hashlib.sha256(password.encode("utf-8", "surrogateescape")).hexdigest()


def _allows(rules: Sequence[str], command: str) -> bool:
    allowed = False
    names = {command, command.partition("|")[0], "@all"} | {f"@{name}" for name in CATEGORIES[command]}
    for rule in rules:
        if rule[1:] in names:
            allowed = rule[0] == "+"
    return allowed


def users_of(node: Node, deployment: Deployment, *, channels_open: bool) -> Users | None:
    """Users by name, the default one included; None where an ACL file cannot be read.

    :param channels_open: whether a new user may use every channel (``acl-pubsub-default``'s default, before 7.0).
    """
    default = node.value("acl-pubsub-default", "allchannels" if channels_open else "resetchannels").lower()
    users: Users = {"default": User(on=True, nopass=True, rules=[["+@all"]], channels=["*"], keys=["*"])}
    acl_file = node.find("aclfile")
    if acl_file and acl_file.arguments[:1] not in ((), ("",)):
        try:
            path = referenced_file(acl_file, node, deployment)
            return users | (_users_in(deployment.reach.text(path), default) if path else {})
        except BadInputError:
            return None
    password = node.value("requirepass")
    if password:
        users["default"].add_password(password)
    for line in node.all("user"):
        if line.arguments:
            users[line.arguments[0]] = _user(line.arguments[1:], default)
    return users


@lru_cache(maxsize=MOST_ACL_FILES)
def _users_in(text: str, channels: str) -> Users:
    """The users of an ACL file, which several findings request again and which never change."""
    lines = (line.split() for line in text.splitlines())
    return {words[1]: _user(words[2:], channels) for words in lines if words[:1] == ["user"] and len(words) > 1}


def _user(rules: Iterable[str], channels: str) -> User:
    user = User(channels=["*"] if channels == "allchannels" else [])
    selector: list[str] | None = None
    for written in rules:
        rule = written.lower()
        if rule.startswith("("):
            selector, rule = [], rule[1:]
            user.rules.append(selector)
        ends = selector is not None and rule.endswith(")")
        rule = rule.rstrip(")") if ends else rule
        commands = user.rules[0] if selector is None else selector
        if not _command_rule(commands, rule) and selector is None:
            _own_rule(user, written, rule, channels)
        selector = None if ends else selector
    return user


def _command_rule(commands: list[str], rule: str) -> bool:
    """Takes a rule about commands; False where it is about something else."""
    rule = {"allcommands": "+@all", "nocommands": "-@all"}.get(rule, rule)
    if rule[:1] not in ("+", "-"):
        return False
    commands.append(rule)
    return True


def _own_rule(user: User, written: str, rule: str, channels: str) -> None:
    """A rule about logging in, channels, keys or everything."""
    if rule == "reset":
        _own_rule(user, "clearselectors", "clearselectors", channels)
        user.on, user.nopass, user.passwords, user.rules, user.keys = False, False, set(), [[]], []
        user.channels = ["*"] if channels == "allchannels" else []
    elif rule == "clearselectors":
        del user.rules[1:]
    elif not _scope_rule(user, written, rule):
        _login_rule(user, written, rule)


def _scope_rule(user: User, written: str, rule: str) -> bool:
    """Takes a rule about channels or keys; False where it is about something else."""
    if rule in ("allchannels", "resetchannels"):
        user.channels = ["*"] if rule == "allchannels" else []
    elif rule in ("allkeys", "resetkeys"):
        user.keys = ["*"] if rule == "allkeys" else []
    elif rule[:1] == "&":
        user.channels.append(written[1:])
    elif rule[:1] == "~" or rule[:4] in ("%rw~", "%wr~"):
        user.keys.append(written.partition("~")[2])
    else:
        return False
    return True


def _login_rule(user: User, written: str, rule: str) -> None:
    if rule in ("on", "off"):
        user.on = rule == "on"
    elif rule in ("nopass", "resetpass"):
        user.nopass, user.passwords = rule == "nopass", set()
    elif rule[:1] == ">":
        user.add_password(written[1:])
    elif rule[:1] == "#":
        user.nopass = False
        user.passwords.add(rule[1:])
    elif rule[:1] in ("<", "!"):
        user.passwords.discard(_digest(written[1:]) if rule[0] == "<" else rule[1:])


def refusal(users: Users, name: str, password: str | None) -> str:
    """Why a server refuses a login, empty where it does not.

    :param name: empty for AUTH with a password alone, which means the default user.
    :param password: None where the other sends none at all.
    """
    user = users.get(name or "default")
    if user is None:
        return f"there is no user {name}"
    if not user.on:
        return f"user {name or 'default'} is off"
    if password is None:
        return "" if user.nopass else "a password is asked for"
    if not name and user.nopass:
        return "no password is asked for, and AUTH with one is an error"
    return "" if user.accepts(password) else f"user {name or 'default'} has another password"

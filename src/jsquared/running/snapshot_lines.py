"""The lines of a server's file, made from its answers: only what differs from the defaults of its engine."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from jsquared.deployment.dialect.dialect import Dialect
from jsquared.deployment.dialect.effects import Effects
from jsquared.deployment.model.directives import canonical, split_words
from jsquared.running.asked_servers import AskedServer
from jsquared.running.snapshot_manifest import PLACEHOLDER

_HASH = re.compile(r"#([0-9a-f]{64})")
_USUAL_RULES = frozenset(
    ("on", "nopass", "sanitize-payload", "~*", "&*", "+@all", "allkeys", "allchannels", "allcommands")
)
"""The rules of a default user that nobody has changed, but for its password."""
_OF_ROLES = ("replicaof", "aclfile", "port")
_ALIAS = re.compile("ziplist")
_ALIASES = {"lua-time-limit": "busy-reply-threshold"}
BUFFER_WORDS = 4
Words = tuple[str, ...]


class Passwords:
    """The passwords that the user gave, found by their hashes."""

    def __init__(self, given: Iterable[str]) -> None:
        self._by_hash = {_hash(password): password for password in given if password}

    def behind(self, digest: str) -> str | None:
        """Return the password with that hash, None where none was given."""
        return self._by_hash.get(digest)

    def of(self, user: str, lines: Sequence[str] | None, login: Sequence[str]) -> str:
        """A password of a user: one that was given, else a placeholder.

        :param lines: those of ACL LIST; where a server does not show them, what we logged in with ourselves as that user is one.
        """
        line = next((line for line in lines or () if line.split(" ")[1] == user), "")
        known = next(filter(None, map(self.behind, _HASH.findall(line))), "")
        own = login[-1] if not lines and login and (login[0] if len(login) > 1 else "default") == user else ""
        return known or own or placeholder(user)


def _hash(password: str) -> str:
    return hashlib.sha256(password.encode("utf-8", "surrogateescape")).hexdigest()


def placeholder(user: str) -> str:
    """The stand-in for a user's password that is not known."""
    return PLACEHOLDER + re.sub(r"[^A-Za-z0-9_-]", "-", user)


@dataclass(frozen=True)
class DataAnswers:
    """A data node's answers, and what others say of it. ``follows`` is its primary's address and port."""

    asked: AskedServer
    port: int
    is_tls: bool
    follows: tuple[str, str] | None
    others_ask: bool
    """True if a node of its group takes no replica without a password."""
    login: tuple[str, ...] = ()
    """Our own login there."""


@dataclass
class FileLines:
    """The words of each line; ``assumed`` has directives with the reason, and True for a placeholder."""

    words: list[Words] = field(default_factory=list)
    assumed: list[tuple[str, str, bool]] = field(default_factory=list)
    users_name: str = ""
    """The bare name of the ACL file, where users stand in one."""


def data_lines(known: DataAnswers, passwords: Passwords, dialect: Dialect | None, effects: Effects | None) -> FileLines:
    """The lines of a data node's file."""
    lines = FileLines()
    settings = known.asked.settings
    if not settings:
        lines.words += [("port", "0"), ("tls-port", str(known.port))] if known.is_tls else [("port", str(known.port))]
    else:
        lines.words.append(("port", settings.get("port", str(known.port))))
    for name, value in _changed(settings, effects):
        lines.words += [(name, *words) for words in _worded(name, value, dialect)]
    if known.follows:
        lines.words.append(("replicaof", *known.follows))
    _add_users(lines, known, passwords)
    user = settings.get("masteruser", "") or "default"
    if known.others_ask:
        password = passwords.of(user, known.asked.users, known.login)
        lines.words.append(("masterauth", password))
        why = "no server is asked for it; the other data nodes ask for a password"
        lines.assumed.append(("masterauth", why, password == placeholder(user)))
    return lines


def _changed(settings: Mapping[str, str], effects: Effects | None) -> Iterator[tuple[str, str]]:
    """The settings that are not the engine's own, each by one of its names; only they are written."""
    for name, value in sorted(settings.items()):
        is_alias = _ALIAS.search(name) or _ALIASES.get(name) in settings
        if canonical(name) in _OF_ROLES or is_alias or effects is None:
            continue
        if value != effects.default(canonical(name)) and not (value == "" and name == "unixsocket"):
            yield name, value


def _worded(name: str, value: str, dialect: Dialect | None) -> Iterator[Words]:
    """The words behind a directive's name, of each line that it takes."""
    shape = dialect.shape(name) if dialect else None
    if shape is None or not shape.problem((value,)):
        yield (value,)
        return
    words = split_words(value) or ("",)
    size = {"save-one": 2, "buffer-limits": BUFFER_WORDS}.get(shape.kind, 0)
    if size == BUFFER_WORDS and "once" not in shape.about:
        size = 0
    yield from (words[at : at + size] for at in range(0, len(words), size)) if size else (words,)


def _add_users(lines: FileLines, known: DataAnswers, passwords: Passwords) -> None:
    users, file = known.asked.users, known.asked.settings.get("aclfile", "")
    if users is None:
        _add_password(lines, known.asked, passwords, known.login)
        return
    if file:
        lines.words.append(("aclfile", file))
        lines.users_name = PurePosixPath(file).name
        return
    _add_user_lines(lines, users, passwords)


def _add_password(lines: FileLines, asked: AskedServer, passwords: Passwords, login: Sequence[str]) -> None:
    """The password of a server that asks for one and does not show its users."""
    if asked.needs_login:
        password = passwords.of("default", None, login)
        lines.words.append(("requirepass", password))
        why = "it asks for a password, and does not show its users"
        lines.assumed.append(("requirepass", why, password == placeholder("default")))


def _add_user_lines(lines: FileLines, users: Sequence[str], passwords: Passwords) -> None:
    if len(users) == 1 and _is_usual(users[0]):
        if _HASH.search(users[0]):
            password = passwords.of("default", users, ())
            lines.words.append(("requirepass", password))
            if password == placeholder("default"):
                lines.assumed.append(("requirepass", "its password is not known, only a hash", True))
        return
    for line in users:
        text, is_replaced = _with_passwords(line, passwords)
        words = tuple(text.split(" "))
        lines.words.append(words)
        if is_replaced:
            lines.assumed.append((f"user {words[1]}", "its password is not known, only a hash", True))


def users_file(known: DataAnswers, passwords: Passwords) -> tuple[str, list[str]]:
    """The text of an ACL file, and the users with a placeholder in it."""
    found = [(line, *_with_passwords(line, passwords)) for line in known.asked.users or ()]
    text = "".join(f"{written}\n" for _, written, _ in found)
    return text, [line.split(" ")[1] for line, _, is_replaced in found if is_replaced]


def _is_usual(line: str) -> bool:
    return line.split(" ")[1] == "default" and set(line.split(" ")[2:]) <= _USUAL_RULES | {
        f"#{d}" for d in _HASH.findall(line)
    }


def _with_passwords(line: str, passwords: Passwords) -> tuple[str, bool]:
    """A user's line with passwords for its hashes: one placeholder for all that are not known."""
    out: list[str] = []
    is_replaced = False
    user = line.split(" ")[1]
    for word in line.split(" "):
        digest = _HASH.fullmatch(word)
        if digest is None:
            out.append(word)
        elif known := passwords.behind(digest[1]):
            out.append(f">{known}")
        elif not is_replaced:
            is_replaced = True
            out.append(f">{placeholder(user)}")
    return " ".join(out), is_replaced


def sentinel_lines(
    asked: AskedServer,
    *,
    port: int,
    tls_files: Mapping[str, str] | None,
    logins: Mapping[str, tuple[str, str] | None],
    passwords: Passwords,
    login: Sequence[str] = (),
) -> FileLines:
    """The lines of a Sentinel's file.

    :param tls_files: the files that data nodes name, where Sentinels speak TLS.
    :param logins: user and password for the data nodes of each monitored primary, None where none is needed.
    """
    lines = FileLines()
    if tls_files is None:
        lines.words.append(("port", str(port)))
    else:
        lines.words += [("port", "0"), ("tls-port", str(port)), ("tls-replication", "yes"), *tls_files.items()]
        lines.assumed.append(
            ("tls-replication", "a Sentinel does not show its TLS lines: those of a data node stand here", False)
        )
    for fields in asked.masters:
        if fields.get("name") and fields.get("ip"):
            lines.words += _monitored(fields)
            _add_login(lines, fields["name"], logins.get(fields["name"]))
    lines.words += [("sentinel", name, value) for name, value in asked.settings.items() if value not in ("", "no", "0")]
    _add_own_users(lines, asked, passwords, login)
    return lines


def _monitored(fields: Mapping[str, str]) -> Iterator[Words]:
    name = fields["name"]
    yield ("sentinel", "monitor", name, fields["ip"], fields.get("port", "6379"), fields.get("quorum", "1"))
    for setting in (
        "down-after-milliseconds",
        "failover-timeout",
        "parallel-syncs",
        "notification-script",
        "client-reconfig-script",
    ):
        if fields.get(setting):
            yield ("sentinel", setting, name, fields[setting])


def _add_login(lines: FileLines, master: str, login: tuple[str, str] | None) -> None:
    if login is None:
        return
    user, password = login
    if user != "default":
        lines.words.append(("sentinel", "auth-user", master, user))
        lines.assumed.append(("sentinel auth-user", "a user that a Sentinel is logged in as at a data node", False))
    lines.words.append(("sentinel", "auth-pass", master, password))
    why = "a Sentinel does not show it; the data nodes ask for a password"
    lines.assumed.append(("sentinel auth-pass", why, password == placeholder(user)))


def _add_own_users(lines: FileLines, asked: AskedServer, passwords: Passwords, login: Sequence[str]) -> None:
    """The users of a Sentinel itself; the others log in there as one of them."""
    before = len(lines.words)
    if asked.users is None:
        _add_password(lines, asked, passwords, login)
    else:
        _add_user_lines(lines, asked.users, passwords)
    if len(lines.words) > before:
        user = asked.settings.get("sentinel-user", "") or "default"
        password = passwords.of(user, asked.users, login)
        lines.words.append(("sentinel", "sentinel-pass", password))
        lines.assumed.append(("sentinel sentinel-pass", "no Sentinel is asked for it", password == placeholder(user)))

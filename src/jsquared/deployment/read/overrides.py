"""``--with KEY=VALUE``: one setting of a deployment changed for this run.

Keys: ``redis.<directive>`` and ``sentinel.<setting>`` for all nodes, ``redis@<host>.<directive>`` and ``sentinel@<host>.<setting>``
for one, ``quorum``, ``clients.count``, ``clients.on`` (``own``, ``data`` or ``n1,n2``), ``clients.ask`` (``all`` or ``own``) and
``clients.through`` (a floating address, or nothing).
Settings of a primary, and the quorum, are set for every primary that is monitored.
Values are words as in a line of redis.conf; an empty value is the empty word (``redis.save=``).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar, cast

from jsquared.deployment.model.directives import Directive, Source, join_words, split_words
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.known import check_redis_name, check_sentinel_name, identity, sentinel_words
from jsquared.deployment.model.reach import Reach
from jsquared.deployment.model.references import names_file
from jsquared.deployment.model.spec import Asks, DataNode, Deployment, SentinelNode
from jsquared.deployment.read.assemble import MOST_CLIENTS, assemble
from jsquared.errors import BadInputError
from jsquared.records.plan import Rewrite
from jsquared.records.secret_places import secrets_in
from jsquared.text import did_you_mean, one_of

OPTION = Source("--with", "--with")
REASON = "set with --with"
PLAIN_KEYS = ("quorum", "clients.count", "clients.on", "clients.ask", "clients.through")

SECTIONS = ("redis", "sentinel")
_OWN_HOST = re.compile("c[1-9][0-9]{0,3}")  # as hosts of clients alone are called

N = TypeVar("N", DataNode, SentinelNode)


def apply_overrides(deployment: Deployment, settings: Sequence[str]) -> Deployment:
    """The deployment with each ``KEY=VALUE`` applied in order, validated as a whole afterwards.

    :raises BadInputError: no such key or host, a value that cannot be, or a contradiction with the rest.
    """
    changing = _Changing(deployment)
    for setting in settings:
        changing.apply(setting)
    return changing.result() if settings else deployment


@dataclass(frozen=True)
class _Setting:
    key: str
    value: str

    def bad(self, what: str, hint: str = "") -> BadInputError:
        return BadInputError(what, where=f"--with {self.key}", hint=hint)

    def words(self) -> tuple[str, ...]:
        words = split_words(self.value) if self.value else ("",)
        if not words or "\n" in self.value:
            # The value is not shown: it may be a password.
            raise self.bad("the value cannot be read", f"{self.key}=VALUE, with balanced quotes on one line")
        return words


def _like(section: str, at: str, host: str, name: str) -> str:
    """Return the key that was probably meant by one whose first word is misspelt, empty if there is none."""
    near = did_you_mean(section, SECTIONS) if name and bool(at) == bool(host) else ""
    return f"{near}{at}{host}.{name}" if near else ""


class _Changing:
    def __init__(self, deployment: Deployment) -> None:
        self.before = deployment
        self.data = list(deployment.data)
        self.sentinels = list(deployment.sentinels)
        self.policy = deployment.client_policy
        self.changes = list(deployment.overrides)
        self.secrets = deployment.secrets

    def apply(self, text: str) -> None:
        key, equals, value = text.partition("=")
        setting = _Setting(key.strip(), value.strip())
        if not equals or not setting.key:
            shown = re.sub(r"[^\w.@-].*", "…", text, flags=re.DOTALL)  # what follows may be a password
            raise BadInputError(f"'{shown}' is not KEY=VALUE", where="--with", hint="redis.appendonly=no")
        scope, dot, name = setting.key.partition(".")
        section, at, host = scope.partition("@")
        if at and "." in setting.key:  # a host's name may have dots, a directive's has none
            host, _, name = setting.key.partition("@")[2].rpartition(".")
        if setting.key == "quorum":
            self._quorum(setting)
        elif setting.key in PLAIN_KEYS:
            self._clients(setting, name)
        elif section in SECTIONS and dot and name and bool(at) == bool(host):
            self._directive(setting, section, host, name)
        else:
            keys = (*PLAIN_KEYS, "redis.<directive>", "redis@<host>.<directive>", "sentinel.<setting>")
            near = did_you_mean(setting.key, PLAIN_KEYS, otherwise=_like(section, at, host, name) or ", ".join(keys))
            raise setting.bad("no such key", near)

    def _quorum(self, setting: _Setting) -> None:
        if not (setting.value.isascii() and setting.value.isdecimal()):
            raise setting.bad(f"'{setting.value}' is not a whole number", f"quorum={len(self.sentinels) // 2 + 1}")

        def changed(sentinel: SentinelNode) -> SentinelNode:
            lines = tuple(self._with_quorum(line, setting) for line in sentinel.directives)
            return replace(sentinel, directives=lines)

        self.sentinels = [changed(sentinel) for sentinel in self.sentinels]

    def _with_quorum(self, line: Directive, setting: _Setting) -> Directive:
        if line.key != "sentinel monitor":
            return line
        after = Directive.make((*line.words[:-1], setting.value), OPTION, None, "quorum")
        self._note(line, after)
        return after

    def _note(self, before: Directive | None, after: Directive) -> None:
        source = before.source if before else OPTION
        line, text = (before.line, before.text) if before else (None, "")
        self.secrets = self.secrets.and_also(secrets_in([after.words]))
        shown = self.secrets.mask(join_words(self.secrets.words(after.words)))
        change = Rewrite(file=source.name, line=line, before=text, after=shown, reason=REASON)
        if text != shown and change not in self.changes:
            self.changes.append(change)

    def _directive(self, setting: _Setting, section: str, host: str, name: str) -> None:
        words = setting.words()
        if section == "redis":
            check_redis_name(name, setting.bad)
            self.data = self._changed(self.data, host, Directive.make((name, *words), OPTION, None, setting.key))
        else:
            check_sentinel_name(name, setting.bad)
            lines = [sentinel_words(name, words, master) for master in self.before.master_names]
            for line in dict.fromkeys(lines):  # a setting of a primary for each of them, others once
                self.sentinels = self._changed(self.sentinels, host, Directive.make(line, OPTION, None, setting.key))

    def _changed(self, nodes: list[N], host: str, line: Directive) -> list[N]:
        hosts = [node.host for node in nodes]
        if host and host not in hosts:
            near = did_you_mean(host, hosts, otherwise=one_of(hosts))
            raise BadInputError(f"no such host '{host}'", where=f"--with {line.path}", hint=near)
        return [self._with_line(node, line) if host in ("", node.host) else node for node in nodes]

    def _with_line(self, node: N, line: Directive) -> N:
        """The node with a line in the place of all that say the same thing, else at the end."""
        same = [directive for directive in node.all(line.key) if identity(directive) == identity(line)]
        for directive in same:
            self._note(directive, line)
        if not same:
            self._note(None, line)
        kept: list[Directive] = []
        for directive in node.directives:
            if directive not in same:
                kept.append(directive)
            elif directive is same[0]:
                kept.append(line)
        return replace(node, directives=tuple(kept if same else [*kept, line]))

    def _clients(self, setting: _Setting, name: str) -> None:
        value = setting.value
        if name == "count":
            if not (value.isascii() and value.isdecimal() and 1 <= int(value[:9]) <= MOST_CLIENTS):
                raise setting.bad(f"'{value}' is not a whole number from 1 to {MOST_CLIENTS}", "clients.count=2")
            self.policy = replace(self.policy, count=int(value))
        elif name == "ask":
            if value not in ("all", "own"):
                raise setting.bad(f"'{value}' is neither all nor own", "clients.ask=all")
            self.policy = replace(self.policy, ask=cast("Asks", value))
        elif name == "through":
            self.policy = replace(self.policy, through=value)
        else:
            self.policy = replace(self.policy, on=self._placement(setting))

    def _placement(self, setting: _Setting) -> str | tuple[str, ...]:
        if setting.value in ("own", "data"):
            return setting.value
        hosts = tuple(host.strip() for host in setting.value.split(","))
        if not all(hosts):
            raise setting.bad("no host", "own, data, or names such as n1,n2")
        known = list(dict.fromkeys(node.host for node in self.before.nodes))
        if strange := next((host for host in hosts if host not in known and not _OWN_HOST.fullmatch(host)), ""):
            names = f"own, data, {one_of(known)}, or c1 for a host without servers"
            hint = did_you_mean(strange, ("own", "data", *known), otherwise=names)
            raise setting.bad(f"no such host '{readable(strange)}'", hint)
        return hosts

    def _reach(self) -> Reach:
        """Return the files that may be read: including the files that ``--with`` names, which are the user's own words."""
        reach = self.before.reach
        lines = {line for node in (*self.data, *self.sentinels) for line in node.directives if line.source is OPTION}
        for line in lines:
            reach = reach.and_given(Path(line.arguments[0])) if names_file(line) else reach
        return reach

    def result(self) -> Deployment:
        before = self.before
        return assemble(
            name=before.name,
            description=before.description,
            where=OPTION,
            data=self.data,
            sentinels=self.sentinels,
            primaries={monitored.master_name: monitored.host for monitored in before.monitored},
            client_policy=self.policy,
            input_files=before.input_files,
            folders=before.folders,
            reach=self._reach(),
            overrides=tuple(self.changes),
            not_reproduced=before.not_reproduced,
            astray=before.astray,
            host_names=before.host_names,
            floating=before.floating,
            secrets=self.secrets,
        )

"""Finds what differs between two configurations of a deployment: nodes by their hosts or addresses, directives by their meaning."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from jsquared.deployment.dialect.dialect import Dialect, dialect_of
from jsquared.deployment.dialect.effects import Effect, Effects, effects_of
from jsquared.deployment.model.directives import Directive, canonical, join_words
from jsquared.deployment.model.host_claims import HostClaims
from jsquared.deployment.model.known import STATE, identity
from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.records.findings import ResponsibleLine
from jsquared.records.plan import Engine
from jsquared.records.secret_places import is_secret_name, secrets_in
from jsquared.records.secrets import Secrets
from jsquared.rollout.changes import Differences, DirectiveChange, NodeChange, NodeRole
from jsquared.rollout.compared_users import user_changes, users_by_line
from jsquared.rollout.compared_values import SENTINEL_DEFAULTS, Value, compared
from jsquared.text import listed

OF_ROLES = ("replicaof", "sentinel monitor")
"""Lines that failovers change by themselves."""
MONITOR, QUORUM = "sentinel monitor", "sentinel quorum"
WORDS_OF_MONITOR = 4
LISTS = ("rename-command", "loadmodule", "sentinel rename-command", "module.setting")
"""Directives of which every line counts, not only the last."""
JOINED = ("save", "client-output-buffer-limit")
"""Directives whose lines make one value together."""
BY_START = {"dir": "the folder that it is started in"}
"""What a server uses where the directive is not written, and no file tells."""
UNSAID = ("masterauth", "requirepass", "masteruser", "tls-key-file-pass", "tls-client-key-file-pass")
"""Directives that are empty where they are not written, whatever CONFIG says of them."""
Key = tuple[str, str]
Skips = Callable[[NodeRole, str, str], bool]
"""Told the role of a node, a directive and the value that the second side has: True if the sides cannot be compared there."""


@dataclass(frozen=True)
class Sides:
    """Two configurations: what there is, and what is to be. ``secrets`` masks the passwords of both with the same marks."""

    before: Deployment
    after: Deployment
    engine: Engine
    secrets: Secrets

    @classmethod
    def of(cls, before: Deployment, after: Deployment, engine: Engine) -> "Sides":
        """The sides with the secrets of both."""
        secrets = before.secrets.and_also(after.secrets.values, after.secrets.names)
        lines = [
            words
            for deployment in (before, after)
            for node in deployment.nodes
            for _, _, words in users_by_line(node, deployment).values()
        ]
        return cls(before, after, engine, secrets.and_also(secrets_in(lines)))


def role_of(node: Node) -> NodeRole:
    """Return a node's role for people."""
    return "data node" if isinstance(node, DataNode) else "Sentinel"


def pairs_of(before: Deployment, after: Deployment) -> list[tuple[Node | None, Node | None]]:
    """Every node with its counterpart: of the same host, else at the same address and port; None where there is none."""
    own = {(role_of(node), node.name): node for node in after.nodes}
    places = {place: node for node in after.nodes for place in _places(node, after)}
    found: list[tuple[Node | None, Node | None]] = []
    taken: set[int] = set()
    for node in before.nodes:
        other = own.get((role_of(node), node.name))
        other = other or next((places[place] for place in _places(node, before) if place in places), None)
        other = None if other is None or id(other) in taken else other
        taken.add(id(other))
        found.append((node, other))
    return found + [(None, node) for node in after.nodes if id(node) not in taken]


def _places(node: Node, deployment: Deployment) -> list[tuple[NodeRole, str, int]]:
    claims = HostClaims([node], deployment.host_names.called)
    names = [*claims.named, *claims.bound, *claims.announced]
    return [(role_of(node), name, node.port) for name in names]


def differences(sides: Sides, skips: Skips = lambda _role, _name, _value: False) -> Differences:
    """Everything that differs between the sides."""
    directives: list[DirectiveChange] = []
    nodes: list[NodeChange] = []
    not_compared: dict[str, None] = {}
    undecided: dict[str, list[str]] = {}
    for before, after in pairs_of(sides.before, sides.after):
        if before and after:
            compare = _Comparison(sides, before, after, skips)
            directives += compare.changes()
            not_compared |= dict.fromkeys(compare.skipped)
            for name in compare.undecided:
                undecided.setdefault(name, []).append(before.name)
        elif one := before or after:
            kind: Literal["added", "removed"] = "removed" if before else "added"
            master = one.master_name if isinstance(one, DataNode) else ""
            nodes.append(
                NodeChange(node=one.name, role=role_of(one), kind=kind, file=one.source.name, master_name=master)
            )
    return Differences(
        directives=tuple(directives),
        nodes=tuple(nodes),
        not_compared=tuple(not_compared),
        undecided=tuple(
            f"{name} of {listed(nodes)} is written on one side alone; without the line a server uses {BY_START[name]}"
            for name, nodes in undecided.items()
        ),
    )


class _Comparison:
    """Two files of one node."""

    def __init__(self, sides: Sides, before: Node, after: Node, skips: Skips) -> None:
        self.sides, self.before, self.after, self._skips = sides, before, after, skips
        self.role = role_of(before)
        self.dialect: Dialect = dialect_of(sides.engine)[0]
        self.effects: Effects = effects_of(sides.engine)[0]
        self.skipped: list[str] = []
        self.undecided: list[str] = []

    def changes(self) -> Iterator[DirectiveChange]:
        """Each directive that differs, in the order of the second file, then those that are gone."""
        was, now = self._lines(self.before), self._lines(self.after)
        for key in sorted([*now, *(key for key in was if key not in now)], key=lambda key: key[0] in OF_ROLES):
            yield from self._change(key, was.get(key, []), now.get(key, []))
        yield from user_changes(self.sides, self.before, self.after, self.role, self._skip)

    @staticmethod
    def _lines(node: Node) -> dict[Key, list[Directive]]:
        found: dict[Key, list[Directive]] = {}
        for line in node.directives:
            name = line.key.removeprefix("sentinel ")
            if line.key == "user" or (line.key.startswith("sentinel ") and name in STATE):
                continue
            if line.key == MONITOR:
                master = line.arguments[0] if line.arguments else ""
                found.setdefault((QUORUM, master), []).append(line)
                found.setdefault((MONITOR, master), []).append(line)
                continue
            found.setdefault(identity(line), []).append(line)
        return found

    def _change(self, key: Key, was: list[Directive], now: list[Directive]) -> Iterator[DirectiveChange]:
        name, master = key
        old, new = self._value(key, was), self._value(key, now)
        if name in BY_START and (old is None) != (new is None):
            self.undecided.append(name)
        if old is None or new is None or old == new or self._skip(name, "" if not now else now[-1].words[-1]):
            return
        counted = slice(None) if name in (*LISTS, *JOINED) or "." in name else slice(-1, None)
        [before, *more_before] = self._sides(self.before, name, was[counted], old)
        [after, *more_after] = self._sides(self.after, name, now[counted], new)
        yield DirectiveChange(
            node=self.before.name,
            role=self.role,
            directive=name,
            master_name=master,
            effect=self._effect(name),
            before=before,
            after=after,
            before_value=self._text(key, was[counted], old),
            after_value=self._text(key, now[counted], new),
            more_before=tuple(more_before),
            more_after=tuple(more_after),
            is_secret=is_secret_name(name.removeprefix("sentinel ")),
        )

    def _value(self, key: Key, lines: list[Directive]) -> Value | None:
        name, master = key
        if name in (QUORUM, MONITOR):
            part = slice(3, 4) if name == QUORUM else slice(1, 3)
            return lines[-1].arguments[part] if lines and len(lines[-1].arguments) == WORDS_OF_MONITOR else None
        if not lines:
            default = self._default(name)
            return None if default is None else compared(name, [(default,)], self.dialect)
        words = [line.arguments[1:] if master else line.arguments for line in lines]
        if name in LISTS or "." in name:
            return tuple(sorted(join_words(each) for each in words))
        return compared(name, words, self.dialect)

    def _default(self, name: str) -> str | None:
        if name in UNSAID or name in LISTS or "." in name:
            return ""
        if name in BY_START:
            return None
        if self.role == "Sentinel" and name in SENTINEL_DEFAULTS:
            return SENTINEL_DEFAULTS[name]
        default = self.effects.default(name)
        return "" if default is None else default

    def _effect(self, name: str) -> Effect:
        if name in OF_ROLES:
            return "never"
        return self.effects.of_data_node(name) if self.role == "data node" else self.effects.of_sentinel(name)

    def _sides(self, node: Node, name: str, lines: Sequence[Directive], value: Value) -> list[ResponsibleLine]:
        if not lines:
            shown = join_words((*name.split(), *value)) if any(value) else f"no {name}"
            return [ResponsibleLine(file=node.source.name, text=shown, written=False)]
        return [
            ResponsibleLine(file=line.source.name, line=line.line, text=join_words(self._masked(line)))
            for line in lines
        ]

    def _text(self, key: Key, lines: Sequence[Directive], value: Value) -> str:
        """The value as a command takes it."""
        name, master = key
        if not lines or name in (QUORUM, MONITOR):
            return " ".join(value)
        names = (2 if name.startswith("sentinel ") else 1) + bool(master)
        return " ".join(word for line in lines for word in self._masked(line)[names:])

    def _masked(self, line: Directive) -> tuple[str, ...]:
        return self.sides.secrets.words(line.words)

    def _skip(self, name: str, value: str) -> bool:
        if self._skips(self.role, canonical(name), value):
            self.skipped.append(f"{name} of {self.before.name}: a running server does not show it")
            return True
        return False

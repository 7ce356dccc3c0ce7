"""The definition of a rule, and how its problems become findings.

A rule is a function from a :class:`~jsquared.analysis.group.Group` to problems. ``@rule`` gives it its id, its outcome and its
place among the known ways to break Sentinel; the docstring of the function names the source of the knowledge.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import msgspec

from jsquared.analysis.group import Group
from jsquared.deployment.model.directives import Directive, join_words, split_words
from jsquared.deployment.model.spec import DataNode, Node, SentinelNode
from jsquared.records.findings import Finding, FindingOutcome, ResponsibleLine, Severity
from jsquared.records.secrets import Secrets


@dataclass(frozen=True)
class Problem:
    """A problem that a rule saw: its nodes or hosts, the lines, the consequence, and a fix to try.

    ``directive`` and ``where`` are made from ``lines`` unless they are given. ``fix_is_line``: the fix is to be written as it stands.
    """

    target: str
    message: str
    lines: tuple[ResponsibleLine, ...] = ()
    directive: str = ""
    where: str = ""
    fix: str = ""
    fix_is_line: bool = False
    try_with: tuple[str, ...] = ()
    effect: str = ""


Check = Callable[[Group], Iterable[Problem]]


@dataclass(frozen=True)
class Rule:
    """One rule. ``about`` is the line of the reference page."""

    id: str
    severity: Severity
    outcome: FindingOutcome
    about: str
    ways: tuple[str, ...]
    check: Check = field(repr=False)

    def findings(self, group: Group) -> Iterator[Finding]:
        """Return its findings in one group, with marks for secrets."""
        secrets = group.deployment.secrets
        for problem in self.check(group):
            yield Finding(
                rule=self.id,
                severity=self.severity,
                outcome=self.outcome,
                target=secrets.mask(problem.target),
                directive=secrets.mask(problem.directive or together(line.text for line in problem.lines)),
                where=secrets.mask(problem.where or together(line.place for line in problem.lines if line.written)),
                message=secrets.mask(problem.message),
                fix=secrets.mask(_shown(problem.fix, secrets)),
                fix_is_line=problem.fix_is_line,
                try_with=tuple(map(secrets.setting, problem.try_with)),
                lines=tuple(_masked(line, secrets) for line in _lines_of(problem, group)),
                effect=secrets.mask(problem.effect),
                ways=self.ways,
            )


def _lines_of(problem: Problem, group: Group) -> tuple[ResponsibleLine, ...]:
    """Its lines once each; where it has none, the files of the nodes or hosts that it is about, else of all nodes."""
    if problem.lines:
        return tuple(dict.fromkeys(problem.lines))
    names = set(problem.target.split(", "))
    nodes = [node for node in group.nodes if names & {node.name, node.host}] or group.nodes
    files = dict.fromkeys(node.source.place for node in nodes)
    return tuple(ResponsibleLine(file=file, text=problem.directive, written=False) for file in files)


def _masked(line: ResponsibleLine, secrets: Secrets) -> ResponsibleLine:
    return msgspec.structs.replace(line, file=secrets.mask(line.file), text=secrets.mask(line.text))


def _shown(line: str, secrets: Secrets) -> str:
    """A line to try."""
    words = split_words(line) or ()
    shown = secrets.words(words)
    return line if shown == words else join_words(shown)


def rule(name: str, severity: Severity, outcome: FindingOutcome, about: str, *ways: str) -> Callable[[Check], Rule]:
    """Makes a rule of a function; ``ways`` are the known ways to break Sentinel that it is about."""
    return lambda check: Rule(name, severity, outcome, about, ways, check)


def named(nodes: Iterable[Node]) -> str:
    """Names of nodes, separated by commas."""
    return ", ".join(node.name for node in nodes)


def together(words: Iterable[str]) -> str:
    """Different words once each, in order, separated by commas."""
    return ", ".join(dict.fromkeys(word for word in words if word))


def written(
    lines: Iterable[Directive | None], shown: Callable[[Directive], str] | None = None
) -> tuple[ResponsibleLine, ...]:
    """Lines as a problem has them; ``shown`` makes the text of one."""
    return tuple(
        ResponsibleLine(file=line.source.place, line=line.line, text=shown(line) if shown else line.text)
        for line in lines
        if line
    )


def of_nodes(
    group: Group,
    nodes: Sequence[Node],
    key: str,
    default: str,
    message: str,
    *,
    value: str | None = None,
    effect: str = "",
) -> Problem:
    """A problem of one directive on data nodes, Sentinels or both; ``value`` is what to try (None: no value mends it) and ``effect``
    what that changes."""
    data = [node for node in nodes if isinstance(node, DataNode)]
    sentinels = [node for node in nodes if isinstance(node, SentinelNode)]
    tried = with_data(group, data, key, value or "") + with_sentinel(group, sentinels, key, value or "")
    problem = _of_lines(nodes, [node.find(key) for node in nodes], f"{key} {default}", message, key, value, tried)
    return replace(problem, effect=effect)


def of_sentinels(
    group: Group,
    nodes: Sequence[SentinelNode],
    setting: str,
    default: str,
    message: str,
    *,
    value: str | None = None,
    effect: str = "",
) -> Problem:
    """A problem of a line ``sentinel <setting> <master> …``; ``value`` is what to try, ``effect`` what that changes."""
    lines = [node.setting(setting, group.master) for node in nodes]
    start = f"sentinel {setting} {group.master}"
    tried = with_sentinel(group, nodes, setting, value or "")
    return replace(_of_lines(nodes, lines, f"{start} {default}".rstrip(), message, start, value, tried), effect=effect)


def of_quorum(group: Group, nodes: Sequence[SentinelNode], message: str, quorum: int | None) -> Problem:
    """A problem of the quorum; ``quorum`` is the one to try."""
    lines = [line for node in nodes if (line := node.monitor(group.master))]
    start = "".join(join_words(line.words[:-1]) for line in lines[:1])
    problem = _of_lines(
        nodes, lines, "", message, start, None if quorum is None else str(quorum), (f"quorum={quorum}",)
    )
    if quorum is None:
        return problem
    return replace(problem, effect=f"{quorum} of {len(group.sentinels)} Sentinels agree that the primary is down")


def _of_lines(
    nodes: Sequence[Node],
    lines: Sequence[Directive | None],
    absent: str,
    message: str,
    start: str,
    value: str | None,
    tried: tuple[str, ...],
) -> Problem:
    """A problem of lines, or of what holds where they are ``absent``; the fix is their ``start`` with another value."""
    return Problem(
        target=named(nodes),
        message=message,
        lines=tuple(_written_or(line, node, f"{absent} (default)") for line, node in zip(lines, nodes, strict=True)),
        fix="" if value is None else f"{start} {value}",
        fix_is_line=value is not None,
        try_with=() if value is None else tried,
    )


def _written_or(line: Directive | None, node: Node, absent: str) -> ResponsibleLine:
    return next(iter(written([line])), ResponsibleLine(file=node.source.place, text=absent, written=False))


def with_data(group: Group, nodes: Sequence[DataNode], key: str, value: str) -> tuple[str, ...]:
    """The ``--with`` arguments that set a directive on these data nodes: one where they are all there are."""
    return _settings("redis", [node.host for node in nodes], [node.host for node in group.deployment.data], key, value)


def with_sentinel(group: Group, nodes: Sequence[SentinelNode], key: str, value: str) -> tuple[str, ...]:
    """The same for Sentinels; ``--with`` sets it for every monitored primary."""
    everywhere = [node.host for node in group.deployment.sentinels]
    return _settings("sentinel", [node.host for node in nodes], everywhere, key, value)


def _settings(section: str, hosts: list[str], everywhere: list[str], key: str, value: str) -> tuple[str, ...]:
    if hosts and hosts == everywhere:
        return (f"{section}.{key}={value}",)
    return tuple(f"{section}@{host}.{key}={value}" for host in hosts)

"""The lines of a node that its engine will probably not take, by what is known of the engine's version: typing errors, mostly."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from jsquared.deployment.dialect.dialect import Dialect, dialect_of, others_with
from jsquared.deployment.dialect.settings import example, problem
from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.known import shown_name
from jsquared.deployment.model.spec import Node, SentinelNode
from jsquared.errors import BadInputError
from jsquared.records.plan import Engine
from jsquared.text import did_you_mean

LONGEST_WHAT = 300
TEMPLATE = ("{{", "${", "<%")
"""Begins a place that a template leaves for a value, and that no server fills in."""


@dataclass(frozen=True)
class Doubt:
    """A line that the engine will probably refuse: what is wrong with it, and what to try."""

    line: Directive
    what: str
    hint: str

    def error(self) -> BadInputError:
        """The error that the line is the cause of."""
        return self.line.bad(readable(self.what, LONGEST_WHAT), self.hint)


def doubts_about(nodes: Iterable[Node], engine: Engine) -> list[Doubt]:
    """The lines of these nodes that the engine will probably refuse, each line once, in order."""
    dialect, _ = dialect_of(engine)
    judge = _Judge(dialect, engine)
    found = [doubt for node in nodes for line in node.directives for doubt in judge.line(line, _is_sentinel(node))]
    return list(dict.fromkeys(found))


def _is_sentinel(node: Node) -> bool:
    return isinstance(node, SentinelNode)


@dataclass(frozen=True)
class _Judge:
    dialect: Dialect
    engine: Engine

    def line(self, line: Directive, at_sentinel: bool) -> Iterator[Doubt]:
        name = line.words[0].lower()
        if name == "sentinel":
            yield from (
                self._setting(line)
                if at_sentinel
                else [Doubt(line, "belongs to a Sentinel, and this is a data node", "sentinel.conf")]
            )
            return
        shape = self.dialect.shape(name)
        if shape is None:
            yield self._unknown(line, at_sentinel)
        elif what := shape.problem(line.words[1:]):
            near = shape.nearest(line.words[1:])
            yield Doubt(line, what, _hint(line, f"did you mean '{near}'?" if near else shape.example))

    def _setting(self, line: Directive) -> Iterator[Doubt]:
        if len(line.words) < 2:  # which Sentinel ignores
            return
        name = line.words[1].lower()
        if name not in self.dialect.settings:
            near = did_you_mean(name, self.dialect.settings)
            what = self._elsewhere(name, setting=True) or f"unknown setting of Sentinel '{shown_name(line.words[1])}'"
            yield Doubt(line, what, self._instead(name, near, setting=True))
        elif what := problem(name, line.words[2:]):
            yield Doubt(line, what, _hint(line, example(name)))

    def _unknown(self, line: Directive, at_sentinel: bool) -> Doubt:
        name = line.words[0].lower()
        if at_sentinel and name in self.dialect.settings:
            return Doubt(line, f"'{name}' is a setting of Sentinel", f"sentinel {name} …")
        names = self.dialect.directives.keys() | (self.dialect.settings if at_sentinel else frozenset())
        what = self._elsewhere(name, setting=False) or f"unknown directive '{shown_name(line.words[0])}'"
        return Doubt(line, what, self._instead(name, did_you_mean(name, sorted(names)), setting=False))

    def _elsewhere(self, name: str, *, setting: bool) -> str:
        """The sentence about a name that another version knows; empty where none does."""
        other = next(others_with(name, self.dialect, setting=setting), None)
        if other is None:
            return ""
        kind = "setting of Sentinel" if setting else "directive"
        here = f"and the engine is {self.engine.name.title()} {self.engine.version}"
        if other.engine != self.dialect.engine:
            return f"'{name}' is a {kind} of {other.name}, {here}"
        until = "since" if other.version > self.dialect.version else "until"
        if "." in name:
            return f"'{name}' is a setting of a module, known {until} {other.name}, {here}"
        return f"'{name}' is known {until} {other.name}, {here}"

    def _instead(self, name: str, near: str, *, setting: bool) -> str:
        if setting and name == "quorum":
            return "the last word of 'sentinel monitor', which is the quorum"
        other = next(others_with(name, self.dialect, setting=setting), None)
        if other is not None:
            return f"--engine with a version that knows it, such as {other.name}, or removing the line"
        return f"did you mean '{near}'?" if near else "removing the line"


def _hint(line: Directive, otherwise: str) -> str:
    words = " ".join(line.words[1:])
    if any(sign in words for sign in TEMPLATE):
        return "the value that the template stands for: no server fills it in"
    return otherwise

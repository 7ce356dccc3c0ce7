"""The variables, arrays, arguments and functions of one shell."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from jsquared.deployment.read.containers.shell_script import Step
from jsquared.deployment.read.containers.shell_words import UNKNOWN, Unreadable

_TOLD_BY_THE_SHELL = frozenset(
    ("RANDOM", "SRANDOM", "SECONDS", "EPOCHSECONDS", "EPOCHREALTIME", "PPID", "BASHPID", "UID", "EUID")
)
"""Variables that no one sets and that differ in every run."""
MOST_ITEMS = 10_000
"""Of one array."""


@dataclass
class Scope:
    """``arguments[0]`` is the shell's own name. ``flow`` says how a list is left: ``break``, ``continue``, ``return``, ``exit``."""

    values: dict[str, str]
    arguments: list[str]
    arrays: dict[str, list[str]] = field(default_factory=dict)
    functions: dict[str, list[Step]] = field(default_factory=dict)
    locals: dict[str, tuple[str | None, list[str] | None]] | None = None
    """The variables that the function at hand has for itself, with what they were before; None outside of functions."""
    flow: str = ""
    ok: bool = True
    """The status of the last command."""

    @property
    def separators(self) -> str:
        """The characters that words are split at."""
        return self.values.get("IFS", " \t\n")

    def get(self, name: str) -> str:
        """The value of a variable, empty without one; of an array, its first."""
        return self.find(name) or ""

    def find(self, name: str) -> str | None:
        """The value of a variable, None without one."""
        if name in self.arrays:
            return self.arrays[name][0] if self.arrays[name] else None
        return self.values.get(name, UNKNOWN if name in _TOLD_BY_THE_SHELL else None)

    def put(self, name: str, value: str) -> None:
        """Set a variable."""
        if name in self.arrays:
            self.arrays[name][:1] = [value]
        else:
            self.values[name] = value

    def put_items(self, name: str, items: list[str]) -> None:
        """Set an array.

        :raises Unreadable: it is too long.
        """
        if len(items) > MOST_ITEMS:
            raise Unreadable(f"an array of more than {MOST_ITEMS} words")
        self.values.pop(name, None)
        self.arrays[name] = items

    def items(self, name: str) -> list[str]:
        """The words of an array; a variable is one of one word."""
        if name in self.arrays:
            return self.arrays[name]
        return [self.values[name]] if name in self.values else []

    def drop(self, name: str) -> None:
        """Unset a variable or array."""
        self.values.pop(name, None)
        self.arrays.pop(name, None)

    def keep(self, name: str) -> None:
        """Make a variable the function's own."""
        if self.locals is not None and name not in self.locals:
            self.locals[name] = (self.values.pop(name, None), self.arrays.pop(name, None))

    @contextmanager
    def for_now(self, names: Iterable[str]) -> Iterator[None]:
        """Variables that are assigned before a command, and have their values for it only."""
        before = {name: self.values.get(name) for name in names}
        try:
            yield
        finally:
            for name, value in before.items():
                self.drop(name)
                self.values |= {} if value is None else {name: value}

    @contextmanager
    def call(self, arguments: list[str]) -> Iterator[None]:
        """A function with these arguments."""
        outer = self.locals, self.arguments
        self.locals, self.arguments = {}, [self.arguments[0], *arguments]
        try:
            yield
        finally:
            for name, (value, items) in self.locals.items():
                self.values.pop(name, None)
                self.arrays.pop(name, None)
                self.values |= {} if value is None else {name: value}
                self.arrays |= {} if items is None else {name: items}
            self.locals, self.arguments = outer
            self.flow = "" if self.flow == "return" else self.flow

    @contextmanager
    def apart(self) -> Iterator[None]:
        """A subshell: what is changed in it stays in it."""
        kept = dict(self.values), list(self.arguments), {name: list(items) for name, items in self.arrays.items()}
        functions = dict(self.functions)
        try:
            yield
        finally:
            self.values, self.arguments, self.arrays = kept
            self.functions, self.flow = functions, ""

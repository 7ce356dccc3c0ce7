"""The definition of a model: the commands of an operation, and their effect on its keys.

Pure, and standard library only: the client that gives the commands and the checker that judges what became of them both read it here. A
model's keys belong to one series of eight operations of one client, so their whole content follows from the operations applied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

from jsquared.records.models.kept_replies import Reply

Words = tuple[bytes | int, ...]
"""One command: its name by which Redis knows it, in upper case, and its arguments."""
SERIES = 8
"""How many operations the keys of one series get."""
UNCHANGED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Held:
    """The content of a key: ``value`` in the form of its type (:mod:`jsquared.records.contents`).

    ``ttl_s`` is the time to live that it was given last, by the operation of step ``set_by``; None for a key that stays.
    """

    type: str
    value: Any
    ttl_s: float | None = None
    set_by: int = -1


State = tuple[Held | None, ...]
"""What the keys of a series hold, one entry a key; None for a key that is absent."""


@dataclass(frozen=True)
class Call:
    """One operation: the ``step``-th on the keys of a client's ``series``."""

    client: int
    series: int
    step: int
    keys: tuple[bytes, ...]
    names: Mapping[str, str] = field(default_factory=lambda: UNCHANGED, compare=False)
    """Commands to the names that they have at the data nodes, for what is called inside a script."""

    @property
    def token(self) -> bytes:
        """Return a text that no other operation of this kind writes."""
        return b"%d.%d.%d;" % (self.client, self.series, self.step)

    @property
    def number(self) -> int:
        """The number of this operation among all of its kind and client."""
        return self.series * SERIES + self.step


class Model(Protocol):
    """One kind of operation."""

    name: ClassVar[str]
    needs: ClassVar[tuple[str, ...]]
    """The commands that it is made of."""
    suffixes: ClassVar[tuple[bytes, ...]]
    """What is behind the series' name in each of its keys."""
    shows_each: ClassVar[bool]
    """Whether the final content shows of each operation alone that it was applied."""

    def database(self, series: int) -> int:
        """The database in which the keys of a series lie."""
        ...

    def commands(self, call: Call) -> tuple[Words, ...]:
        """The commands of an operation, in the order in which they are sent. Each has one reply."""
        ...

    def apply(self, state: State, call: Call) -> State:
        """Return the content of the keys after the operation."""
        ...

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """Return a server's replies where the keys hold ``state`` before the operation: one reply a command, except to a GET."""
        ...

    def removes(self, step: int) -> bool:
        """True if the operation of that step takes something away: where it is lost, that is back."""
        ...

    def overwrites(self, step: int) -> bool:
        """True if the first key's content after the operation of that step does not depend on its content before."""
        ...

    def looked_at(self, call: Call) -> tuple[int, int]:
        """Return the series whose first key an operation's GET reads, and the number of that one's operations before."""
        ...


class OneKey:
    """The common base of most models: one key in database 0, and nothing is taken away."""

    suffixes: ClassVar[tuple[bytes, ...]] = (b"",)
    shows_each: ClassVar[bool] = False

    def database(self, series: int) -> int:  # noqa: ARG002 -- the series matters where models use several databases
        """Database 0."""
        return 0

    def removes(self, step: int) -> bool:  # noqa: ARG002 -- the step matters where models take away
        """Nothing."""
        return False

    def overwrites(self, step: int) -> bool:  # noqa: ARG002 -- the step matters where only some operations set a value
        """Always."""
        return True

    def looked_at(self, call: Call) -> tuple[int, int]:
        """Its own key, as the operations before left it."""
        return call.series, call.step

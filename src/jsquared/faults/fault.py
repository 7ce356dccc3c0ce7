"""The fault protocol: one thing that breaks, with parameters, targets, evidence that it bit, and its own undo.

A fault is injected into a running deployment and gives back an :class:`ActiveFault`, which proves that it bit, heals it, and proves that
it healed. A proof is a measurement (the kernel's report of a stopped process, a packet that did not arrive), never the fact that the
call returned. What cannot be proven makes the verdict inconclusive.

A new fault subclasses :class:`Fault`; what it injects subclasses :class:`ActivePerTarget` where each target proves by itself that it is
broken, and :class:`ActiveFault` where there is one proof for all of them.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypedDict

from jsquared.errors import BadInputError
from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.capability import Capability

ParameterValues = Mapping[str, Any]
"""What a fault is injected with: a value for each of its parameters, by name, validated and complete."""


Aims = Literal["servers", "data", "sentinels", "hosts", "nothing"]
"""Whom a fault can hit: any server, data nodes alone, Sentinels alone, hosts (those of clients too), or no one: it takes no targets."""


class FaultDetails(TypedDict, total=False):
    """The additional fields of some faults' ``fault-started`` events; ``FaultStarted`` explains them."""

    sides: tuple[tuple[str, ...], ...]
    links: str
    direction: str
    between: list[list[str]]
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    refusal: str
    paused: str
    ids: list[str]
    names: list[str]
    asked: str
    before_ms: Mapping[str, float]
    limit_bytes: Mapping[str, int]
    addresses: Mapping[str, str]
    engine: str


@dataclass(frozen=True)
class Evidence:
    """The result of a proof, and one sentence about the measurement."""

    ok: bool
    sentence: str


def combine(parts: Sequence[Evidence]) -> Evidence:
    """All of several proofs: it is shown only when each of them is."""
    return Evidence(bool(parts) and all(part.ok for part in parts), "; ".join(part.sentence for part in parts))


@dataclass(frozen=True)
class Parameter:
    """One parameter of a fault, for documentation and validation. ``default`` gives its type."""

    name: str
    default: str | int | bool
    meaning: str
    choices: tuple[str, ...] = ()


class ActiveFault(ABC):
    """A fault that has been injected."""

    proven_at_end: ClassVar[bool] = False
    """Whether :meth:`bit` can only be shown once the fault has lasted: it is then called just before healing."""

    def __init__(
        self, deployment: RunningDeployment, targets: Iterable[str], details: FaultDetails | None = None
    ) -> None:
        """:param targets: node names (process faults) or host names (network faults) that it was resolved to."""
        self.targets: Sequence[str] = list(targets)
        self._deployment = deployment
        self._details = details or FaultDetails()

    @property
    def details(self) -> FaultDetails:
        """Return the fields of the ``fault-started`` event beside the targets."""
        return self._details

    @abstractmethod
    def bit(self) -> Evidence:
        """Prove that the fault took effect; called once, after injection or just before healing."""

    @abstractmethod
    def heal(self) -> None:
        """Undo it; a second call does nothing."""

    @abstractmethod
    def healed(self) -> Evidence:
        """Prove that the undo took effect."""


class ActivePerTarget(ActiveFault):
    """A fault that has been injected at targets of which each proves by itself that it is broken, and that it has healed."""

    def bit(self) -> Evidence:
        """Every target shows it."""
        return combine([self.bit_at(name) for name in self.targets])

    @abstractmethod
    def bit_at(self, name: str) -> Evidence:
        """Prove that the fault took effect at one of its targets."""

    def healed(self) -> Evidence:
        """Every target has healed."""
        return combine([self.healed_at(name) for name in self.targets])

    @abstractmethod
    def healed_at(self, name: str) -> Evidence:
        """Prove that the undo took effect at one of its targets."""


class Fault(ABC):
    """A kind of fault."""

    name: ClassVar[str]
    description: ClassVar[str]
    undo: ClassVar[str]
    evidence: ClassVar[str]
    needs: ClassVar[frozenset[Capability]] = frozenset({Capability.PROCESS})
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    aims: ClassVar[Aims] = "servers"
    usual_targets: ClassVar[tuple[str, ...]] = ("primary",)
    """What a door proposes where someone names no targets; they fit ``aims``."""
    of_monitoring: ClassVar[bool] = False
    """Whether it breaks what monitors a trial, so that only trials that are monitored can have it."""

    @abstractmethod
    def inject(self, deployment: RunningDeployment, targets: Sequence[str], parameters: ParameterValues) -> ActiveFault:
        """Break it.

        :param targets: as the scenario names them (``primary``, ``client:1`` …); see ``faults/targets.py``.
        :raises BadInputError: a target does not exist in this deployment, or the fault cannot do that with it.
        """

    def refusal(self, problem: str, *, hint: str, parameter: str = "") -> BadInputError:
        """Return the error for a target, or a value of ``parameter``, that makes no sense for this fault."""
        return BadInputError(
            problem, where=f"fault '{self.name}'" + (f", parameter '{parameter}'" if parameter else ""), hint=hint
        )

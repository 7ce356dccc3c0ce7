"""The fault protocol: one thing that breaks, with parameters, targets, evidence that it bit, and its own undo.

A fault is injected into a running deployment and gives back an :class:`ActiveFault`, which proves that it bit, heals it, and proves that
it healed. A proof is a measurement (the kernel's report of a stopped process, a packet that did not arrive), never the fact that the
call returned. What cannot be proven makes the verdict inconclusive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from jsquared.running.deployment import RunningDeployment
from jsquared.sandbox.sandbox import Capability


@dataclass(frozen=True)
class Evidence:
    """Whether something was shown, and the one sentence that says what was measured."""

    ok: bool
    sentence: str


@dataclass(frozen=True)
class Parameter:
    """One parameter of a fault, for documentation and validation. ``default`` gives its type."""

    name: str
    default: str | int | bool
    meaning: str
    choices: tuple[str, ...] = ()


class ActiveFault(Protocol):
    """A fault that has been injected."""

    proven_at_end: ClassVar[bool]
    """Whether :meth:`bit` can only be shown once the fault has lasted: it is then called just before healing."""

    @property
    def targets(self) -> Sequence[str]:
        """Node names (process faults) or host names (network faults) that it was resolved to."""
        ...

    @property
    def details(self) -> Mapping[str, Any]:
        """What the ``fault-started`` event says beside the targets."""
        ...

    def bit(self) -> Evidence:
        """Prove that the fault took effect; called once, after injection or just before healing."""
        ...

    def heal(self) -> None:
        """Undo it; a second call does nothing."""
        ...

    def healed(self) -> Evidence:
        """Prove that the undo took effect."""
        ...


class Fault(Protocol):
    """A kind of fault."""

    name: ClassVar[str]
    description: ClassVar[str]
    undo: ClassVar[str]
    evidence: ClassVar[str]
    needs: ClassVar[frozenset[Capability]]
    parameters: ClassVar[tuple[Parameter, ...]]

    def inject(
        self, deployment: RunningDeployment, targets: Sequence[str], parameters: Mapping[str, Any]
    ) -> ActiveFault:
        """Break it.

        :param targets: as the scenario names them (``primary``, ``client:1`` …); see ``faults/targets.py``.
        :param parameters: by name, validated and complete.
        :raises BadInputError: a target does not exist in this deployment.
        """
        ...


def combine(parts: Sequence[Evidence]) -> Evidence:
    """All of several proofs: it is shown only when each of them is."""
    return Evidence(bool(parts) and all(part.ok for part in parts), "; ".join(part.sentence for part in parts))

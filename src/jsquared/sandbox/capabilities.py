"""The capabilities of this machine: each capability beyond processes and links has a probe that really tries it.

A probe raises a JSquaredError that names what is missing and what would help. Those in :data:`PROBES` are tried in this process, once.
What needs namespaces is tried inside, by :mod:`jsquared.sandbox.attempt`, which has probes of its own. Both must be cheap (some
10 ms) and leave nothing behind. To add a capability: its member in :class:`Capability`, a probe here or there, and the
member in ``capabilities`` of each sandbox that can have it.
"""

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from jsquared.errors import JSquaredError
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.linux.limits import try_memory_limit
from jsquared.sandbox.linux.shim import try_shim


class Missing(NamedTuple):
    """Why a capability is not there, and what would help."""

    reason: str
    fix: str


PROBES: dict[Capability, Callable[[], None]] = {
    Capability.CLOCK: try_shim,
    Capability.SLOW_DISK: try_shim,
    Capability.MEMORY: try_memory_limit,
}
"""What is tried in this process. A capability without a probe needs nothing that a machine could lack."""


@cache
def missing_here(capability: Capability) -> Missing | None:
    """Why this process cannot have a capability, None where it can (or where only :mod:`jsquared.sandbox.attempt` can tell)."""
    probe = PROBES.get(capability)
    return tried(probe) if probe else None


def tried(probe: Callable[[], None]) -> Missing | None:
    """Return a probe's complaint; None if it succeeds."""
    try:
        probe()
    except JSquaredError as problem:
        return Missing(problem.what, problem.hint)
    return None

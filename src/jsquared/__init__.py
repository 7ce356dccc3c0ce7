"""JSquared, the resilience lab for Redis Sentinel.

It stands up a real deployment, breaks it on purpose and proves from the recorded history what happened.
Command line: ``jsquared --help``. For programs: :class:`jsquared.Lab` (docs/guides/lab.md). How the parts fit: ARCHITECTURE.md.
"""

from typing import TYPE_CHECKING, Any

from jsquared._version import __version__

if TYPE_CHECKING:
    from jsquared.errors import BadInputError as BadInputError
    from jsquared.errors import FaultDidNotBiteError as FaultDidNotBiteError
    from jsquared.errors import JSquaredError as JSquaredError
    from jsquared.errors import LabError as LabError
    from jsquared.service.lab.lab import Lab as Lab

__all__ = ["BadInputError", "FaultDidNotBiteError", "JSquaredError", "Lab", "LabError", "__version__", "discover"]

_HOMES = dict.fromkeys(("BadInputError", "FaultDidNotBiteError", "JSquaredError", "LabError"), "jsquared.errors")
_HOMES["Lab"] = "jsquared.service.lab.lab"


def discover(discover_system: bool = True) -> dict[str, Any]:
    """List what an experiment of Chaos Toolkit can use: ``chaos discover jsquared`` looks for this function."""
    from importlib import import_module  # noqa: PLC0415

    found: dict[str, Any] = import_module("jsquared.chaos_toolkit").discover(discover_system=discover_system)
    return found


def __getattr__(name: str) -> Any:
    """Load what the package offers when it is first asked for: importing the package itself costs next to nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'jsquared' has no attribute '{name}'")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES[name]), name)

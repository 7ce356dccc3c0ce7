"""A Sentinel's own configuration file, where it cannot save its state to it: such a Sentinel does not start."""

from dataclasses import dataclass

from jsquared.deployment.model.directives import Directive


@dataclass(frozen=True)
class Unsaved:
    """The reason why a Sentinel cannot save its state: ``line`` makes its file ``path`` read-only, or starts it without one (empty)."""

    path: str
    line: Directive

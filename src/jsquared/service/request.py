"""The part of a request that several doors share: the deployment that it is about, and the trials that it may start."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import BadInputError
from jsquared.records.plan import Ack
from jsquared.service.given_deployment import load_given
from jsquared.trial.plan import check_ack

MOST_SEED = 1_000_000
"""Seeds that are chosen here are smaller, so that they are easy to repeat."""


@dataclass(frozen=True, kw_only=True)
class DeploymentRequest:
    """A request about a deployment; its texts are those of the options of the same names."""

    deployment: str = "reference"
    overrides: Sequence[str] = ()
    """``--with``: directives to change."""
    allowed: Allowed = field(default_factory=Allowed)
    """What the deployment's configuration may read and run."""
    engine: str = "auto"
    ack: str = "auto"

    def load(self) -> Deployment:
        """Read the deployment, and change its directives.

        :raises BadInputError: it is none, or one of its lines or of the overrides is wrong.
        """
        return apply_overrides(load_given(self.deployment, self.allowed), self.overrides)

    def level(self, deployment: Deployment) -> Ack:
        """Return the acknowledgement level to use on this deployment.

        :raises BadInputError: it is not a level, or one that the deployment cannot reach.
        """
        level = parse_ack(self.ack) or deployment.majority_ack
        check_ack(level, deployment)
        return level

    def options(self) -> list[str]:
        """The options of the command line that name the same deployment."""
        return ["--deployment", self.deployment, *self.allowed.options()]


@dataclass(frozen=True, kw_only=True)
class TrialsRequest(DeploymentRequest):
    """A request that starts trials."""

    master: str = ""
    """The monitored primary to run them for; empty: a choice of the request's kind."""
    sandbox: str = "auto"
    seed: int | None = None
    """None: a new one."""
    jobs: int = 0
    """Trials in parallel; 0: chosen for the place where they run."""
    out: Path = Path("runs")

    def check(self) -> None:
        """Check the numbers.

        :raises BadInputError: one of them is too small or too large.
        """
        require_range(self.jobs, "--jobs", least=0)
        if self.seed is not None:
            require_range(self.seed, "--seed", least=0)

    def first_seed(self) -> int:
        """Return the seed, or a new one."""
        return secrets.randbelow(MOST_SEED) if self.seed is None else self.seed


def parse_ack(text: str) -> Ack | None:
    """``--ack``: None for ``auto``.

    :raises BadInputError: none of the four forms.
    """
    return None if text == "auto" else Ack.parse(text)


def require_range(value: int, option: str, *, least: int, most: int | None = None) -> None:
    """Refuse a number that is too small or too large.

    :raises BadInputError: it is.
    """
    if value < least:
        raise BadInputError(f"{value} is too small", where=option, hint=f"{least} or more")
    if most is not None and value > most:
        raise BadInputError(f"{value} is too large", where=option, hint=f"{most} or less")

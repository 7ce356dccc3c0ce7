"""Addresses, folders and engines for rendering without a sandbox."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.render.render import Rendered, render
from jsquared.deployment.render.rendering_context import Role
from jsquared.records.plan import Engine

REDIS = Engine(name="redis", version="7.0.15")
ROLES: dict[Role, int] = {"data": 1, "sentinel": 2, "client": 3}


def numbered(prefix: str) -> Callable[[str, Role], str]:
    """Addresses ``<prefix>.<role>.<host>``, hosts numbered as they are first named."""
    numbers: dict[str, int] = {}

    def address(host: str, role: Role) -> str:
        return f"{prefix}.{ROLES[role]}.{numbers.setdefault(host, len(numbers) + 1)}"

    return address


def render_in_lab(deployment: Deployment, engine: Engine = REDIS, prefix: str = "10.77", seed: int = 1) -> Rendered:
    """A deployment rendered into ``/lab``."""
    return render(deployment, numbered(prefix), lambda host: Path("/lab") / host, engine, seed)


@pytest.fixture
def rendered() -> Callable[..., Rendered]:
    """Renders a deployment into ``/lab``: ``rendered(deployment, engine=…, prefix=…, seed=…)``."""
    return render_in_lab

"""Addresses, folders and engines for rendering without a sandbox."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.records.plan import Engine
from jsquared.topology.render import Rendered, render
from jsquared.topology.rendering_context import Role
from jsquared.topology.spec import Deployment

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


@pytest.fixture
def deployments() -> Path:
    """The folder of the deployments that tests read."""
    return Path(__file__).parents[2] / "fixtures" / "deployments"


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Writes files (relative name to text) into a new folder and returns it."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "deployment"
        root.mkdir()
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return root

    return write

"""What unit tests share: a deployment that says what a test tells it, and folders of configuration files."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.testing.fake_deployment import FakeDeployment, fake_deployment


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeDeployment]:
    """Three data nodes and three Sentinels, converged on ``redis-n1``; no process runs yet."""
    folder = tmp_path / "fake"
    folder.mkdir()
    with fake_deployment(folder) as deployment:
        yield deployment


@pytest.fixture
def deployments() -> Path:
    """The folder of the deployments that tests read."""
    return Path(__file__).parents[1] / "fixtures" / "deployments"


@pytest.fixture
def tree(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Writes files (relative name to text) into a new folder, as often as it is asked, and returns it."""
    numbers = itertools.count(2)

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "deployment"
        while root.exists():
            root = tmp_path / f"deployment-{next(numbers)}"
        root.mkdir()
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return root

    return write

"""What unit tests share: a deployment that says what a test tells it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.testing.fake_cluster import FakeDeployment, fake_deployment


@pytest.fixture
def fake(tmp_path: Path) -> Iterator[FakeDeployment]:
    """Three data nodes and three Sentinels, converged on ``redis-n1``; no process runs yet."""
    folder = tmp_path / "fake"
    folder.mkdir()
    with fake_deployment(folder) as deployment:
        yield deployment

"""What tests of journals share: a cache of their own, so that no index of one test is another's."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache that indexes are kept in."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """An empty folder for run folders."""
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder

"""A repository in a temporary folder, with settings in it."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.settings.team_settings import TeamSettings, settings_in

TODAY = datetime.date(2026, 11, 30)
Read = Callable[..., TeamSettings]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A folder that is the root of a repository, with a deployment and a scenario file."""
    root = tmp_path / "repository"
    (root / "deployments" / "production").mkdir(parents=True)
    (root / ".git").mkdir()
    (root / "half-cut.yaml").write_text("faults: [{name: kill, targets: [primary]}]\n", encoding="utf-8")
    return root


@pytest.fixture
def read(repository: Path) -> Read:
    """Give the settings of a text in ``jsquared.toml``, as the root of the repository sees them."""

    def settings(text: str, today: datetime.date = TODAY) -> TeamSettings:
        (repository / "jsquared.toml").write_text(text, encoding="utf-8")
        return settings_in(repository, today)

    return settings

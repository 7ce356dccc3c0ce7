"""What these tests share: pytest runs with the plugin, whose labs are in memory."""

import sys
from collections.abc import Callable

import pytest

from jsquared.pytest_plugin import lab_pool
from jsquared.records import lab_variables
from support.pytest_labs import Labs

PLUGIN = ("-p", "no:jsquared", "-p", "jsquared.pytest_plugin.plugin", "-p", "no:cacheprovider", "-n0")
"""By its module, also where the package is installed and pytest finds it."""
Run = Callable[..., pytest.RunResult]


@pytest.fixture
def labs(monkeypatch: pytest.MonkeyPatch) -> Labs:
    """Labs in memory in the place of real ones."""
    made = Labs()
    monkeypatch.delenv(lab_variables.LAB, raising=False)
    monkeypatch.setattr(lab_pool, "open_lab", made.open)
    return made


@pytest.fixture
def run(pytester: pytest.Pytester, labs: Labs, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run(test_file, *options)``: a run of pytest in this process."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "")

    def go(text: str, *options: str) -> pytest.RunResult:
        pytester.makepyfile(test_user=text)
        assert "jsquared.pytest_plugin.lab_pool" in sys.modules
        return pytester.runpytest_inprocess(*PLUGIN, "-W", "ignore", *options)

    return go

"""In CI nothing may be skipped for want of a capability: a machine that lacks one fails here instead."""

import os
import subprocess
from pathlib import Path

import pytest

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}
SERVERS = ["valkey_engine", "redis_engine", "old_redis_engine"]


@pytest.mark.parametrize(
    "name", ["namespaces", "browser", "redis", "compiler", "apt", "distribution", "packages", "root"]
)
def test_ci_has_capability(name: str, missing_capabilities: dict[str, str]) -> None:
    """In CI every capability that a marker names is there; elsewhere this only records that the probe answers."""
    reason = missing_capabilities[name]
    assert not (IN_CI and reason), f"CI lacks {name}: {reason}. scripts/test installs what it can as root"


def test_every_capability_has_a_marker(pytestconfig: pytest.Config, missing_capabilities: dict[str, str]) -> None:
    """The capabilities that conftest.py probes are the markers that pyproject.toml declares for them."""
    declared = {
        line.split(":")[0] for line in pytestconfig.getini("markers") if "tests/house/test_capabilities.py" in line
    }
    assert declared == set(missing_capabilities)


@pytest.mark.parametrize("engine", SERVERS)
def test_engine_fixture_is_a_server(engine: str, request: pytest.FixtureRequest) -> None:
    """Each engine fixture is a path of a server that says its version."""
    path: Path = request.getfixturevalue(engine)
    said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=True)
    assert "v=" in said.stdout

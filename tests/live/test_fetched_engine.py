"""A Redis from the distribution's packages, fetched without root, runs in the lab on a machine that has none."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command_lines import RATE, Finished

pytestmark = [pytest.mark.namespaces, pytest.mark.distribution, pytest.mark.timeout(400)]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH with everything of this machine but servers, and an empty cache."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for system in ("/usr/bin", "/usr/sbin", "/bin", "/sbin"):
        for program in Path(system).iterdir():
            link = folder / program.name
            if not program.name.startswith(("redis", "valkey")) and not link.is_symlink():
                link.symlink_to(program)
    return {"PATH": str(folder), "XDG_CACHE_HOME": str(tmp_path / "cache")}


def test_a_fetched_redis_passes_a_trial(
    jsquared: Callable[..., Finished], environment: dict[str, str], tmp_path: Path
) -> None:
    """Without it the error says how to get it; with it a trial runs, and its folder names the version and the checksum."""
    words = ("run", "primary-crash", "--engine", "redis", *RATE, "--out", str(tmp_path / "runs"), "--json")
    refused = jsquared(*words, environment=environment)
    assert refused.code == 2
    assert "Try: jsquared tools get redis" in refused.stderr

    [fetched] = jsquared("tools", "get", "redis", "--json", environment=environment).document
    done = jsquared(*words, environment=environment)
    assert done.code == 0, done.stderr
    assert done.trial["engine"]["name"] == "redis"
    assert fetched["version"].startswith(done.trial["engine"]["version"])
    placement = json.loads((Path(done.trial["run_dir"]) / "placement.json").read_text())
    server = fetched["programs"][0]
    assert (placement["engine"]["path"], placement["engine"]["sha256"]) == (server["path"], server["sha256"])
    assert placement["engine"]["libraries"] == fetched["libraries"]
    assert {package["name"] for package in fetched["packages"]} >= {"redis-server", "liblzf1", "libjemalloc2"}

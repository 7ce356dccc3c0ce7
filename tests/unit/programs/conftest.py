"""What tests of programs share: a cache folder, a repository with packages of every tool, and a PATH that is under control."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.package_repository import FakeRepository, script

EXPORTER = 'time="2026-01-01T00:00:00Z" level=info msg="Redis Metrics Exporter 1.45.0-2+b4    build date: 20230409"'


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of fetched tools, which is not there yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "jsquared" / "tools"


@pytest.fixture
def repository(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRepository:
    """Packages of every tool but Valkey."""
    made = FakeRepository(tmp_path / "repository", monkeypatch)
    add_redis(made)
    made.add(
        "prometheus",
        "2.42.0+ds-5",
        files={
            "usr/bin/prometheus": script("prometheus, version 2.42.0+ds (branch: debian/sid)"),
            "usr/bin/promtool": script("promtool, version 2.42.0+ds (branch: debian/sid)"),
        },
    )
    made.add(
        "prometheus-alertmanager",
        "0.25.0-1+b4",
        files={
            "usr/bin/prometheus-alertmanager": script("alertmanager, version 0.25.0 (branch: debian/sid)"),
            "usr/bin/amtool": script("amtool, version 0.25.0 (branch: debian/sid)"),
        },
    )
    made.add("prometheus-redis-exporter", "1.45.0-2+b4", files={"usr/bin/prometheus-redis-exporter": script(EXPORTER)})
    return made


def add_redis(repository: FakeRepository, version: str = "7.0.15") -> None:
    """The packages of Redis in some version."""
    whole = f"5:{version}-1~deb12u1"
    says = f"Redis server v={version} sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"
    repository.add(
        "redis-server", whole, files={"usr/bin/redis-server": script(says)}, depends="redis-tools, libextra1"
    )
    repository.add("redis-tools", whole, files={"usr/bin/redis-cli": script(f"redis-cli {version}")})
    for name in ("liblzf1", "libjemalloc2"):
        repository.add(name, files={f"usr/lib/x86_64-linux-gnu/{name}.so.1": "a library"})


@pytest.fixture
def nothing_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Path]:
    """Calling it leaves an empty folder on PATH, and nothing else."""

    def hide() -> Path:
        folder = tmp_path / "path"
        folder.mkdir()
        monkeypatch.setenv("PATH", str(folder))
        return folder

    return hide

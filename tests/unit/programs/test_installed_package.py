"""The package that a program came in: asked of dpkg, or known of what was fetched."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.programs import installed_package
from jsquared.programs.installed_package import package_of, this_release
from jsquared.programs.tool_cache import FetchedPackage, ToolRecord, make_tools_folder, put, staging

FakeDpkg = Callable[[str], None]


@pytest.fixture
def dpkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeDpkg:
    """A ``dpkg-query`` that is a script."""

    def write(script: str) -> None:
        program = tmp_path / "dpkg-query"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setattr(shutil, "which", lambda _: str(program))

    return write


def test_dpkg_says_the_package_of_a_file(dpkg: FakeDpkg, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package that owns the file, with the version that is installed and the release of this machine."""
    monkeypatch.setattr(installed_package, "this_release", lambda: "debian 12")
    dpkg('case $1 in -S) echo "redis-server: $2";; *) echo "installed 5:7.0.15-1~deb12u10";; esac')
    found = package_of(Path("/usr/bin/redis-server"))
    assert found
    assert (found.name, found.version, found.distribution) == ("redis-server", "5:7.0.15-1~deb12u10", "debian 12")


@pytest.mark.parametrize(
    "script", ["exit 1", "echo", 'case $1 in -S) echo "a: $2";; *) echo "config-files 1";; esac', "exec sleep 60"]
)
def test_what_dpkg_does_not_know_is_in_no_package(dpkg: FakeDpkg, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A file of nobody, a package that was removed, and a dpkg that hangs give none."""
    monkeypatch.setattr(installed_package, "LIMIT_S", 0.5)
    dpkg(script)
    assert package_of(Path("/opt/redis-server")) is None


def test_patterns_and_other_systems_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What dpkg would take for a pattern is not passed to it, and where there is none, there is no package."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert package_of(Path("/usr/bin/redis-server")) is None
    monkeypatch.setattr(shutil, "which", lambda _: "/nowhere/dpkg-query")
    assert package_of(Path("/usr/bin/*")) is None
    assert package_of(Path("redis-server")) is None
    assert package_of(Path("/usr/bin/redis-server")) is None


def test_what_was_fetched_has_its_package_in_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is the one that apt verified."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    make_tools_folder()
    package = FetchedPackage(name="redis-server", version="5:7.0.15-1~deb12u9", architecture="amd64", sha256="0")
    with staging() as folder:
        made = folder / "made"
        made.mkdir()
        tool = put(made, ToolRecord(name="redis", version="7.0.15", fetched_at="2026-11-01", packages=(package,)))
    found = package_of(tool.folder / "root/usr/bin/redis-server")
    assert found
    assert (found.name, found.version) == ("redis-server", "5:7.0.15-1~deb12u9")


def test_a_system_without_a_name_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where /etc/os-release is missing, no release is assumed."""

    def missing() -> dict[str, str]:
        raise FileNotFoundError

    monkeypatch.setattr(installed_package.platform, "freedesktop_os_release", missing)
    assert this_release() == ""

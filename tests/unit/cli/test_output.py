"""What commands print: safe for terminals, whatever names and texts say, and in one line where it cannot be printed at all."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from jsquared.cli import output
from jsquared.cli.main import main
from jsquared.errors import BadInputError, LabError, refusal_of
from jsquared.records.verdict import RunVerdict
from jsquared.report.summary_text import print_summary
from support.sample_run import sample_record

EVIL = "\x1b[2J\x1b]0;x\x07\u202e[red]n1[/red][link=http://x]y[/link]\udcff"
SHOWN = "\\x1b[2J\\x1b]0;x\\x07\\u202e[red]n1[/red][link=http://x]y[/link]\\udcff"


def test_tables_errors_and_texts_show_what_they_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences are escaped, and rich's markup is text."""
    output.print_table(["what"], [[EVIL]], title=EVIL)
    output.print_text(f"{EVIL}\n")
    output.stdout_console().say(EVIL)
    output.error(f"{EVIL}\nmore")
    captured = capsys.readouterr()
    assert captured.out.count(SHOWN) == 4
    assert captured.err == f"jsquared: error: {SHOWN} more\n"
    assert not set("\x1b\x07\u202e") & set(captured.out + captured.err)


@pytest.mark.parametrize(("whole", "broken"), [(1, True), (2, False)])
def test_names_in_tables_are_never_broken(capsys, monkeypatch, whole, broken) -> None:
    """On a narrow terminal other columns give way, not the name of a scenario or an objective."""
    monkeypatch.setenv("COLUMNS", "66")
    row = ["primary-and-replica-isolated", "lost_writes", "3,058 writes", "1,058 writes", "better", "more than noise"]
    output.print_table(["scenario", "objective", "before", "now", "change", "why"], [row], whole=whole)
    assert ("lost_writes" not in capsys.readouterr().out) == broken


def test_json_is_valid_and_ascii_where_it_matters(capsys: pytest.CaptureFixture[str]) -> None:
    """The document has the data, as JSON escapes."""
    output.print_json({"name": EVIL.rstrip("\udcff")})
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert json.loads(out) == {"name": EVIL.rstrip("\udcff")}


def test_what_was_not_made_safe_before_is_made_so_by_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    """A renderable of somebody else's is safe too."""
    table = Table.grid()
    table.add_row("\x1b[2J\u202e[red]")
    output.stdout_console().print(table)
    out = capsys.readouterr().out
    assert out.startswith("\\x1b[2J")
    assert not set("\x1b\u202e") & set(out)


@pytest.mark.parametrize("width", [60, 200])
def test_a_summary_of_hostile_names_is_safe(width: int) -> None:
    """Names and reasons of a trial are shown, narrow and wide."""
    _, verdict = sample_record("crash", Path("runs/x"))
    verdict.scenario, verdict.outcome, verdict.reasons = EVIL, "violated", [EVIL]
    console = output.SafeConsole()
    console.file, console.width = io.StringIO(), width
    print_summary(RunVerdict(outcome="violated", trials=[verdict], not_reproduced=[EVIL]), console)
    text = console.file.getvalue()
    assert "\\x1b[2J" in text
    assert not set("\x1b\x07\u202e") & set(text)


def test_a_full_device_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk behind the output is full: exit code 4, and why."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(["deployments", "--json"]) == 4
        monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert "the output: cannot be written: No space left on device" in capsys.readouterr().err


def test_nobody_to_tell_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that cannot be printed is not another error."""
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    output.error("x")
    with pytest.raises(BrokenPipeError), output.explain_output_errors():
        raise BrokenPipeError


@pytest.mark.parametrize(
    ("problem", "kind", "words"),
    [
        (RecursionError(), BadInputError, "nested too deeply"),
        (MemoryError(), LabError, "not enough memory"),
        (OSError(24, "Too many open files"), LabError, "this machine: the system refused: Too many open files"),
        (FileNotFoundError(2, "No such file or directory", "/x"), LabError, "/x: the system refused"),
        (RuntimeError("can't start new thread"), LabError, "can't start new thread"),
        (RuntimeError("Symlink loop from '/x'"), LabError, "Symlink loop"),
        (ImportError("failed to map segment"), LabError, "failed to map segment"),
    ],
)
def test_what_the_machine_refuses_is_no_mistake_of_ours(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, problem: Exception, kind: type, words: str
) -> None:
    """It ends in one line with the class of error that it is."""

    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr("jsquared.cli.scenarios.print_json", fail)
    assert main(["scenarios", "--json"]) == kind.exit_code  # type: ignore[attr-defined]
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert "JSquared itself failed" not in err
    assert refusal_of(KeyError("x")) is None


@pytest.mark.unmeasured
def test_names_that_no_encoding_has_are_printed_in_any_locale(tmp_path: Path) -> None:
    """A file name that is not UTF-8, in the C locale and on a stream of ASCII: one line, exit code 2."""
    name = os.fsencode(tmp_path) + b"/\xff\x1b[2J"
    hardest = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for variables, words in (
        ({"LC_ALL": "C"}, ["check", name]),
        ({"PYTHONIOENCODING": "ascii"}, ["check", name]),
        (hardest, ["check", name]),
        (hardest, ["run", "--deployment", name]),
        (hardest, ["compare", name, name]),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "jsquared", *words],
            capture_output=True,
            env={**os.environ, **variables},
            check=False,
            timeout=60,
        )
        assert done.returncode == 2, done.stderr
        assert done.stderr.startswith(b"jsquared: error: ")
        assert b"\\udcff\\x1b[2J" in done.stderr
        assert done.stderr.count(b"\n") == 1

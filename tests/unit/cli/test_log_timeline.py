"""``jsquared timeline``: its forms of output, its options and its refusals."""

import json
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.monitor.logs.document import LogTimeline
from support.log_variants import LOGS, logs_of, moved, plain

FOLDER = str(LOGS / "valkey-9.1")


def test_a_timeline_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    """Text has the failover, its phases, the servers and the events."""
    assert main(["timeline", FOLDER]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("mymaster: failed over from redis-n1 to redis-n2 in 4.81 s, led by sentinel-n3\n")
    assert "  detect       02:44:36.370  3.55 s   sentinel-n2: +sdown\n" in printed
    assert "redis-n1     data node  10.77.1.1:6379" in printed


def test_on_a_terminal_lines_fit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """No line is wider than the terminal."""
    monkeypatch.setattr("jsquared.cli.log_timeline.terminal_columns", lambda: 80)
    assert main(["timeline", FOLDER]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


def test_clocks_that_differ_end_with_code_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is proven then: the first line, the document and the exit code say so, until the lines are moved."""
    logs = logs_of("valkey-9.1")
    plain(logs | {"sentinel-n3": [moved(line, 10_800) for line in logs["sentinel-n3"]]}, tmp_path)
    assert main(["timeline", str(tmp_path)]) == 3
    first = (
        "the clock of sentinel-n3 differs by 180 min 00 s: what depends on that is given as not known; --align-clocks"
    )
    assert capsys.readouterr().out.startswith(first)
    assert main(["timeline", str(tmp_path), "--json"]) == 3
    document = json.loads(capsys.readouterr().out)
    assert (document["doubtful"], document["failovers"][0]["total_ms"]) == (True, None)
    assert main(["timeline", str(tmp_path), "--align-clocks"]) == 0


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """The document has every field of its type."""
    assert main(["timeline", FOLDER, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert set(document) == set(LogTimeline.__struct_fields__)
    assert document["failovers"][0]["total_ms"] == pytest.approx(4807.0)


def test_a_page_is_written_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The page has lanes and tables, runs no script and loads nothing."""
    path = tmp_path / "page.html"
    assert main(["timeline", FOLDER, "--html", str(path), "--align-clocks"]) == 0
    page = path.read_text()
    assert page.startswith("<!doctype html>")
    assert '<svg class="lanes"' in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "").replace("http-equiv", "")
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([f"{FOLDER}/none"], "no such file"),
        ([FOLDER, "--node", "redis-n1"], "--node: 'redis-n1' is not NAME=ADDRESS:PORT"),
        ([FOLDER, "--node", "redis-n=10.0.0.1:1"], "--node: no log is called 'redis-n'. Try: redis-n"),
        ([FOLDER, "--since", "yesterday"], "--since: 'yesterday' is not a date and time"),
        ([FOLDER, "--until", "9999-99-99"], "--until: "),
        ([FOLDER, "--master", "mymastr"], "--master: no Sentinel wrote of 'mymastr'. Try: mymaster"),
        ([FOLDER, "--html", "/dev/null/page.html"], "Not a directory"),
    ],
)
def test_what_is_wrong_is_one_line(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Every refusal says what and where; none is a traceback."""
    code = main(["timeline", *arguments])
    error = capsys.readouterr().err
    assert code == (4 if "--html" in arguments else 2)
    assert expected in error
    assert error.count("\n") == 1


def test_without_a_servers_line_it_says_what_was_seen(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without logs ends with exit code 2 and what lies there."""
    (tmp_path / "notes.txt").write_text("one\ntwo\n")
    assert main(["timeline", str(tmp_path)]) == 2
    assert "no line of a Redis or Valkey server or Sentinel in 1 file with 2 lines" in capsys.readouterr().err

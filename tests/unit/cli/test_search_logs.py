"""``jsquared logs`` and ``jsquared monitor events``: what is printed, what is refused, and how they end."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jsquared.cli.main import main
from jsquared.errors import LabError
from jsquared.monitor.log_store.log_event import StoredLine
from jsquared.service import search_logs as service
from jsquared.service.search_logs import LogSearchRequest, search_logs, wanted_of

NOW_S = 1_796_040_000.0
LINE = "1:X 30 Nov 2026 10:00:0{0}.000 # {1}\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A Sentinel's log with three lines."""
    events = (
        "+sdown master mymaster 10.0.0.1 6379",
        "+odown master mymaster 10.0.0.1 6379 #quorum 2/2",
        "a \x1b[1mline",
    )
    path = tmp_path / "sentinel.log"
    path.write_text("".join(LINE.format(number, text) for number, text in enumerate(events)))
    return path


def test_found_lines_are_printed_oldest_first(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With time, server, level and text, nothing of it obeyed by a terminal; a limit is told on stderr."""
    assert main(["logs", "--from", str(log), "--limit", "2"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "2026-11-30T10:00:01.000 sentinel warning +odown master mymaster 10.0.0.1 6379 #quorum 2/2",
        "2026-11-30T10:00:02.000 sentinel warning a \\x1b[1mline",
    ]
    assert err == "the newest 2 lines; more with --limit\n"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["mymaster", "-sdown"], ["+odown"]),
        (["--event", "-sdown"], []),
        (["-odown", "mymaster"], ["+sdown"]),
        (["--since", "2026-11-30T10:00:01", "--until", "2026-11-30T10:00:01.500"], ["+odown"]),
        (["--event=+sdown", "--event", "+odown", "--node", "sentinel", "--level", "warning"], ["+sdown", "+odown"]),
    ],
)
def test_words_with_a_minus_exclude(
    log: Path, capsys: pytest.CaptureFixture[str], words: list[str], found: list[str]
) -> None:
    """Wherever they stand, before options and behind; the values of options may begin with one too."""
    assert main(["logs", *words, "--from", str(log), "--json"]) == 0
    assert [line["event"] for line in json.loads(capsys.readouterr().out)["lines"]] == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "nothing to search"),
        (["--from", "nowhere"], "no such file"),
        (["--store", "nowhere.db"], "no such store"),
        (["--from", "LOG", '"open'], "not closed"),
        (["--from", "LOG", "--node", "sentinal"], "sentinel"),
        (["--from", "LOG", "--event", "tild"], "+tilt"),
        (["--from", "LOG", "--level", "grave"], "one of debug"),
        (["--from", "LOG", "--limit", "0"], "--limit"),
        (["--from", "LOG", "--keep-mb", "0"], "--keep-mb"),
        (["--from", "LOG", "--since", "yesterday"], "is not a date and time"),
        (["--from", "LOG", "--export", "xml", "x"], "jsonl, otlp"),
        (["--from", "LOG", "--otlp", "ftp://x"], "http"),
        (["--from", "LOG", "--export", "jsonl"], "requires 2 arguments"),
        (["--from", "LOG", "--sentinel", "10.0.0.5"], "--follow"),
        (["--from", "LOG", "--json", "--follow"], "--export jsonl"),
        (["--from", "LOG", "--bogus"], "No such option"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_wrong_is_one_line(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    """Exit code 2, with what to try instead."""
    monkeypatch.chdir(log.parent)
    assert main(["logs", *(str(log) if word == "LOG" else word for word in words)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert {path.name for path in log.parent.iterdir()} <= {log.name, "found"}


def test_a_store_is_kept_and_found_again(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Reading again adds nothing, and the store alone can be searched and exported."""
    store, export = str(tmp_path / "events.db"), tmp_path / "found.jsonl"
    for _ in range(2):
        assert main(["logs", "mymaster", "--from", str(log), "--store", store, "--json"]) == 0
        assert len(json.loads(capsys.readouterr().out)["lines"]) == 2
    assert main(["logs", "quorum", "--store", store, "--limit", "1", "--export", "jsonl", str(export)]) == 0
    assert [json.loads(line)["event"] for line in export.read_text().splitlines()] == ["+odown"]


def test_standard_input_is_a_log(
    log: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``--from -`` reads to the end of it; when following, its end is the end."""
    for follow in ([], ["--follow"]):
        reading, writing = os.pipe()
        os.write(writing, log.read_bytes())
        os.close(writing)
        before = os.dup(0)
        try:
            os.dup2(reading, 0)
            assert main(["logs", "quorum", "--from", "-", *follow]) == 0
        finally:
            os.dup2(before, 0)
            os.close(before)
            os.close(reading)
        assert capsys.readouterr().out.startswith("2026-11-30T10:00:01.000 stdin warning +odown")


def test_what_was_not_read_and_not_kept_is_told(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files without text, and lines that did not fit."""
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "core").write_bytes(b"\0")
    line = "1:M 30 Nov 2026 10:00:00.000 * number {0} {0}x\n"
    (folder / "n1.log").write_text("".join(line.format(number) for number in range(20_000)))
    assert main(["logs", "--from", str(folder), "--keep-mb", "1", "--limit", "1"]) == 0
    err = capsys.readouterr().err
    assert "did not fit into the store" in err
    assert "not read: 1 file, such as logs/core (no text)" in err


def test_everything_behind_two_dashes_is_the_query(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Even what looks like an option."""
    assert main(["logs", "--from", str(log), "--json", "--", "-odown", "--mymaster", "master"]) == 0
    assert [line["event"] for line in json.loads(capsys.readouterr().out)["lines"]] == []


def test_following_prints_what_comes(log: Path) -> None:
    """First what is there, then each new line that is wanted, once."""
    told: list[list[str]] = []
    texts = iter(
        ["+try-failover master mymaster 10.0.0.1 6379", "nothing of it", "+odown master mymaster 10.0.0.1 6379"]
    )

    def goes_on() -> bool:
        text = next(texts, "")
        with log.open("a") as file:
            file.write(LINE.format(5, text) if text else "")
        return bool(text)

    request = LogSearchRequest(words=["mymaster"], inputs=[log], follow=True)
    search_logs(request, lambda lines: told.append([line.event for line in lines]), goes_on)
    assert told == [["+sdown", "+odown"], ["+try-failover"], ["+odown"]]


def test_a_receiver_that_is_away_gets_everything_later(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it goes on, lines wait for the receiver of exports, and its absence is told once."""
    sent: list[str] = []
    said: list[str] = []
    answers = iter([True, False, False, True])

    def send(url: str, lines: list[StoredLine]) -> str:
        if not next(answers):
            raise LabError("does not accept logs", where=url)
        sent.extend(line.event for line in lines)
        return ""

    monkeypatch.setattr("jsquared.monitor.log_store.event_export.send", send)
    rounds = iter(["+try-failover master mymaster 10.0.0.1 6379", "", ""])

    def goes_on() -> bool:
        text = next(rounds, None)
        with log.open("a") as file:
            file.write(LINE.format(5, text) if text else "")
        return text is not None

    request = LogSearchRequest(words=["mymaster"], inputs=[log], follow=True, otlp="http://127.0.0.1:1/v1/logs")
    search_logs(request, goes_on=goes_on, say=said.append)
    assert sent == ["+sdown", "+odown", "+try-failover"]
    assert len(said) == 1


def test_a_killed_follower_goes_on_where_it_was(log: Path, tmp_path: Path) -> None:
    """Killed while it reads, it finds each line once when it is started again, whatever the last batch was."""
    store = tmp_path / "events.db"
    argv = [sys.executable, "-m", "jsquared", "logs", "number", "--from", str(log), "--store", str(store), "--follow"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process, log.open("a") as file:
        assert process.stdout is not None
        for number in range(300):
            file.write(LINE.format(number % 10, f"number {number}"))
            file.flush()
            if number == 100:
                process.stdout.readline()  # it has begun to follow
        process.kill()
        process.wait()
    request = LogSearchRequest(words=["number"], inputs=[log], store=store, limit=1000)
    found = sorted(int(line.text.split()[1]) for line in search_logs(request).lines)
    assert found == list(range(300))


@pytest.mark.parametrize(("text", "ago_s"), [("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400)])
def test_times_may_be_ago(text: str, ago_s: int) -> None:
    """So many seconds, minutes, hours or days before now."""
    wanted = wanted_of(LogSearchRequest(since=text, until=text), NOW_S)
    assert wanted.since_us == wanted.until_us == (NOW_S - ago_s) * 1e6


def test_times_beyond_what_a_store_holds_are_no_failure() -> None:
    """However long ago."""
    assert wanted_of(LogSearchRequest(since="999999999d"), NOW_S).since_us == -(2**62)


@pytest.mark.parametrize("words", [["--listen", "nowhere"], []])
def test_counting_needs_a_sentinel_and_a_place(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Without either it is one line, and nothing is asked."""
    assert main(["monitor", "events", *words]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_interruption_ends_following(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C is exit code 130, after what was there has been printed."""

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(service.time, "sleep", interrupt)
    assert main(["logs", "quorum", "--from", str(log), "--follow"]) == 130
    out, err = capsys.readouterr()
    assert "+odown" in out
    assert err == "jsquared: error: interrupted\n"

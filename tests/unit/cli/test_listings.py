"""The lists of what there is: one line an entry, cut on a terminal alone, the whole entry for a name, a search for other words."""

import io
import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.cli import listing
from jsquared.cli.main import main
from jsquared.deployment.read.load import SHIPPED
from jsquared.faults.catalogue import FAULTS
from jsquared.scenarios.catalogue import SCENARIOS, suite_named
from jsquared.scenarios.known_ways import WAYS

LISTS = {"scenarios": SCENARIOS, "faults": FAULTS, "deployments": SHIPPED, "known-ways": WAYS}
Lines = Callable[..., list[str]]


class Terminal(io.StringIO):
    """A stdout that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Lines:
    """Run a command that passes, and return the lines that a pipe gets."""

    def call(*words: str) -> list[str]:
        assert main(list(words)) == 0, capsys.readouterr().err
        return capsys.readouterr().out.splitlines()

    return call


@pytest.fixture
def on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Run a command that passes, and return the lines that a terminal of some width gets, without colours."""

    def call(columns: int, *words: str) -> list[str]:
        terminal = Terminal()
        with monkeypatch.context() as patch:
            patch.setattr("sys.stdout", terminal)
            patch.setenv("COLUMNS", str(columns))
            patch.setenv("NO_COLOR", "1")
            assert main(list(words)) == 0
        return terminal.getvalue().splitlines()

    return call


@pytest.mark.parametrize("command", LISTS)
def test_a_pipe_gets_one_whole_line_an_entry(command: str, lines: Lines) -> None:
    """Below the heading each entry has a line that begins with its name, in the order of the catalogue, and nothing is cut."""
    shown = lines(command)
    assert [line.split()[0] for line in shown[1:]] == list(LISTS[command])
    assert "…\n" not in "\n".join(shown).replace("COORDINATED", "")
    starts = {line.index(re.split(" {2,}", line)[-1]) for line in (shown[0], shown[1])}
    assert len(starts) == 1, "columns are aligned"


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("command", LISTS)
def test_a_terminal_gets_lines_of_its_width(command: str, columns: int, on_a_terminal: Lines) -> None:
    """Each entry is one line no wider than the terminal; one that is cut says so at its end, and advice follows."""
    shown = on_a_terminal(columns, command)  # type: ignore[arg-type]
    entries = shown[1 : 1 + len(LISTS[command])]
    assert [line.split()[0].rstrip("…")[:20] for line in entries] == [name[:20] for name in LISTS[command]]
    assert all(len(line) <= columns for line in shown)
    assert any(line.endswith("…") for line in entries) or columns == 200
    assert any("NAME shows" in line for line in shown[1 + len(entries) :])


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("scenarios", "primary-crash"), [SCENARIOS["primary-crash"].why_fair, "kill on primary", "failover at most 10 s: ", "quick, "]),
        (("scenarios", "config-quorum"), ["quorum-one: ", "nothing, not even a server"]),
        (("faults", "restart-with-delay"), ["delay_ms=2000: ", "between_fsyncs=false: ", FAULTS["restart-with-delay"].evidence]),
        (("faults", "pause"), [FAULTS["pause"].undo, "available"]),
        (("deployments", "stock"), ["1+2 data, 3 Sentinels", "down after ms 30000", "data: [n1, n2, n3]"]),
        (("known-ways", "split-vote"), ["retry inside the objective", "even-sentinels: ", "split-vote: "]),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_name_shows_the_whole_entry(words: tuple[str, str], shown: list[str], lines: Lines) -> None:
    """What it does, why, its parameters with defaults, what it needs, and the next command, which the command line knows."""
    text = lines(*words)
    assert text[0].startswith(words[1])
    for part in shown:
        assert part in "\n".join(text), part
    program, command, *_ = shlex.split(text[-1])
    assert (text[-2], program) == ("Next:", "jsquared")
    assert command in ("run", "hunt", "deployments")


def test_a_scenario_is_worked_out_for_a_deployment(tmp_path: Path, lines: Lines) -> None:
    """Its schedule and limits are those of the deployment that is named, which is in the next command too; or it says why not."""
    small = tmp_path / "small.yaml"
    small.write_text("data: [n1]\nsentinels: [n1]\nquorum: 1\n", encoding="utf-8")
    assert any(
        f"{small}: not possible, " in line for line in lines("scenarios", "replica-crash", "--deployment", str(small))
    )
    shown = lines("scenarios", "primary-crash", "--deployment", "stock")
    assert any("lost writes at most 0 writes: " in line for line in shown)
    assert shown[-1] == "  jsquared run primary-crash --deployment stock"


def test_an_entry_is_wrapped_on_a_terminal(on_a_terminal: Lines) -> None:
    """Sentences stay within the width, below their label; the lines of a file stay whole."""
    shown = on_a_terminal(60, "scenarios", "primary-crash")  # type: ignore[arg-type]
    assert all(len(line) <= 60 for line in shown)
    file = on_a_terminal(40, "deployments", "reference")  # type: ignore[arg-type]
    assert any(line.strip() == "save: 3600 1                      # one snapshot an hour as a backup; the AOF does the rest, and "
               "forks stay rare" for line in file)  # fmt: skip


def test_words_search(lines: Lines) -> None:
    """Any other words search names and descriptions, whatever their case; all of them must be there."""
    found = [line.split()[0] for line in lines("scenarios", "DISK", "full")[1:]]
    assert "primary-disk-full" in found
    assert "primary-crash" not in found
    assert [line.split()[0] for line in lines("deployments", "separate hosts")[1:]] == ["apart"]
    assert "disk-slow" in [line.split()[0] for line in lines("faults", "fsync")[1:]]
    assert "split-vote" in [line.split()[0] for line in lines("known-ways", "2 x ft")[1:]]


def test_options_narrow_the_list(lines: Lines) -> None:
    """By suite, tag and capability, together with words and with ``--json``."""
    quick = [line.split()[0] for line in lines("scenarios", "--suite", "quick")[1:]]
    assert quick == [scenario.name for scenario in suite_named("quick")]
    partitions = json.loads("\n".join(lines("scenarios", "--tag", "partition", "--needs", "links", "--json")))
    assert partitions
    assert all("partition" in entry["tags"] and "links" in entry["needs"] for entry in partitions)
    disks = [line.split()[0] for line in lines("faults", "--needs", "disk")[1:]]
    assert disks == [name for name, fault in FAULTS.items() if "disk" in fault.needs]


def test_json_of_one_is_a_list_of_one(lines: Lines) -> None:
    """A name with ``--json`` gives the same shape as the list."""
    for command, names in LISTS.items():
        name = next(iter(names))
        assert [entry["name"] for entry in json.loads("\n".join(lines(command, name, "--json")))] == [name]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_deployment_is_written_to_start_from(
    name: str, tmp_path: Path, lines: Lines, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its file is written into a new folder, the command that is named next works on it, and nothing is overwritten."""
    folder = tmp_path / "a new" / "folder"
    shown = lines("deployments", name, "--out", str(folder))
    file = folder / f"{name}.yaml"
    assert shown[0] == f"written: {file}"
    [described] = json.loads("\n".join(lines("deployments", name, "--json")))
    assert described["files"] == {file.name: file.read_text(encoding="utf-8")}
    program, command, path = shlex.split(shown[-1])
    assert (program, command, path) == ("jsquared", "analyse", str(file))
    file.write_text("mine", encoding="utf-8")
    assert main(["deployments", name, "--out", str(folder)]) == 2
    assert f"{file}: is there already, and is not overwritten" in capsys.readouterr().err
    assert file.read_text(encoding="utf-8") == "mine"


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    """A link in the folder is something that is there, wherever it leads; with ``--json`` the files are a document."""
    (tmp_path / "stock.yaml").symlink_to(tmp_path / "elsewhere")
    assert main(["deployments", "stock", "--out", str(tmp_path)]) == 2
    assert not (tmp_path / "elsewhere").exists()


def test_what_was_written_as_json(tmp_path: Path, lines: Lines) -> None:
    """Programs get the files and the next command as one document."""
    document = json.loads("\n".join(lines("deployments", "stock", "--out", str(tmp_path), "--json")))
    assert document == {"files": [f"{tmp_path}/stock.yaml"], "next": f"jsquared analyse {tmp_path}/stock.yaml"}


def test_rows_without_advice_are_never_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths can be copied from a narrow terminal; a list that can be asked for whole is cut there instead."""
    monkeypatch.setattr(listing, "terminal_columns", lambda: 20)
    row = ["n1", "a/long/path/to/redis.conf"]
    listing.print_rows(["host", "file"], [row])
    assert row[1] in capsys.readouterr().out
    listing.print_rows(["host", "file"], [row], "more")
    assert row[1] not in capsys.readouterr().out

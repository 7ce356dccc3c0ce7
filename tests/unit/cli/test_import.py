"""``jsquared import``, and what commands say of folders that are not understood."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.cli.main import main

Tree = Callable[[dict[str, str]], Path]
FILES = {f"redis/db{n}.conf": "appendonly yes\n" + ("" if n == 1 else "replicaof db1 6379\n") for n in (1, 2, 3)}
FILES |= {f"sentinel/db{n}.conf": "sentinel monitor cache db1 6379 2\n" for n in (1, 2, 3)}


def test_people_see_which_file_is_whose(capsys: pytest.CaptureFixture[str], tree: Tree, tmp_path: Path) -> None:
    """A table of hosts, roles and files, what is monitored, and the command that comes next."""
    root = tree(FILES)
    assert main(["import", str(root)]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[0].split() == ["host", "role", "file"]
    assert "3 data nodes and 3 Sentinels, which monitor cache with a quorum of 2" in shown
    assert "nothing was written; --out DIR writes it as a plain folder" in shown
    out = tmp_path / "ordered"
    assert main(["import", str(root), "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "db2/sentinel.conf" in shown
    assert f"try it: jsquared run --deployment {out}" in shown
    assert main(["import", str(root), "--out", str(out)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_programs_get_one_document(capsys: pytest.CaptureFixture[str], tree: Tree) -> None:
    """With --json the same is one JSON document."""
    assert main(["import", str(tree(FILES)), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["files"][1] == {"host": "db1", "role": "Sentinel", "file": "sentinel/db1.conf", "written": ""}
    assert (document["master_names"], document["quorum"], document["out"]) == (["cache"], 2, "")


@pytest.mark.parametrize(
    "command", [["analyse"], ["run", "primary-crash", "--deployment"], ["hunt", "--deployment"], ["import"]]
)
def test_one_host_alone_is_bad_input_for_every_command(
    capsys: pytest.CaptureFixture[str], tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """Whoever gives one host's folder gets one line that asks for the others, and no findings."""
    monkeypatch.chdir(tmp_path)
    root = tree({"redis.conf": FILES["redis/db1.conf"], "sentinel.conf": FILES["sentinel/db1.conf"]})
    assert main([*command, str(root)]) == 2
    captured = capsys.readouterr()
    assert (captured.out, captured.err.count("\n")) == ("", 1)
    assert "one host of a deployment whose quorum is 2: where are the others?" in captured.err
    assert list(tmp_path.glob("runs/*")) == []


@pytest.mark.parametrize(
    "command",
    [["analyse"], ["scenarios", "primary-crash", "--yaml", "--deployment"], ["import"]],
    ids=lambda command: command[0],
)
def test_every_command_takes_the_host_of_a_file(
    capsys: pytest.CaptureFixture[str], tree: Tree, command: list[str]
) -> None:
    """Where the host of a file is not clear, the line shows the option, and with it the command goes on."""
    files = {name: text for name, text in FILES.items() if name.startswith("redis")}
    root = tree(files | {"sentinel.conf": FILES["sentinel/db1.conf"]})
    assert main([*command, str(root)]) == 2
    assert "--host sentinel.conf=" in capsys.readouterr().err
    hosts = [word for number in (1, 2, 3) for word in ("--host", f"sentinel.conf=db{number}")]
    assert main([*command, str(root), *hosts]) in (0, 1)
    assert capsys.readouterr().err == ""

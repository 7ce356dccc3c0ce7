"""The static analysis from the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from jsquared.cli.main import main


def analysed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of an analysis."""
    code = main(["analyse", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_the_reference_keeps_what_it_promises(capsys: pytest.CaptureFixture[str]) -> None:
    """The deployment to copy has no violated finding at its majority level."""
    code, document = analysed(capsys, "reference")
    assert (code, document["outcome"], document["ack"]) == (0, "pass", "wait:1")


@pytest.mark.parametrize("deployment", ["apart", "stock", "classic-2013"])
def test_known_weaknesses_are_found_without_a_server(deployment: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What trials prove on the other shipped deployments, their text already says, with the directive responsible."""
    code, document = analysed(capsys, deployment)
    assert code == 1
    violated = [finding for finding in document["findings"] if finding["outcome"] == "violated"]
    assert violated
    assert all(finding["directive"] and finding["message"] for finding in violated)


def test_the_table_has_the_same_findings(capsys: pytest.CaptureFixture[str]) -> None:
    """People get a table with the rule's name and what to try."""
    _, document = analysed(capsys, "stock")
    assert main(["analyse", "stock"]) == 1
    shown = capsys.readouterr().out
    assert all(finding["rule"] in shown for finding in document["findings"])


def test_a_level_out_of_reach_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The same levels are refused as for a run."""
    assert main(["analyse", "reference", "--ack", "wait:9"]) == 2
    assert "wait:2" in capsys.readouterr().err


def test_what_was_not_read_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Certificates and users that lie elsewhere, and what a pattern leads to: nothing passes as if it had been read."""
    (tmp_path / "n1").mkdir()
    tls = "tls-port 6380\ntls-cert-file /gone/a.crt\ntls-key-file /gone/a.key\ntls-ca-cert-file /gone/ca.crt\n"
    (tmp_path / "n1" / "redis.conf").write_text(f"include /gone/*.conf\naclfile /gone/users.acl\n{tls}")
    (tmp_path / "n1" / "sentinel.conf").write_text("sentinel monitor m n1 6379 1\n")
    _, document = analysed(capsys, str(tmp_path))
    said = document["not_reproduced"]
    assert len(said) == 3
    assert all(word in sentence for word, sentence in zip(("/gone/*", "users.acl", "a.crt"), said, strict=True))
    main(["analyse", str(tmp_path)])
    assert all(f"not read: {sentence}\n" in capsys.readouterr().out for sentence in said[:1])


def test_what_is_named_on_the_command_line_is_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A file of ``--with`` is the user's own words, wherever it lies; a folder of ``--allow-path`` is one of the deployment's."""
    (tmp_path / "users.acl").write_text("user default on nopass ~* &* +@all\n")
    code, document = analysed(capsys, "reference", "--with", f"redis.aclfile={tmp_path}/users.acl")
    assert (code, document["not_reproduced"]) == (0, [])
    assert main(["analyse", "reference", "--allow-path", "/nowhere"]) == 2
    assert "--allow-path: '/nowhere' is not a folder" in capsys.readouterr().err


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What is said of a command line that ends with exit code 2 before anything starts."""
    assert main(list(words)) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize(
    ("file", "line", "message"),
    [
        ("redis.conf", "apendonly yes", "unknown directive 'apendonly'. Try: did you mean 'appendonly'?"),
        ("redis.conf", "replica-priority {{.Task.Slot}}", "'{{.Task.Slot}}' is not a whole number from 0. Try: the value that"),
        ("sentinel.conf", "sentinel down-after m 5000", "did you mean 'down-after-milliseconds'?"),
    ],
)  # fmt: skip
def test_a_line_that_no_server_takes_is_bad_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, file: str, line: str, message: str
) -> None:
    """With its place in the user's file, and the engine's own word behind it."""
    (tmp_path / "n1").mkdir()
    for name, text in (("redis.conf", "port 6379\n"), ("sentinel.conf", "sentinel monitor m n1 6379 1\n")):
        (tmp_path / "n1" / name).write_text(text + (f"{line}\n" if name == file else ""))
    said = refused(capsys, "analyse", str(tmp_path))
    assert said.startswith(f"jsquared: error: {tmp_path}/n1/{file}:2, ")
    assert message in said


@pytest.mark.parametrize("command", [["analyse"], ["run", "primary-crash", "--deployment"], ["hunt", "--deployment"]])
def test_every_command_refuses_a_typing_error_in_an_option(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, command: list[str]
) -> None:
    """Before anything starts: nothing is written."""
    out = [] if command == ["analyse"] else ["--out", str(tmp_path / "runs")]
    said = refused(capsys, *command, "reference", "--with", "sentinel.down-after=5", *out)
    assert "--with, sentinel.down-after: unknown directive 'down-after'" in said
    assert "did you mean 'down-after-milliseconds'?" in said
    assert not (tmp_path / "runs").exists()


def test_a_directive_that_the_engine_takes_is_not_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Hidden ones, ones of modules, old names and units."""
    settings = ["redis.slave-priority=50", "redis.maxmemory=1GB", "redis.save=3600 1", "sentinel.loglevel=verbose"]
    assert main(["analyse", "reference", *(word for setting in settings for word in ("--with", setting))]) == 0

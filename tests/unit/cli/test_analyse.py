"""The static analysis from the command line."""

import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from jsquared.analysis.analysis import RULES
from jsquared.cli.main import main
from support.json_schema import violations
from support.planted_deployments import BAD

SARIF = json.loads((Path(__file__).parents[2] / "fixtures" / "sarif" / "sarif-2.1.0.json").read_text(encoding="utf-8"))


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


def test_people_get_the_same_findings(capsys: pytest.CaptureFixture[str]) -> None:
    """Every finding of the JSON is in the text, with its rule's name, its line and what to try."""
    _, document = analysed(capsys, "stock")
    assert main(["analyse", "stock"]) == 1
    lines = capsys.readouterr().out.splitlines()
    for finding in document["findings"]:
        assert any(f"{finding['message']} [{finding['rule']}]" in line for line in lines)
        assert f"    {finding['directive']}" in lines
        assert not finding["fix"] or f"    {finding['fix']}" in lines
    assert "2 violated, 1 warning, 6 facts; clients acknowledge at wait:1" in lines


def options_in(shown: str) -> list[list[str]]:
    """Each line of options that is shown to be copied."""
    return [shlex.split(line) for line in shown.splitlines() if line.strip().startswith("--with ")]


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", ["stock", "classic-2013", "apart", *BAD])
def test_what_is_shown_to_be_copied_works(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Every ``--with`` and every next command that is printed is accepted when it is copied."""
    planted = BAD.get(name)
    deployment, given = (str(planted.folder.write(tmp_path / name)), planted.folder.options) if planted else (name, ())
    assert main(["analyse", deployment, *given]) in (0, 1)
    shown = capsys.readouterr().out
    for options in options_in(shown):
        assert main(["analyse", deployment, *given, *options]) in (0, 1), capsys.readouterr().err
    assert "<secret" not in "".join(word for options in options_in(shown) for word in options)
    program, command, *words = shlex.split(shown.splitlines()[-1])
    assert (program, command in ("analyse", "run")) == ("jsquared", True)
    assert deployment in words
    assert set(given) <= set(words)
    if command == "analyse":
        assert main(["analyse", *words]) in (0, 1), capsys.readouterr().err


def test_following_the_next_commands_leads_to_a_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The suggestions mend the stock deployment, and then the next command is a run with the same options."""
    words = ["analyse", "stock", "--ack", "wait:1", "--with", "redis.save=60 1"]
    for _ in range(3):
        code = main(words)
        words = shlex.split(capsys.readouterr().out.splitlines()[-1])[1:]
        if words[0] == "run":
            break
    assert code == 0
    assert words[:5] == ["run", "--suite", "quick", "--deployment", "stock"]
    assert {"wait:1", "redis.save=60 1", "redis.appendonly=yes", "sentinel.down-after-milliseconds=3500"} <= set(words)


def test_a_suggestion_takes_the_place_of_the_users_own(capsys: pytest.CaptureFixture[str]) -> None:
    """Of one setting the next command has one value, and a level that is lost in a split is replaced."""
    main(["analyse", "stock", "--with", "redis.appendonly=no"])
    [command] = capsys.readouterr().out.splitlines()[-1:]
    assert command.count("redis.appendonly") == 1
    assert "--with redis.appendonly=yes" in command
    main(["analyse", "apart", "--ack", "wait:1"])
    assert capsys.readouterr().out.splitlines()[-1] == "  jsquared analyse apart --ack wait:2"


def test_secrets_stay_masked_in_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    """A password of ``--with`` is a mark in the next command, and whoever copies it is told."""
    secret = "correct-horse-battery"
    for form in ("text", "json", "sarif", "markdown", "github"):
        assert main(["analyse", "stock", "--with", f"redis.requirepass={secret}", "--format", form]) == 1
        shown = capsys.readouterr().out
        assert secret not in shown
        assert "secret-1" in shown or form == "github"
        assert form != "text" or "Write the secrets in place of their marks first." in shown


@pytest.mark.parametrize(
    ("form", "begins"), [("text", "critical: "), ("json", "{"), ("sarif", "{"), ("markdown", "### "), ("github", "::")]
)
def test_each_format_has_the_same_exit_code(form: str, begins: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The code is that of the findings, whatever is printed: on stdout alone."""
    assert main(["analyse", "stock", "--format", form]) == 1
    captured = capsys.readouterr()
    assert (captured.out.startswith(begins), captured.err) == (True, "")
    assert main(["analyse", "reference", "--format", form]) == 0


def test_sarif_of_a_real_folder_is_valid(capsys: pytest.CaptureFixture[str], deployments: Path) -> None:
    """Files of the user's own folder are named with their lines, and every rule is described."""
    assert main(["analyse", str(deployments / "production"), "--format", "sarif"]) in (0, 1)
    document = json.loads(capsys.readouterr().out)
    assert list(violations(document, SARIF)) == []
    [run] = document["runs"]
    assert len(run["tool"]["driver"]["rules"]) == len(RULES)
    places = [place["physicalLocation"] for result in run["results"] for place in result["locations"]]
    assert all(place["artifactLocation"]["uri"].endswith((".conf", ".crt")) for place in places)


def test_json_is_one_format_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """``--json`` is short for its format, and contradicts another; an unknown format names those there are."""
    assert main(["analyse", "reference", "--json", "--format", "sarif"]) == 2
    assert "--format sarif alone" in capsys.readouterr().err
    assert main(["analyse", "reference", "--json", "--format", "json"]) == 0
    assert main(["analyse", "reference", "--format", "xml"]) == 2
    assert "markdown" in capsys.readouterr().err


class Terminal(io.StringIO):
    """A stdout that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


def on_a_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, **environment: str) -> str:
    """What an analysis prints on a terminal."""
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"COLUMNS": str(columns), "TERM": "xterm-256color", **environment}.items():
        monkeypatch.setenv(name, value)
    assert main(["analyse", "stock"]) == 1
    return terminal.getvalue()


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_a_terminal_gets_colours_and_whole_lines(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the outcome is coloured and sentences are wrapped; with NO_COLOR the same is plain."""
    coloured = on_a_terminal(monkeypatch, columns)
    assert "\x1b[1;31mviolated" in coloured
    plain = on_a_terminal(monkeypatch, columns, NO_COLOR="1")
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == plain
    assert "    sentinel down-after-milliseconds mymaster 30000 (default)" in plain.splitlines()
    prose = [line for line in plain.splitlines() if re.match(r"    [a-z]+ [a-z]+ [a-z]+ ", line)]
    assert not [line for line in prose if len(line) > max(columns, 60)]


def test_a_pipe_gets_no_colours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Not even where the environment asks for them."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["analyse", "stock"])
    assert "\x1b" not in capsys.readouterr().out


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

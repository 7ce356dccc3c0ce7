"""Files of OSV: what they say of Redis and Valkey, and what of them is not used."""

import json
from typing import Any

import pytest

from jsquared.advisories.advisory import Advisory, Interval
from jsquared.advisories.cvss import base_score, severity_of_vector
from jsquared.advisories.osv import Reading, read_osv

from .conftest import bitnami, debian


def read(record: dict[str, Any]) -> Reading:
    """Read a record."""
    return read_osv(json.dumps(record).encode())


def only(record: dict[str, Any]) -> tuple[str, Advisory]:
    """The one thing that a record says, with nothing left over."""
    reading = read(record)
    assert reading.unused == []
    [said] = reading.said
    return said


def test_a_range_of_an_engine_is_read() -> None:
    """Each pair of events is an interval; without an end it is open, and the last affected version is the one before the end."""
    events = [
        {"introduced": "0"},
        {"fixed": "6.2.20"},
        {"introduced": "7.0.0"},
        {"last_affected": "7.2.10"},
        {"introduced": "8.0.0"},
    ]
    source, advisory = only(bitnami("CVE-2026-1001", *events))
    assert (source, advisory.id, advisory.severity, advisory.confidence) == (
        "Bitnami",
        "CVE-2026-1001",
        "high",
        "medium",
    )
    assert advisory.engines == {
        "redis": (
            Interval(introduced="0", fixed="6.2.20"),
            Interval(introduced="7.0.0", fixed="7.2.11"),
            Interval(introduced="8.0.0"),
        )
    }


def test_a_fixed_package_is_read() -> None:
    """Debian's and Ubuntu's releases are told apart, and no fix is one too."""
    source, advisory = only(debian("CVE-2026-1001", "12", "5:7.0.15-1~deb12u11"))
    [fix] = advisory.packages
    assert (source, fix.distribution, fix.release, fix.engine, fix.fixed) == (
        "Debian",
        "debian",
        "12",
        "redis",
        "5:7.0.15-1~deb12u11",
    )
    assert only(debian("CVE-2026-1001", "13", "", "valkey"))[1].packages[0].fixed == ""
    ubuntu = debian("CVE-2026-1001", "12", "5:7.0.15-1ubuntu0.24.04.2")
    ubuntu["affected"][0]["package"]["ecosystem"] = "Ubuntu:24.04:LTS"
    source, advisory = only(ubuntu)
    assert (source, advisory.packages[0].release) == ("Ubuntu", "24.04")


def test_versions_beside_commits_are_read() -> None:
    """Ranges of commits count by the versions that OSV adds, in the engines' own repositories alone."""
    versions = [{"introduced": "0"}, {"fixed": "8.2.2"}]
    for repo, engine in {
        "https://github.com/redis/redis": "redis",
        "https://github.com/valkey-io/valkey.git": "valkey",
    }.items():
        each = {
            "type": "GIT",
            "repo": repo,
            "events": [{"introduced": "0"}],
            "database_specific": {"versions": versions},
        }
        source, advisory = only({"id": "CVE-2026-1001", "affected": [{"ranges": [each]}]})
        assert (source, advisory.engines) == ("OSV", {engine: (Interval(introduced="0", fixed="8.2.2"),)})
    other = {
        "type": "GIT",
        "repo": "https://example.com/redis/redis",
        "events": [],
        "database_specific": {"versions": versions},
    }
    assert read({"id": "CVE-2026-1001", "affected": [{"ranges": [other]}]}).said == []


@pytest.mark.parametrize(
    "package",
    [
        ("npm", "redis"),
        ("PyPI", "redis"),
        ("Debian:12", "redict"),
        ("Ubuntu:Pro:22.04:LTS", "redis"),
        ("Bitnami", "redis-cluster"),
    ],
)
def test_packages_that_are_something_else_say_nothing(package: tuple[str, str]) -> None:
    """A client library called redis is not the server."""
    record = bitnami("CVE-2026-1001", {"introduced": "0"})
    record["affected"][0]["package"] = {"ecosystem": package[0], "name": package[1]}
    assert read(record).said == []


MALFORMED = {
    "ends before it begins": [{"fixed": "7.0.1"}, {"introduced": "7.0.0"}],
    "begins twice": [{"introduced": "0"}, {"introduced": "7.0.0"}],
    "the interval 7.2.0 to 7.0.0 ends before it begins": [{"introduced": "7.2.0"}, {"fixed": "7.0.0"}],
    "cannot be read": [{"introduced": "0"}, {"last_affected": "x"}],
    "names versions without a range": [],
}


@pytest.mark.parametrize("problem", MALFORMED)
def test_a_malformed_range_is_named_and_not_used(problem: str) -> None:
    """A range whose ends are out of order says nothing, and it is said which."""
    reading = read(bitnami("CVE-2026-1001", *MALFORMED[problem]))
    assert reading.said == []
    assert problem in reading.unused[0]


@pytest.mark.parametrize(
    ("events", "problem"),
    [
        ([{"introduced": "0"}, {"last_affected": "5:7.0.1-1"}], "no fixed version"),
        ([{"fixed": "\x1b[2J"}], "no fixed version"),
        (None, "without a range"),
    ],
)
def test_a_package_without_a_fixed_version_that_can_be_read_is_not_used(events: Any, problem: str) -> None:
    """The last affected package is not enough: the next one is not known."""
    record = debian("CVE-2026-1001", "12", "1")
    record["affected"][0]["ranges"] = [{"type": "ECOSYSTEM", "events": events}] if events else []
    reading = read(record)
    assert reading.said == []
    assert problem in reading.unused[0]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"id": 1}', b"\xff\xfe", b'{"id": "A", "affected": ' + b"[" * 100_000]
)
def test_what_is_not_of_that_form_is_refused(data: bytes) -> None:
    """A file that is something else is an error of its own."""
    with pytest.raises(ValueError, match="not of the form of OSV"):
        read_osv(data)


def test_a_notice_about_several_vulnerabilities_speaks_of_each() -> None:
    """The numbers are those of its aliases, else of what it is upstream of; one without any keeps its own id."""
    several = bitnami(
        "CVE-2026-1001", {"introduced": "0"}, aliases=["CVE-2026-1001", "CVE-2026-1002", "GHSA-aaaa-bbbb-cccc"]
    )
    assert [advisory.id for _, advisory in read(several).said] == ["CVE-2026-1001", "CVE-2026-1002"]
    none = bitnami("", {"introduced": "0"}, id="BIT-2", aliases=[])
    assert only(none)[1].id == "BIT-2"
    assert only(debian("CVE-2026-1007", "12", "1-1") | {"upstream": []})[1].id == "CVE-2026-1007"
    assert read(bitnami("", {"introduced": "0"}, id="\x1b[2J", aliases=[])).said == []


def test_a_withdrawn_advisory_says_so() -> None:
    """It is kept as withdrawn, since others may still have it."""
    assert only(bitnami("CVE-2026-1001", {"introduced": "0"}, withdrawn="2026-09-01T00:00:00Z"))[1].withdrawn


CRITICAL = {"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H"}


@pytest.mark.parametrize(
    ("more", "severity"),
    [
        ({"database_specific": {"severity": "MODERATE"}}, "medium"),
        ({"database_specific": {"severity": 5}, "severity": [CRITICAL]}, "critical"),
        ({"database_specific": "Low", "severity": [{"type": "Ubuntu", "score": "low"}]}, "low"),
        ({"database_specific": None, "severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}]}, "high"),
        ({"database_specific": {"severity": "low"}, "severity": [CRITICAL]}, "critical"),
    ],
)  # fmt: skip
def test_the_highest_severity_counts(more: dict[str, Any], severity: str) -> None:
    """Words and vectors are read; where there is none that can be, it is high, so that nothing is missed."""
    assert only(bitnami("CVE-2026-1001", {"introduced": "0"}, **more))[1].severity == severity


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9),
        ("CVSS:3.1/AV:N/AC:H/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.5),
        ("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:N/I:N/A:L", 3.3),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
    ],
)
def test_scores_are_those_of_public_advisories(vector: str, score: float) -> None:
    """The score of a vector is the one that is published with it."""
    assert base_score(vector) == score


@pytest.mark.parametrize(
    "vector",
    ["", "CVSS:2.0/AV:N", "CVSS:3.1/AV:N", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "CVSS:3.1/" + "A:" * 200],
)
def test_what_is_no_vector_has_no_severity(vector: str) -> None:
    """Another version of CVSS and missing or unknown metrics give nothing."""
    assert severity_of_vector(vector) is None

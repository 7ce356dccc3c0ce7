"""Advisories matched against versions and packages, with the data that is shipped."""

import datetime

import pytest

from jsquared.advisories.advisory import Advisory, Feed, Interval, PackageFix
from jsquared.advisories.database import Database, bundled
from jsquared.advisories.matching import Assessment, MatchedAdvisory, advisories_for
from jsquared.errors import BadInputError
from jsquared.resp.replies import engine_of_info


def named(assessment: Assessment, status: str) -> list[str]:
    """The advisories with that status, by number."""
    return sorted(one.id for one in assessment.advisories if one.status == status)


def one_of(assessment: Assessment, name: str) -> MatchedAdvisory | None:
    """The advisory of that number; None where it is of no concern."""
    return next((one for one in assessment.advisories if one.id == name), None)


def status(assessment: Assessment, name: str) -> str:
    """How an advisory concerns a version; empty where it does not."""
    found = one_of(assessment, name)
    return found.status if found else ""


def database_with(*feeds: Feed) -> Database:
    """What is shipped, and more."""
    return Database((bundled(), *feeds))


def feed(advisory: Advisory, source: str = "Bitnami") -> Feed:
    """A source with one advisory."""
    return Feed(source=source, advisories=(advisory,))


def test_valkey_is_told_from_redis_by_its_own_words() -> None:
    """Valkey says that it is Redis 7.2.4 too, which is not believed."""
    info = {"redis_version": "7.2.4", "server_name": "valkey", "valkey_version": "9.1.0"}
    assert engine_of_info(info) == ("valkey", "9.1.0")
    assert engine_of_info({"redis_version": "7.0.15"}) == ("redis", "7.0.15")
    assert engine_of_info({"redis_version": "7.2.4", "server_name": "redict"}) == ("redict", "7.2.4")
    assert engine_of_info({}) == ("", "")


def test_a_version_is_affected_within_its_interval() -> None:
    """An interval holds its beginning and not its end, and each branch has its own."""
    for version, expected in {
        "6.2.19": "affected",
        "6.2.20": "",
        "7.0.0": "affected",
        "7.2.11": "",
        "8.2.1": "affected",
    }.items():
        assert status(advisories_for("redis", version), "CVE-2025-49844") == expected, version
    assert status(advisories_for("valkey", "8.1.3"), "CVE-2025-49844") == "affected"
    assert status(advisories_for("valkey", "8.1.4"), "CVE-2025-49844") == ""
    assert status(advisories_for("redis", "7.2.4"), "CVE-2026-27623") == ""  # Valkey alone


def test_debian_patches_what_the_number_of_the_version_would_flag() -> None:
    """Redis 7.0.15 is affected by 18 advisories, and Debian's last package of it by none for certain."""
    plain = advisories_for("redis", "7.0.15")
    patched = advisories_for("redis", "7.0.15", "5:7.0.15-1~deb12u10")
    assert len(named(plain, "affected")) == 18
    assert named(patched, "affected") == []
    assert named(patched, "possible") == ["CVE-2025-46686"]  # disputed, and Debian has no fix
    assert set(named(plain, "affected")) - {"CVE-2025-46686"} <= set(named(patched, "patched"))


def test_the_last_fix_of_a_package_counts_and_not_its_name() -> None:
    """A package is affected by what later packages of its release fix, deb12u10 being newer than deb12u2."""
    older = advisories_for("redis", "", "5:7.0.15-1~deb12u5")
    assert status(older, "CVE-2025-32023") == "patched"
    assert status(older, "CVE-2025-49844") == "affected"
    assert one_of(older, "CVE-2025-49844").fixed_packages == ("5:7.0.15-1~deb12u6",)  # type: ignore[union-attr]
    assert status(older, "CVE-2025-67733") == "affected"  # by its range, Redis 7.0 would not be
    assert (older.branch.latest, older.branch.is_behind) == ("5:7.0.15-1~deb12u10", True)


@pytest.mark.parametrize(
    "package", ["5:7.0.15-1ubuntu0.24.04.1", "5:7.0.15-1~bpo11+1", "5:7.0.15-1+deb13u1", "5:7.0.15-1"]
)
def test_a_package_of_another_release_is_possibly_affected(package: str) -> None:
    """Fixes of Debian 12 say nothing of Ubuntu's package, although its version is higher."""
    assessment = advisories_for("redis", "7.0.15", package)
    assert status(assessment, "CVE-2025-49844") == "possible"
    assert named(assessment, "affected") == []
    assert status(assessment, "CVE-2022-0543") == "patched"  # before the releases parted


def test_where_it_is_installed_says_the_release_of_a_plain_package() -> None:
    """A package without a mark of its release is of the one that it is installed on."""
    assert (
        status(advisories_for("redis", "7.0.11", "5:7.0.11-1", distribution="debian 12"), "CVE-2024-31449")
        == "affected"
    )
    assert (
        status(advisories_for("redis", "7.0.11", "5:7.0.11-1", distribution="ubuntu 23.10"), "CVE-2024-31449")
        == "possible"
    )


def test_a_package_of_something_else_says_nothing() -> None:
    """A binary that is not the package's, and a package of the engine's makers, count as what they say they are."""
    other = advisories_for("redis", "7.2.4", "5:7.0.15-1~deb12u10")
    assert status(other, "CVE-2025-49844") == "affected"
    assert "holds another version" in other.notes[0]
    own = advisories_for("redis", "7.4.1", "6:7.4.1-1rl1~bookworm1")
    assert status(own, "CVE-2025-49844") == "affected"
    assert own.package_version == ""


def test_an_absent_precondition_lowers_and_never_hides() -> None:
    """An advisory for scripts counts as low where no client may run any, and is shown with its own severity."""
    found = one_of(advisories_for("redis", "7.0.15", absent=["lua"]), "CVE-2025-49844")
    assert found
    assert (found.severity, found.effective_severity, found.absent_preconditions) == ("critical", "low", ("lua",))
    order = [one.effective_severity for one in advisories_for("redis", "7.0.15", absent=["lua"]).advisories]
    assert order == sorted(order, key=["critical", "high", "medium", "low"].index)


def test_what_is_not_known_is_possible() -> None:
    """An advisory without known versions, and a build between releases, are never taken for safe."""
    assert status(advisories_for("redis", "8.10.1"), "CVE-2026-92925") == "possible"
    assert status(advisories_for("redis", "255.255.255"), "CVE-2025-49844") == "possible"
    assert named(advisories_for("valkey", "9.1.2"), "possible") == []


def test_another_feed_does_not_take_away_an_advisory() -> None:
    """A source that says that nothing is affected, or withdraws it, is named, and the advisory is possible."""
    for said in (
        Advisory(id="CVE-2025-49844", severity="low", confidence="high", engines={"redis": ()}),
        Advisory(id="CVE-2025-49844", severity="low", confidence="high", withdrawn=True),
    ):
        found = one_of(advisories_for("redis", "7.0.15", database=database_with(feed(said))), "CVE-2025-49844")
        assert found
        assert (found.severity, found.effective_severity) == ("critical", "critical")
        assert found.status == ("affected" if said.withdrawn else "possible")
        assert found.confidence == "low"
        assert any("Bitnami" in line for line in found.contradictions)


def test_another_feed_adds_an_advisory() -> None:
    """What only a feed knows counts, and one that agrees is no contradiction."""
    new = Advisory(
        id="CVE-2026-1", severity="high", confidence="medium", engines={"redis": (Interval(introduced="7.0.0"),)}
    )
    same = Advisory(
        id="CVE-2025-49844",
        severity="critical",
        confidence="medium",
        engines={"redis": (Interval(introduced="0", fixed="7.2.11"),)},
    )
    both = Feed(source="Bitnami", advisories=(new, same))
    assessment = advisories_for("redis", "7.0.15", database=database_with(both))
    assert status(assessment, "CVE-2026-1") == "affected"
    found = one_of(assessment, "CVE-2025-49844")
    assert found
    assert (found.status, found.confidence, found.contradictions) == ("affected", "high", ())


def test_a_distribution_says_nothing_of_what_its_makers_release() -> None:
    """Fixes of packages do not make a version outside all ranges a possible one; where nothing else is known, they do."""
    fix = PackageFix(distribution="debian", release="13", engine="valkey", fixed="8.1.1+dfsg1-3+deb13u9")
    known = Advisory(id="CVE-2025-49844", severity="critical", confidence="medium", packages=(fix,))
    alone = Advisory(id="CVE-2026-2", severity="high", confidence="medium", packages=(fix,))
    database = database_with(Feed(source="Debian", advisories=(known, alone)))
    upstream = advisories_for("valkey", "8.1.4", database=database)
    assert (status(upstream, "CVE-2025-49844"), status(upstream, "CVE-2026-2")) == ("", "possible")
    package = advisories_for("valkey", "8.1.1", "8.1.1+dfsg1-3+deb13u9", database=database)
    assert (status(package, "CVE-2025-49844"), status(package, "CVE-2026-2")) == ("patched", "patched")
    assert package.branch.maintained_by == "Debian 13"


def test_branches_are_told_apart() -> None:
    """Redis 7.0 gets no fixes from its makers, older ones neither; of newer ones than the data has nothing is known."""
    states = {
        version: advisories_for("redis", version).branch for version in ("7.0.15", "5.0.1", "8.0.6", "8.2.1", "12.0.0")
    }
    assert [state.support for state in states.values()] == [
        "unsupported", "unsupported", "likely-unsupported", "supported", "unknown",
    ]  # fmt: skip
    assert (states["8.2.1"].is_behind, states["8.2.1"].latest) == (True, "8.2.9")
    assert advisories_for("redis", "", "5:7.0.15-1~deb12u10").branch.maintained_by == "Debian 12"


def test_old_data_is_stale() -> None:
    """It is fresh a week after its day, and stale two months later."""
    database = database_with()
    assert not advisories_for("redis", "7.0.15", database=database).is_stale
    assert database.is_stale(datetime.date(2026, 12, 1))
    assert database.age_days(datetime.date(2020, 1, 1)) == 0


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("keydb", "6.3.4"), "engine 'keydb': no advisories are known for it"),
        (("redis", "seven"), "'seven': is not a version"),
        (("redis", ""), "'': is not a version"),
        (("redis", "7.0.15", "\x1b[2J"), "is not the version of a package"),
        (("redis", "", "1.2.3.4-1"), "is not a version"),
    ],
)
def test_what_cannot_be_matched_is_refused(arguments: tuple[str, ...], problem: str) -> None:
    """Another engine and unreadable versions end in one line, not in no advisories."""
    with pytest.raises(BadInputError) as refused:
        advisories_for(*arguments)
    assert problem in str(refused.value)

"""The data itself: what is shipped keeps its rules, and what the user has is checked as a stranger's."""

import json
from pathlib import Path
from typing import Any

import pytest

from jsquared.advisories.advisory import Advisory, Interval, PackageFix
from jsquared.advisories.database import MOST_FEEDS, bundled, load_database, read_added, user_file, write_added
from jsquared.advisories.package_version import parse_package
from jsquared.advisories.validation import problems_of, problems_of_feed, problems_of_intervals
from jsquared.errors import BadInputError, RecordError


def test_what_is_shipped_keeps_its_rules() -> None:
    """Every advisory is whole, with intervals in order, packages with the epoch of Debian's Redis, and the branches of each engine."""
    feed = bundled()
    assert list(problems_of_feed(feed)) == []
    assert len(feed.advisories) == 49
    assert {tuple(advisory.engines) for advisory in feed.advisories} == {("redis", "valkey")}
    fixes = [parse_package(fix.fixed) for advisory in feed.advisories for fix in advisory.packages]
    assert {fix.epoch for fix in fixes if fix} == {5}  # without it every installed package would be newer
    assert {branch.engine for branch in feed.branches} == {"redis", "valkey"}
    assert all(advisory.preconditions for advisory in feed.advisories)


INTERVALS: dict[str, list[tuple[str, str]]] = {
    "ends before it begins": [("7.2.0", "7.0.1")],
    "has a version that cannot be read": [("7.x", "")],
    "begins before the one in front of it ends": [("6.2.0", "7.0.5"), ("7.0.0", "7.0.9")],
    "more than 100 intervals": [("0", "1.0.0")] * 101,
}


@pytest.mark.parametrize("problem", INTERVALS)
def test_intervals_out_of_order_are_named(problem: str) -> None:
    """An interval that no version can be compared with is not believed."""
    intervals = tuple(Interval(introduced=first, fixed=last) for first, last in INTERVALS[problem])
    assert problem in next(problems_of_intervals(intervals))


def test_an_open_interval_is_the_last_one() -> None:
    """Nothing can come behind an interval that goes on until now."""
    assert list(problems_of_intervals((Interval(introduced="7.0.0"),))) == []
    assert list(problems_of_intervals((Interval(introduced="6.0.0"), Interval(introduced="7.0.0")))) != []


@pytest.mark.parametrize(
    "advisory",
    [
        Advisory(id="\x1b[2J", severity="low", confidence="low"),
        Advisory(id="CVE-1", severity="low", confidence="low", preconditions=("moon",)),
        Advisory(id="CVE-1", severity="low", confidence="low", engines={"mysql": ()}),
        Advisory(id="CVE-1", severity="low", confidence="low", note="x" * 301),
        Advisory(id="CVE-1", severity="low", confidence="low", packages=(PackageFix(distribution="D", release="1", engine="redis"),)),
        Advisory(
            id="CVE-1", severity="low", confidence="low",
            packages=(PackageFix(distribution="debian", release="1", engine="redis", fixed="new"),),
        ),
        Advisory(
            id="CVE-1", severity="low", confidence="low",
            packages=(PackageFix(distribution="debian", release="1", engine="redis"),) * 201,
        ),
    ],
    ids=range(7),
)  # fmt: skip
def test_an_advisory_that_cannot_be_believed_is_named(advisory: Advisory) -> None:
    """Ids, preconditions, engines, notes and packages are checked, and messages have no control characters."""
    problems = list(problems_of(advisory))
    assert problems
    assert "\x1b" not in "".join(problems)


def test_the_users_file_is_private_and_reads_back(user: Path) -> None:
    """It lies in the user's own folder for data, and what was written is what is read."""
    feed = bundled()
    mine = type(feed)(source="Bitnami", advisories=feed.advisories[:2])
    user.parent.mkdir(parents=True)
    write_added(user_file(), (mine,))
    assert user.stat().st_mode & 0o777 == 0o600
    assert load_database().feeds == (feed, mine)


def test_without_a_home_for_data_it_is_in_the_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A relative folder for data is not believed."""
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_file() == tmp_path / ".local/share/jsquared/advisories.json"


def document(*sources: str, **more: Any) -> str:
    """A user's file with an advisory of each source."""
    advisory = {"id": "CVE-2026-1", "severity": "high", "confidence": "low", "engines": {"redis": []}, **more}
    return json.dumps({"feeds": [{"source": source, "advisories": [advisory]} for source in sources]})


DAMAGED = {
    "is damaged": [
        "",
        "{",
        '{"feeds": 1}',
        "[" * 100_000,
        document("Bitnami", extra=1),
        document("Bitnami", severity="bad"),
    ],
    "has too many sources, or one twice": [
        document("bundled"),
        document("A", "A"),
        document(*(f"S{n}" for n in range(MOST_FEEDS))),
    ],
    "cannot be believed": [
        document("\n"),
        document("A", id="x y"),
        document("A", engines={"redis": [{"introduced": "x"}]}),
    ],
}


@pytest.mark.parametrize("problem", DAMAGED)
def test_a_damaged_file_is_refused_and_not_left_out(problem: str, user: Path) -> None:
    """What the user has added is not forgotten in silence: one line names the file and what to do."""
    user.parent.mkdir(parents=True)
    for text in DAMAGED[problem]:
        user.write_text(text, encoding="utf-8")
        with pytest.raises(BadInputError) as refused:
            load_database()
        assert problem in str(refused.value)
        assert str(user) in str(refused.value)


def test_a_file_that_others_may_write_to_is_not_believed(user: Path) -> None:
    """Nor is one that is a folder; one that is not there is nothing."""
    assert read_added(user) == ()
    user.parent.mkdir(parents=True)
    user.write_text(document("Bitnami"), encoding="utf-8")
    user.chmod(0o666)
    with pytest.raises(BadInputError, match="others may write to it"):
        read_added(user)
    user.unlink()
    user.mkdir()
    with pytest.raises(BadInputError, match="not a regular file"):
        read_added(user)


def test_a_folder_that_cannot_be_made_is_the_labs_failure(tmp_path: Path) -> None:
    """The line names the file and where else it could be."""
    (tmp_path / "file").touch()
    with pytest.raises(RecordError, match="XDG_DATA_HOME=FOLDER"):
        write_added(tmp_path / "file" / "advisories.json", ())

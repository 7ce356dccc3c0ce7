"""Versions of engines and of packages: read, and in the order of their makers."""

import shutil
import subprocess
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.advisories.package_version import PackageLine, compare_packages, parse_package
from jsquared.advisories.upstream_version import parse_upstream

RISING = ["0", "6.2", "6.2.1", "6.2.14", "7.0.0-rc1", "7.0.0-rc3", "7.0.0", "7.0.15", "7.2.4", "8.10.1", "255.255.255"]
PACKAGES = [
    "5:7.0~rc2-2", "5:7.0.11-1", "5:7.0.15-1~deb12u1", "5:7.0.15-1~deb12u2", "5:7.0.15-1~deb12u10", "5:7.0.15-1",
    "5:7.0.15-1ubuntu0.24.04.1", "5:7.0.15-1+b1", "5:7.0.15-3", "5:8.0.2-3", "6:7.4.1-1rl1~bookworm1",
]  # fmt: skip
"""Rising, as dpkg has them."""


def test_versions_of_engines_are_in_the_order_of_their_releases() -> None:
    """A candidate comes before its release, and 8.10 after 8.9; the text of each reads back."""
    parsed = [parse_upstream(text) for text in RISING]
    assert None not in parsed
    assert parsed == sorted(filter(None, parsed))
    assert [parse_upstream(str(version)) for version in parsed] == parsed


@pytest.mark.parametrize(
    "text", ["", "7", "7.0.15-1~deb12u2", "v7.0.1", "7.0.1.2", "7.x", "9" * 50, "\uff17.0.1", "7.0.1\n"]
)
def test_what_is_not_a_version_is_none(text: str) -> None:
    """Anything that is not numbered so is none, a lone number aside."""
    assert (parse_upstream(text) is None) is (text != "7")


def test_versions_of_packages_are_in_the_order_of_dpkg() -> None:
    """Epoch, tilde, numbers and letters count as dpkg counts them."""
    parsed = [parse_package(text) for text in PACKAGES]
    for older, newer in pairwise(parsed):
        assert older
        assert newer
        assert compare_packages(older, newer) < 0 < compare_packages(newer, older)
        assert compare_packages(older, older) == 0
    assert list(map(str, parsed)) == PACKAGES


@pytest.mark.parametrize(
    "text", ["", "deb12", "5:", "a:1-1", "1-1_2", "5:1:2:\n", "9" * 101, "99999999999:1-1", "1 -1"]
)
def test_what_is_not_a_package_version_is_none(text: str) -> None:
    """Anything that dpkg would not take is none."""
    assert parse_package(text) is None


@pytest.mark.apt
@pytest.mark.unmeasured
@given(st.lists(st.from_regex(r"\A([12]:)?[0-9][0-9a-b.+~]{0,5}(-[0-9a-b.+~]{1,4})?\Z"), min_size=2, max_size=2))
def test_the_order_is_that_of_dpkg_itself(pair: list[str]) -> None:
    """For drawn versions our order is what ``dpkg --compare-versions`` says."""
    one, other = map(parse_package, pair)
    assert one
    assert other
    difference = compare_packages(one, other)
    word = "lt" if difference < 0 else "gt" if difference else "eq"
    dpkg = shutil.which("dpkg")
    assert dpkg
    done = subprocess.run([dpkg, "--compare-versions", pair[0], word, pair[1]], check=False, capture_output=True)
    assert done.returncode == 0, (pair, word)


@pytest.mark.parametrize(
    ("text", "line", "engine"),
    [
        ("5:7.0.15-1~deb12u10", PackageLine("debian", "12"), "7.0.15"),
        ("5:6.0.16-1+deb11u2", PackageLine("debian", "11"), "6.0.16"),
        ("5:7.0.15-1ubuntu0.24.04.1", PackageLine("ubuntu", "24.04"), "7.0.15"),
        ("8.1.1+dfsg1-3+deb13u2", PackageLine("debian", "13"), "8.1.1"),
        ("5:7.0.15-1~bpo11+1", None, "7.0.15"),
        ("5:7.0~rc2-2", None, "7.0.0-rc2"),
    ],
)
def test_a_package_says_what_it_is_for(text: str, line: PackageLine | None, engine: str) -> None:
    """Its revision names the release that has its fixes, and its version the engine inside."""
    package = parse_package(text)
    assert package
    assert package.line == line
    assert str(package.engine_version) == engine

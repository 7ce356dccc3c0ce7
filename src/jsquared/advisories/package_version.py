"""Versions of Debian's packages: their order, and the release that one was made for.

The order is dpkg's, by deb-version(7); ``tests/unit/advisories`` compares it with dpkg itself.
"""

import re
from functools import cmp_to_key
from typing import NamedTuple

from jsquared.advisories.upstream_version import UpstreamVersion, parse_upstream

LONGEST = 100
_EPOCHS = 1 << 31
_VERSION = re.compile(r"(?:(?P<epoch>\d{1,10}):)?(?P<upstream>\d[A-Za-z0-9.+~:-]*?)(?:-(?P<revision>[A-Za-z0-9.+~]+))?")
_PART = re.compile(r"([^0-9]*)([0-9]*)")
_REPACKED = re.compile(r"[+~](?:dfsg|ds|repack).*")
_DEBIAN = re.compile(r"[~+]deb(\d{1,3})u\d")
_COMMON = re.compile(r"\d+(?:\.\d+)?(?:\+b\d+)?")
_MAKERS = re.compile(r"\drl\d+~")
"""The packages of Redis' own repository, which are what was released."""
_UBUNTU = re.compile(r"ubuntu(?:[\d.]*[^\d])?(\d\d\.\d\d)(?:\.|$)")


class PackageLine(NamedTuple):
    """A release of a distribution, whose packages get fixes of their own: ``debian``, ``12``."""

    distribution: str
    release: str

    def __str__(self) -> str:
        """Return it for people: ``Debian 12``."""
        return f"{self.distribution.capitalize()} {self.release}".strip()


class PackageVersion(NamedTuple):
    """A package's version in its three parts."""

    epoch: int
    upstream: str
    revision: str

    def __str__(self) -> str:
        """Return it as packages have it."""
        return f"{f'{self.epoch}:' if self.epoch else ''}{self.upstream}{f'-{self.revision}' if self.revision else ''}"

    @property
    def engine_version(self) -> UpstreamVersion | None:
        """The version of the engine inside; None where it is not numbered as its makers do."""
        return parse_upstream(_REPACKED.sub("", self.upstream).replace("~", "-"))

    @property
    def line(self) -> PackageLine | None:
        """The release that it was made for, by its revision; None where that names none."""
        if debian := _DEBIAN.search(self.revision):
            return PackageLine("debian", debian[1])
        ubuntu = _UBUNTU.search(self.revision)
        return PackageLine("ubuntu", ubuntu[1]) if ubuntu else None

    @property
    def is_common(self) -> bool:
        """True if it is of the line that all releases descend from: of Debian, and for none of its releases."""
        return _COMMON.fullmatch(self.revision) is not None

    @property
    def is_makers_own(self) -> bool:
        """True if those who make the engine made the package too, so that it has what its version has."""
        return _MAKERS.search(self.revision) is not None


def parse_package(text: str) -> PackageVersion | None:
    """Return a package's version; None where the text is not one."""
    match = _VERSION.fullmatch(text) if len(text) <= LONGEST and text.isascii() else None
    if match is None or int(match["epoch"] or 0) >= _EPOCHS or (":" in match["upstream"] and match["epoch"] is None):
        return None
    return PackageVersion(int(match["epoch"] or 0), match["upstream"], match["revision"] or "")


def compare_packages(one: PackageVersion, other: PackageVersion) -> int:
    """Return less than 0 where ``one`` is the older, 0 where both are the same, more than 0 where it is the newer."""
    return (
        one.epoch - other.epoch
        or _compare_parts(one.upstream, other.upstream)
        or _compare_parts(one.revision or "0", other.revision or "0")
    )


BY_AGE = cmp_to_key(compare_packages)
"""The key by which versions of packages are sorted."""


def _compare_parts(one: str, other: str) -> int:
    """Compare text and numbers in turn, as dpkg's verrevcmp does."""
    while one or other:
        (text, number), one = _first(one)
        (other_text, other_number), other = _first(other)
        difference = _compare_text(text, other_text) or int(number or 0) - int(other_number or 0)
        if difference:
            return difference
    return 0


def _first(rest: str) -> tuple[tuple[str, str], str]:
    match = _PART.match(rest)
    assert match is not None  # both parts may be empty
    return (match[1], match[2]), rest[match.end() :]


def _compare_text(one: str, other: str) -> int:
    ranks, other_ranks = [*map(_rank, one), 0], [*map(_rank, other), 0]
    return (ranks > other_ranks) - (ranks < other_ranks)


def _rank(character: str) -> int:
    """A tilde is before the end, which is 0; letters come after it, and all else after them."""
    if character == "~":
        return -1
    return ord(character) if character.isalpha() else ord(character) + 256

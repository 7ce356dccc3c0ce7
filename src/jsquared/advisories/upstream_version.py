"""Versions as Redis and Valkey number them: three numbers, and perhaps a mark of one that comes before the release."""

import re
from typing import NamedTuple

_VERSION = re.compile(
    r"(\d{1,9})(?:\.(\d{1,9}))?(?:\.(\d{1,9}))?(?:-?(?:rc|alpha|beta)\.?(\d{0,9}))?(?P<rest>.*)", re.DOTALL
)
_DEVELOPMENT = 255
"""Builds between releases call themselves 255.255.255 (``version.h``)."""
_RELEASE = 1 << 62


class UpstreamVersion(NamedTuple):
    """A version, in the order of releases."""

    major: int
    minor: int
    patch: int
    candidate: int = _RELEASE
    """The number of the release candidate; what was released comes after all of them."""

    @property
    def branch(self) -> str:
        """Its branch, such as ``7.2``."""
        return f"{self.major}.{self.minor}"

    @property
    def is_development(self) -> bool:
        """True if it is a build between releases, whose number says nothing."""
        return self.major == _DEVELOPMENT

    def __str__(self) -> str:
        """Return it as its makers write it."""
        mark = "" if self.candidate == _RELEASE else f"-rc{self.candidate}"
        return f"{self.major}.{self.minor}.{self.patch}{mark}"


def parse_upstream(text: str) -> UpstreamVersion | None:
    """Return a version; None where the text is not one."""
    match = _VERSION.fullmatch(text) if len(text) <= 40 and text.isascii() else None
    if match is None or match["rest"]:
        return None
    major, minor, patch = (int(number or 0) for number in match.group(1, 2, 3))
    candidate = match[4]
    return UpstreamVersion(major, minor, patch, _RELEASE if candidate is None else int(candidate or 0))

"""A secret that a server told: its text is a mark, so that it can be passed on, shown and written without being told to anyone.

What an audit needs of it stays: whether it is set, whether two are the same, and whether an ACL accepts it.
"""

import hashlib

from jsquared.records.secret_places import UNKNOWN


class HiddenSecret(str):
    """A word whose text is ``<secret>``. Of the secret itself it keeps the SHA-256, as ACLs do, for comparison alone."""

    __slots__ = ("digest",)
    digest: str

    def __new__(cls, secret: str) -> "HiddenSecret":
        """Return the stand-in of a secret; the secret itself is forgotten."""
        made = super().__new__(cls, UNKNOWN)
        made.digest = hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
        return made

    def __repr__(self) -> str:
        return f"HiddenSecret({UNKNOWN})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HiddenSecret) and self.digest == other.digest

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(self.digest)

    def __reduce__(self) -> str | tuple[object, ...]:
        return (str, (UNKNOWN,))

"""The data: what is known of each advisory, by whom, and from when it is."""

import datetime
from typing import Literal

import msgspec

Severity = Literal["low", "medium", "high", "critical"]
Confidence = Literal["low", "medium", "high"]
Support = Literal["supported", "unsupported", "likely-unsupported"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
"""Rising."""
CONFIDENCES: tuple[Confidence, ...] = ("low", "medium", "high")
"""Rising."""
ENGINES = ("redis", "valkey")
BUNDLED = "bundled"
"""The source of what is shipped."""

PRECONDITIONS = {
    "acl": "users who may reach some keys only, by ACL",
    "acl-admin": "a client that may change ACLs or read them",
    "auth": "a client that is logged in",
    "bloom": "the module RedisBloom",
    "cluster": "cluster mode, which servers behind Sentinel do not use",
    "local-tool": "someone runs redis-check-aof or another tool on a file that others made",
    "lua": "a client that may run scripts or functions (EVAL, FUNCTION)",
    "replica-rw": "replicas that accept writes (replica-read-only no)",
    "restore": "a client that may RESTORE",
    "timeseries": "the module RedisTimeSeries",
    "tls": "TLS is on",
    "unauth": "any client that reaches the port, without a login",
    "unixsocket": "a Unix socket",
}
"""What an attack needs, by name."""


class Interval(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Affected versions from ``introduced`` on, and before ``fixed``; ``0`` is the first one, and without ``fixed`` all later ones are."""

    introduced: str
    fixed: str = ""


class PackageFix(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The package version of a distribution's release that has the fix; none without ``fixed``."""

    distribution: str
    """As in /etc/os-release: ``debian``, ``ubuntu``."""
    release: str
    engine: str
    fixed: str = ""


class Advisory(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One vulnerability by the words of one source."""

    id: str
    severity: Severity
    confidence: Confidence
    preconditions: tuple[str, ...] = ()
    """All of them must hold; names of :data:`PRECONDITIONS`."""
    engines: dict[str, tuple[Interval, ...] | None] = {}
    """Affected versions by engine: none is affected where there are no intervals; None where it is not known which are."""
    packages: tuple[PackageFix, ...] = ()
    note: str = ""
    withdrawn: bool = False


class Branch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The support for a branch by its makers, such as Redis 7.0."""

    engine: str
    branch: str
    support: Support
    confidence: Confidence
    why: str = ""


class Feed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one source says, as of a day (ISO 8601); None where it says nothing of how complete it is."""

    source: str
    as_of: datetime.date | None = None
    advisories: tuple[Advisory, ...]
    branches: tuple[Branch, ...] = ()

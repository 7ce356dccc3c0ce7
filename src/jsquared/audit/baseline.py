"""Baselines: the findings of an earlier audit, as ``jsquared audit --json`` printed them, so that only new ones need to count."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.records.audit_result import AuditFinding
from jsquared.records.reading import read_bounded

LARGEST_BASELINE_BYTES = 16 << 20
KNOWN_OUTCOMES = ("fail", "waived")
HINT = "the output of jsquared audit --json"


class _KnownFinding(msgspec.Struct):
    outcome: str
    fingerprint: str


class _Baseline(msgspec.Struct):
    findings: list[_KnownFinding]


def read_baseline(path: Path) -> frozenset[str]:
    """Return the fingerprints of what failed, or was waived, in an earlier audit.

    :raises BadInputError: it cannot be read, or is no audit.
    """
    data = read_bounded(path, LARGEST_BASELINE_BYTES, named=True)
    try:
        found = msgspec.json.decode(data, type=_Baseline)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadInputError(f"is no baseline ({problem})", where=str(path), hint=HINT) from problem
    return frozenset(one.fingerprint for one in found.findings if one.outcome in KNOWN_OUTCOMES)


def mark_known(findings: Iterable[AuditFinding], known: frozenset[str]) -> list[AuditFinding]:
    """Return the findings, those that the baseline has marked as not new."""
    return [msgspec.structs.replace(one, is_new=one.fingerprint not in known) for one in findings]

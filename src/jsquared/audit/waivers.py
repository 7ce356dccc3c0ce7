"""Waivers: findings that somebody has accepted for a while, in a file of their own, since Sentinel rewrites its configuration.

::

    waivers:
      - rule: T1
        target: redis-n1                # or fingerprint, or both
        reason: TLS comes with the new load balancer
        owner: platform team
        expires: 2027-01-31             # at most 90 days ahead

A waiver that has expired makes the audit fail as long as its finding is there; one that no finding needs is told.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from jsquared.audit.rule_catalogue import AUDIT_RULES
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import read_given, readable
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.records.audit_result import AuditFinding

LONGEST_DAYS = 90
MOST_WAIVERS = 500
LONGEST_TEXT = 500
_KEYS = ("rule", "target", "fingerprint", "reason", "owner", "expires")
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """One waiver; ``where`` is its place in the file. It holds through the day on which it expires."""

    rule: str
    target: str
    fingerprint: str
    reason: str
    owner: str
    expires: datetime.date
    where: str

    def covers(self, finding: AuditFinding) -> bool:
        """True if it is about that finding: by the fingerprint where it has one, by the target where it has one."""
        return (
            finding.rule == self.rule
            and self.target in ("", finding.target)
            and self.fingerprint in ("", finding.fingerprint)
        )

    def told(self) -> str:
        """The waiver in a few words."""
        return f"{self.reason} ({self.owner}, until {self.expires.isoformat()})"


@dataclass(frozen=True)
class Waived:
    """Findings with waivers applied, what to warn of, and whether a waiver that is needed has expired."""

    findings: list[AuditFinding]
    warnings: list[str]
    has_expired: bool


def read_waivers(path: Path, today: datetime.date) -> list[Waiver]:
    """Return the waivers of a file.

    :raises BadInputError: it cannot be read, or one of them lacks something or lasts too long.
    """
    root = parse_yaml(read_given(path), Source(path.name, readable(str(path))))
    entries = root.mapping(("waivers",))
    if "waivers" not in entries:
        raise root.bad(
            "has no waivers", "waivers: [{rule: T1, target: redis-n1, reason: …, owner: …, expires: 2027-01-31}]"
        )
    items = entries["waivers"].items()
    if len(items) > MOST_WAIVERS:
        raise entries["waivers"].bad(
            f"has {len(items)} waivers (at most {MOST_WAIVERS})", "mending some of the findings"
        )
    return [_waiver(item, today) for item in items]


def _waiver(item: Item, today: datetime.date) -> Waiver:
    entries = item.mapping(_KEYS)
    for key in ("rule", "reason", "owner", "expires"):
        if key not in entries:
            raise item.bad(f"has no {key}", f"{key}: …")
    if "target" not in entries and "fingerprint" not in entries:
        raise item.bad("says neither target nor fingerprint", "the target of the finding, as jsquared audit shows it")
    texts = {key: _text(entries[key]) if key in entries else "" for key in _KEYS}
    entries["rule"].word(list(AUDIT_RULES))
    if texts["fingerprint"] and not _FINGERPRINT.fullmatch(texts["fingerprint"]):
        raise entries["fingerprint"].bad("is no fingerprint", "the 64 digits of jsquared audit --json")
    return Waiver(**texts | {"expires": _day(entries["expires"], today)}, where=f"{item.source.path}:{item.line}")  # type: ignore[arg-type]


def _text(item: Item) -> str:
    text = " ".join(item.text().split())
    if not text:
        raise item.bad("is empty", "a few words")
    if len(text) > LONGEST_TEXT:
        raise item.bad(f"has more than {LONGEST_TEXT} characters", "fewer words")
    return text


def _day(item: Item, today: datetime.date) -> datetime.date:
    try:
        day = datetime.date.fromisoformat(item.text())
    except ValueError as problem:
        raise item.bad("is no day", f"a day such as {today.isoformat()}") from problem
    if (day - today).days > LONGEST_DAYS:
        last = today + datetime.timedelta(days=LONGEST_DAYS)
        raise item.bad(f"is more than {LONGEST_DAYS} days ahead", f"{last.isoformat()} or before")
    return day


def apply_waivers(findings: Iterable[AuditFinding], waivers: Sequence[Waiver], today: datetime.date) -> Waived:
    """Return the findings, failed ones waived where a waiver in force covers them."""
    used: set[int] = set()
    made, warnings, has_expired = [], [], False
    for finding in findings:
        covering = [waiver for waiver in waivers if finding.outcome == "fail" and waiver.covers(finding)]
        used |= {id(waiver) for waiver in covering}
        in_force = [waiver for waiver in covering if waiver.expires >= today]
        if in_force:
            made.append(msgspec.structs.replace(finding, outcome="waived", waiver=in_force[0].told()))
        elif covering:
            has_expired = True
            told = f"expired: {covering[0].told()}"
            warnings.append(f"{covering[0].where}: the waiver for {finding.rule} on {finding.target} has expired")
            made.append(msgspec.structs.replace(finding, waiver=told))
        else:
            made.append(finding)
    unused = (waiver for waiver in waivers if id(waiver) not in used)
    warnings += [
        f"{waiver.where}: no finding needs the waiver for {waiver.rule} {waiver.target}".rstrip() for waiver in unused
    ]
    return Waived(made, warnings, has_expired)

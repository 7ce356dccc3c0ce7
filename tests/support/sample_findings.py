"""Findings of all shapes, written by hand: hostile names, several places, secrets, fixes that are no line."""

from pathlib import Path
from typing import Any

from jsquared.records.findings import Finding, ResponsibleLine
from jsquared.report.findings.document import Document, NextStep, RuleHelp

LONG_LINE = f"sentinel auth-user mymaster {'a-rather-long-user ' * 6}".strip()
SENTENCE = (
    "A dead primary is noticed only after 30 s, so clients cannot write for 30 to 32.5 s: over the objective of 10 s."
)


def finding(rule: str = "failover-over-10s", **changed: Any) -> Finding:
    """A violated finding on three Sentinels, of which only two have the line."""
    fields: dict[str, Any] = {
        "severity": "critical",
        "outcome": "violated",
        "target": "sentinel-n1, sentinel-n2, sentinel-n3",
        "directive": "sentinel down-after-milliseconds mymaster 30000",
        "message": SENTENCE,
        "fix": "sentinel down-after-milliseconds mymaster 3500",
        "fix_is_line": True,
        "try_with": ("sentinel.down-after-milliseconds=3500",),
        "lines": (
            ResponsibleLine(
                file="my config/n1/sentinel.conf", line=4, text="sentinel  down-after-milliseconds mymaster 30000"
            ),
            ResponsibleLine(
                file="my config/n2/sentinel.conf", line=7, text="sentinel down-after-milliseconds mymaster 31000"
            ),
            ResponsibleLine(file="my config/n3/sentinel.conf", text="(default)", written=False),
        ),
    }
    return Finding(rule=rule, **(fields | changed))


def sample_document(folder: Path = Path("/work")) -> Document:
    """Five findings that are not in the order in which they are to be shown."""
    findings = [
        finding("ack-safe", severity="info", outcome="fact", fix="", try_with=(), lines=()),
        finding("stale-sentinels", severity="high", outcome="warning", fix="SENTINEL RESET mymaster, one after another",
                fix_is_line=False, try_with=()),
        finding("masterauth-missing", try_with=("redis.masterauth=<secret-1>",), fix="masterauth <secret-1>", master_name="m2"),
        finding("quoted", severity="high", target="n1", message="a|b `c` @team <b>\n*d* http://e", try_with=("redis.save=60 1",),
                directive=LONG_LINE, fix="save 60 1",
                lines=(ResponsibleLine(file="a,b:c%d.conf", line=3, text=f"{LONG_LINE} | `x`"),)),
        finding(),
    ]  # fmt: skip
    rules = [
        RuleHelp(
            id=one.rule, about="It is wrong.", help="It is wrong. Why.", outcome=one.outcome, severity=one.severity
        )
        for one in findings
    ]
    return Document(
        deployment="my config",
        ack="wait:1",
        findings=findings,
        not_reproduced=["The pattern /gone/*.conf leads to nothing."],
        next_step=NextStep("Next, look again", "jsquared analyse 'my config' --with redis.appendonly=yes"),
        rules=rules,
        folder=folder,
    )

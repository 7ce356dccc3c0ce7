"""What is wrong with somebody's rules for Prometheus. Its parser comes with the extra ``monitoring``, so only that command loads this."""

from pathlib import Path

import msgspec

from jsquared.monitor.exporters import exporter_named
from jsquared.monitor.rule_files import read_rules
from jsquared.monitor.rule_lint import RuleFinding, lint


class LintRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Rule files, the exporter that they are for, and what is known of the targets."""

    files: list[Path]
    exporter: str = "current"
    scrape_s: float = 15.0
    target_labels: list[str] = []


class Linted(msgspec.Struct, frozen=True, kw_only=True):
    """How many rules were read, and what is wrong with them."""

    exporter: str
    rules: int
    findings: list[RuleFinding]

    @property
    def never(self) -> int:
        """How many rules can never fire."""
        return len({(one.file, one.line) for one in self.findings if one.outcome == "never"})


def lint_rules(request: LintRequest) -> Linted:
    """Return what is wrong with rule files.

    :raises BadInputError: a file holds no rules, or there is no such exporter.
    """
    exporter = exporter_named(request.exporter)
    rules = [rule for file in request.files for rule in read_rules(file)]
    findings = lint(rules, exporter, scrape_s=request.scrape_s, target_labels=request.target_labels)
    return Linted(exporter=exporter.name, rules=len(rules), findings=findings)

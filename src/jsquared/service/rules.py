"""Rules for Prometheus: ours as files, and what is wrong with somebody else's."""

from pathlib import Path

import msgspec

from jsquared.monitor.exporters import exporter_named
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.rule_files import read_rules
from jsquared.monitor.rule_lint import RuleFinding, lint
from jsquared.monitor.rule_tests import TESTS_FILE, rule_tests
from jsquared.monitor.rules import RULES_FILE, rule_file
from jsquared.service.outputs import write_new


class RulesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``profile`` is the interval between scrapes; without ``out`` nothing is written."""

    profile: str = "5s"
    out: Path | None = None


class WrittenRules(msgspec.Struct, frozen=True, kw_only=True):
    """The rules and their tests as text, YAML, and the files that were written."""

    rules: str
    tests: str
    files: list[str] = []


def write_rules(request: RulesRequest) -> WrittenRules:
    """Return the rules, written where that was asked for; nothing is overwritten.

    :raises BadInputError: one of the files is there already.
    """
    profile = PROFILES[request.profile]
    rules, tests = rule_file(profile), rule_tests(profile, RULES_FILE)
    if request.out is None:
        return WrittenRules(rules=rules, tests=tests)
    files = {request.out / RULES_FILE: rules, request.out / TESTS_FILE: tests}
    write_new(files)
    return WrittenRules(rules=rules, tests=tests, files=[str(path) for path in files])


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

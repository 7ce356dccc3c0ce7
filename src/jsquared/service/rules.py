"""Rules for Prometheus: ours as files."""

from pathlib import Path

import msgspec

from jsquared.monitor.profile import PROFILES
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

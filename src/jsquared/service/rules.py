"""The rules for Prometheus: the request for them, and the files that they become."""

from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.rule_tests import rule_tests
from jsquared.monitor.rules import rule_file
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.records.run_directory import explain_write_errors

RULES_FILE, TESTS_FILE = "redis-sentinel.rules.yml", "redis-sentinel.tests.yml"


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
    for path in files:
        if path.exists() or path.is_symlink():
            raise BadInputError("is there already, and is not overwritten", where=str(path), hint="another folder")
    with explain_write_errors(request.out):
        make_private_folder(request.out, exist_ok=True)
        for path, text in files.items():
            write_private(path, text)
    return WrittenRules(rules=rules, tests=tests, files=[str(path) for path in files])

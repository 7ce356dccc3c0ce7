"""How trials are to be monitored: which programs, how often they scrape, and whose rules they go by."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from jsquared.campaign.monitored import AlertsChoice
from jsquared.deployment.model.input_files import read_given
from jsquared.errors import BadInputError
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.rule_files import read_rules
from jsquared.monitor.rules import rule_file
from jsquared.monitor.yaml_text import to_yaml
from jsquared.programs.find import Location, Program, find, locate, missing, printed_by
from jsquared.trial.order import MonitoringOrder

LONGEST_REASON = 300
STANDARD_INPUT = "/proc/self/fd/0"
"""As a file, which promtool wants; programs that are asked have no /dev/stdin."""
PROGRAMS = ("redis-exporter", "prometheus", "alertmanager")


@dataclass(frozen=True, kw_only=True)
class AlertsRequest:
    """``rules`` are files of the user's in the place of JSquared's own; paths of programs are empty for those that are found."""

    profile: str = "5s"
    rules: Sequence[Path] = ()
    exporter: str = ""
    prometheus: str = ""
    alertmanager: str = ""

    def missing(self) -> list[str]:
        """Return the tools that are neither given, nor on PATH, nor fetched."""
        return missing(self._given())

    def _given(self) -> dict[str, str]:
        return dict(zip(PROGRAMS, (self.exporter, self.prometheus, self.alertmanager), strict=True))

    def resolve(self) -> AlertsChoice:
        """Find the programs and read the rules.

        :raises BadInputError: a program is missing, or a file holds no rules, or some that Prometheus does not load.
        """
        given = self._given()
        exporter, prometheus, alertmanager = (
            find(name, path, where=_option(name) if path else "--alerts") for name, path in given.items()
        )
        profile = PROFILES[self.profile]
        rules = {}
        for number, path in enumerate(self.rules, 1):
            rules[f"rules-{number}.yml"] = _text(path)
            _require_loadable(path, rules[f"rules-{number}.yml"], prometheus)
        return AlertsChoice(
            profile=profile,
            monitoring=MonitoringOrder(
                exporter=exporter,
                prometheus=prometheus,
                alertmanager=alertmanager,
                rules=rules or {"redis-sentinel.rules.yml": rule_file(profile)},
            ),
            judged=not self.rules,
            options=tuple(self._options(given)),
        )

    def _options(self, given: dict[str, str]) -> list[str]:
        options = ["--alerts", *(["--scrape", self.profile] if self.profile != "5s" else [])]
        for rules in self.rules:
            options += ["--rules", str(rules)]
        for name, path in given.items():
            options += [_option(name), path] if path else []
        return options


def _option(program: str) -> str:
    return f"--{program.removeprefix('redis-')}"


def _text(path: Path) -> str:
    """The rules of a file as Prometheus itself reads them: those of Kubernetes' objects without what is around them.

    :raises BadInputError: it holds none.
    """
    read_rules(path)
    documents = yaml.safe_load_all(read_given(path))
    groups = [group for each in documents if each for group in each.get("spec", each).get("groups", [])]
    return to_yaml({"groups": groups})


def _require_loadable(path: Path, rules: str, prometheus: Program) -> None:
    """Ask the promtool beside a Prometheus, or any other that is found, whether Prometheus would load these rules.

    Without one Prometheus itself says so in the trials: they are inconclusive about alerts.

    :raises BadInputError: it would not, so no trial could show anything of any alert.
    """
    beside = prometheus.path.with_name("promtool")
    promtool = Location(beside, prometheus.source, prometheus.libraries) if beside.is_file() else locate("promtool")
    if promtool is None:
        return
    said = printed_by(
        promtool, str(path), "check", "rules", "--lint=none", STANDARD_INPUT, given=rules.encode(), kind="promtool"
    )
    if "SUCCESS:" not in said:
        what = f"Prometheus does not load it: {_reason(said)[:LONGEST_REASON] or 'promtool gave no reason'}"
        raise BadInputError(what, where=str(path), hint="promtool check rules")


def _reason(said: str) -> str:
    """What promtool says in one line, without the numbers of lines: they are those of the rules as they are written out again."""
    lines = [re.sub(rf"^({STANDARD_INPUT}: )?(line \d+: )?", "", line.strip()) for line in said.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(("Checking", "FAILED")))

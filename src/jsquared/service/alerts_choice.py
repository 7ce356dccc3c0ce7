"""How trials are to be monitored: which programs, how often they scrape, and whose rules they go by."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from jsquared.campaign.monitored import AlertsChoice
from jsquared.deployment.model.input_files import read_given
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.rule_files import OPERATOR_FIELDS, read_rules
from jsquared.monitor.rules import rule_file
from jsquared.monitor.yaml_text import to_yaml
from jsquared.programs.find import find, missing
from jsquared.service.loadable_rules import require_loadable
from jsquared.trial.order import MonitoringOrder

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
        rules: dict[str, str] = {}
        for number, path in enumerate(self.rules, 1):
            files = _files(path, number)
            for text in files.values():
                require_loadable(path, text, prometheus)
            rules |= files
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


def _files(path: Path, number: int) -> dict[str, str]:
    """The rules of a file as Prometheus itself reads them: those of Kubernetes' objects without what is around them, each a file.

    :raises BadInputError: it holds none.
    """
    read_rules(path)
    documents = [each.get("spec", each) for each in yaml.safe_load_all(read_given(path)) if isinstance(each, dict)]
    having = [each["groups"] for each in documents if isinstance(each, dict) and each.get("groups")]
    return {
        f"rules-{number}{f'-{part}' if part > 1 else ''}.yml": to_yaml({"groups": [_plain(group) for group in groups]})
        for part, groups in enumerate(having, 1)
    }


def _plain(group: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in group.items() if key not in OPERATOR_FIELDS}

"""Analyses the text of a deployment, before any server is started."""

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec

from jsquared.analysis import analysis
from jsquared.analysis.analysis import RULES
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.render.not_reproduced import not_read
from jsquared.errors import BadInputError
from jsquared.records.findings import Finding
from jsquared.report.findings.document import Document, NextStep, RuleHelp
from jsquared.running.engine import find_engine
from jsquared.running.line_check import check_lines
from jsquared.scenarios.known_ways import WAYS
from jsquared.service.next_step import next_step
from jsquared.service.request import DeploymentRequest

MEANING = {
    "violated": "An objective cannot be met, which follows from the text alone.",
    "warning": "An objective will not be met once a certain fault comes, or by chance.",
    "fact": "The cost or the meaning of a setting: there is nothing to mend.",
}


class Analysis(msgspec.Struct, kw_only=True):
    """All that follows from the text alone; ``violated`` when an objective cannot be kept."""

    outcome: Literal["pass", "violated"]
    ack: str
    findings: list[Finding]
    not_reproduced: tuple[str, ...]
    """A sentence about each part of the deployment that was not read."""
    deployment: str
    next_step: NextStep
    """What to type next, with the options of the request."""

    def document(self) -> Document:
        """The analysis as the formats show it."""
        return Document(
            deployment=self.deployment,
            ack=self.ack,
            findings=self.findings,
            not_reproduced=self.not_reproduced,
            next_step=self.next_step,
            rules=rules_with_help(),
        )


def analyse(request: DeploymentRequest) -> Analysis:
    """Read a deployment and apply every rule to it.

    :raises BadInputError: something in the request, or in the deployment, is wrong, such as a line that the engine refuses.
    :raises EngineError: there is no such server.
    """
    deployment = request.load()
    level = request.level(deployment)
    engine = find_engine(request.engine)
    check_lines(deployment, engine)
    found = analysis.analyse(deployment, engine, level)
    findings = list(_with_what_works(deployment, found))
    is_violated = any(finding.outcome == "violated" for finding in findings)
    return Analysis(
        outcome="violated" if is_violated else "pass",
        ack=str(level),
        findings=findings,
        not_reproduced=not_read(deployment),
        deployment=request.deployment,
        next_step=next_step(request, deployment, findings),
    )


def _with_what_works(deployment: Deployment, findings: Sequence[Finding]) -> Iterator[Finding]:
    """Yield the findings, without settings to try that this deployment could not have."""
    for finding in findings:
        try:
            apply_overrides(deployment, finding.try_with)
        except BadInputError:
            yield msgspec.structs.replace(finding, try_with=())
        else:
            yield finding


def rules_with_help() -> list[RuleHelp]:
    """Every rule, described for those who meet one of its findings in another tool."""
    return [
        RuleHelp(
            id=rule.id,
            about=rule.about,
            help=" ".join((rule.about, MEANING[rule.outcome], *_ways(rule.ways))),
            outcome=rule.outcome,
            severity=rule.severity,
            ways=rule.ways,
        )
        for rule in RULES.values()
    ]


def _ways(names: Sequence[str]) -> Iterator[str]:
    for name in names:
        way = WAYS[name]
        yield f"Known way to break Sentinel, {way.fault}: a sound deployment shows {way.safe}, a bad one {way.shows}."

"""Analyses the text of a deployment, before any server is started."""

from typing import Literal

import msgspec

from jsquared.analysis import analysis
from jsquared.deployment.render.not_reproduced import not_read
from jsquared.records.findings import Finding
from jsquared.running.engine import find_engine
from jsquared.running.line_check import check_lines
from jsquared.service.request import DeploymentRequest


class Analysis(msgspec.Struct, kw_only=True):
    """All that follows from the text alone; ``violated`` when an objective cannot be kept."""

    outcome: Literal["pass", "violated"]
    ack: str
    findings: list[Finding]
    not_reproduced: tuple[str, ...]
    """A sentence about each part of the deployment that was not read."""


def analyse(request: DeploymentRequest) -> Analysis:
    """Read a deployment and apply every rule to it.

    :raises BadInputError: something in the request, or in the deployment, is wrong, such as a line that the engine refuses.
    :raises EngineError: there is no such server.
    """
    deployment = request.load()
    level = request.level(deployment)
    engine = find_engine(request.engine)
    check_lines(deployment, engine)
    findings = analysis.analyse(deployment, engine, level)
    is_violated = any(finding.outcome == "violated" for finding in findings)
    return Analysis(
        outcome="violated" if is_violated else "pass",
        ack=str(level),
        findings=findings,
        not_reproduced=not_read(deployment),
    )

"""What to type after an analysis: one complete command, with the options of the one before."""

import re
import shlex
from collections.abc import Sequence

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import BadInputError
from jsquared.records.findings import Finding
from jsquared.records.secret_places import marks_in
from jsquared.report.findings.document import NextStep
from jsquared.service.request import DeploymentRequest, parse_ack
from jsquared.trial.plan import check_ack

_ACK = re.compile(r"--ack (\S+?)(?:,|$)")


def next_step(request: DeploymentRequest, deployment: Deployment, findings: Sequence[Finding]) -> NextStep:
    """Return what to do about these findings.

    All suggestions at once, where some can be tried without touching a file; the same command again, where lines must be changed by
    hand; otherwise a run.

    :param deployment: with the request's overrides.
    """
    open_findings = [finding for finding in findings if finding.outcome != "fact"]
    settings, ack = _to_try(deployment, open_findings), _level_to_try(deployment, open_findings)
    if settings or ack:
        keys = {_key(setting) for setting in settings}
        kept = [setting for setting in request.overrides if _key(setting) not in keys]
        options = _options(request, deployment, [*kept, *settings], ack or request.ack)
        return NextStep(
            "Next, try what it suggests, without touching a file",
            shlex.join(["jsquared", "analyse", request.deployment, *options]),
        )
    options = _options(request, deployment, request.overrides, request.ack)
    if any(finding.outcome == "violated" for finding in findings):
        again = shlex.join(["jsquared", "analyse", request.deployment, *options])
        return NextStep("Next, change these lines, then look again", again)
    run = ["jsquared", "run", "--suite", "quick", "--deployment", request.deployment, *options]
    return NextStep("Next, break it and see", shlex.join(run))


def _options(request: DeploymentRequest, deployment: Deployment, settings: Sequence[str], ack: str) -> list[str]:
    """The options of a request, with other settings and another level; secrets among the settings are marks."""
    words = request.allowed.options()
    words += ["--engine", request.engine] if request.engine != "auto" else []
    words += ["--ack", ack] if ack != "auto" else []
    shown = [deployment.secrets.setting(setting) for setting in settings]
    return [*words, *(word for setting in shown for word in ("--with", setting))]


def _key(setting: str) -> str:
    return setting.partition("=")[0].strip()


def _to_try(deployment: Deployment, findings: Sequence[Finding]) -> list[str]:
    """The settings that the findings suggest, as far as they work together; of one key that of the worst finding."""
    chosen: dict[str, str] = {}
    for finding in findings:
        more = {_key(setting): setting for setting in finding.try_with}
        if not more or more.keys() & chosen.keys() or any(map(marks_in, more.values())):
            continue
        try:
            apply_overrides(deployment, [*chosen.values(), *more.values()])
        except BadInputError:
            continue
        chosen |= more
    return list(chosen.values())


def _level_to_try(deployment: Deployment, findings: Sequence[Finding]) -> str:
    """The acknowledgement level that a finding suggests, where the deployment can reach it; else empty."""
    for finding in findings:
        if found := _ACK.match(finding.fix):
            try:
                if level := parse_ack(found[1]):
                    check_ack(level, deployment)
            except BadInputError:
                continue
            return found[1]
    return ""

"""The reason, in one line, for a deployment that did not come up, from its servers' own words."""

from collections.abc import Sequence

from jsquared.errors import BadInputError, JSquaredError, LabError, StandUpError
from jsquared.records.run_directory import RunDirectory
from jsquared.resp.failures import ServerReplyError
from jsquared.running.deployment import RunningDeployment

CONFIG_ERROR = "FATAL CONFIG FILE ERROR"
"""What both engines print before the line of their configuration that they refuse (loadServerConfigFromString in config.c)."""


def explain_failed_start(deployment: RunningDeployment, run: RunDirectory, why: str) -> JSquaredError:
    """The error of a deployment that did not converge: a crashed server's last words count more than the symptom.

    A configuration that a server refuses to start with is bad input; everything else is a StandUpError.
    """
    for ended in deployment.crashed():
        name, _, how = ended.partition(" ")
        lines = deployment.log_of(name).strip().splitlines()
        last = next((line for line in reversed(lines) if line.strip()), "it printed nothing")
        if any(CONFIG_ERROR in line for line in lines):
            return _refused_configuration(name, lines, last.strip())
        return StandUpError(f"{how}: {last.strip()}", where=name, hint=f"reading {run.log_file(name)}")
    for node in deployment.plan.nodes:
        try:
            deployment.ask(node.name, "PING")
        except ServerReplyError as reply:
            words = reply.what.partition(". ")[0]
            return StandUpError(f"refuses the other hosts: {words}", where=node.name, hint=_remedy(reply.what))
        except LabError:
            continue
    return StandUpError(f"it did not converge before the trial: {why}", hint="reading the logs in the run folder")


def _refused_configuration(name: str, lines: Sequence[str], message: str) -> BadInputError:
    """Return the error for a configuration line that a server rejects: the line between quotes, and the reason in its last words."""
    written = next(
        (line.removeprefix(">>> ").strip() for line in lines if line.startswith(">>> ")), "its configuration"
    )
    return BadInputError(
        f"the server refuses {written}: {message.rstrip('.')}",
        where=name,
        hint="correcting that line, or --engine with a version that knows it",
    )


def _remedy(reply: str) -> str:
    if "protected mode" in reply:
        return "--with redis.protected-mode=no, or a password (requirepass and masterauth), as its hosts need too"
    return "the password or the user that its configuration asks for"

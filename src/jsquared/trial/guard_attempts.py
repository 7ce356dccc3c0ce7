"""Try what the configuration must refuse: each guard once, when the deployment has converged and no one writes any more."""

from jsquared.errors import LabError
from jsquared.records.event_types import GuardTried
from jsquared.records.events import EventLog
from jsquared.records.plan import Plan, PlannedGuard
from jsquared.resp.failures import ServerReplyError
from jsquared.running.view import DeploymentView

LIMIT_S = 1.0
LET_THROUGH = "it answered"
ANONYMOUS = ("",)
"""The credentials of a guard that is tried without a login."""


def try_guards(plan: Plan, deployment: DeploymentView, events: EventLog) -> None:
    """Record a ``guard`` event for each that was tried: what was asked, and whether and how it was refused.

    A node that is away is not asked; what only a replica refuses is asked of those that say they are one.
    """
    for guard in plan.guards:
        if not guard.words or guard.node not in {node.name for node in plan.data_nodes()}:
            continue
        role = deployment.role(guard.node)
        if role is None or (guard.name == "read-only" and role.primary):
            continue
        answer = _try(guard, deployment)
        if answer is not None:
            events.add(
                GuardTried(
                    name=guard.name,
                    directive=guard.directive,
                    asked=_asked(guard),
                    answer=answer[:120],
                    refused=not answer.startswith(LET_THROUGH),
                    source=guard.node,
                )
            )


def _try(guard: PlannedGuard, deployment: DeploymentView) -> str | None:
    """The server's answer; None where it gave none, has no such command, or refused for another reason, which shows nothing."""
    credentials = () if guard.credentials == ANONYMOUS else guard.credentials or None
    try:
        with deployment.connect(guard.node, LIMIT_S, credentials=credentials) as connection:
            return f"{LET_THROUGH} {connection.command(*guard.words)!r}"
    except ServerReplyError as reply:
        return reply.what if reply.what.split(" ", 1)[0] in guard.refusals else None
    except LabError:
        return None


def _asked(guard: PlannedGuard) -> str:
    """Describe the attempt, without a secret."""
    if guard.name == "password":
        return "a command without a login" if guard.credentials == ANONYMOUS else "a wrong password"
    who = f" as {guard.credentials[0]}" if len(guard.credentials) == 2 else ""
    return f"{' '.join(guard.words[:2])}{who}"

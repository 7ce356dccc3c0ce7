"""The control of Chaos Toolkit for experiments with a lab: it starts the lab, fails an experiment that proves nothing, and ends the lab.

Chaos Toolkit goes on after an action that failed, and ends with status *completed* and exit code 0. So it does where the steady state
was not met at the beginning, and where SIGTERM comes in the middle of an activity. It plays no rollbacks after a failed probe or an
interruption. The control makes all this good. Its arguments are those of :func:`jsquared.chaos_toolkit.actions.start_lab`; with a
``deployment`` among them the lab is up before the first steady state.
"""

import inspect
import logging
from typing import Any

from chaoslib.exceptions import ActivityFailed, InterruptExecution, InvalidActivity

from jsquared.chaos_toolkit.actions import start_lab
from jsquared.chaos_toolkit.experiment_labs import LABS
from jsquared.errors import JSquaredError

__all__ = [
    "after_activity_control",
    "after_experiment_control",
    "before_experiment_control",
    "cleanup_control",
    "configure_control",
    "validate_control",
]
logger = logging.getLogger("chaostoolkit")


def validate_control(control: dict[str, Any]) -> None:
    """Refuse arguments that no lab has.

    :raises InvalidActivity: one of them is unknown.
    """
    try:
        inspect.signature(start_lab).bind(**control.get("provider", {}).get("arguments", {}))
    except TypeError as problem:
        raise InvalidActivity(f"control '{control.get('name')}': {problem}. Try: those of start_lab") from problem


def configure_control(**_wanted: Any) -> None:
    """Begin with nothing: an experiment that this process ran before is none of this one's."""
    LABS.forget()
    LABS.is_controlled = True


def before_experiment_control(context: dict[str, Any], **wanted: Any) -> None:  # noqa: ARG001 -- named by Chaos Toolkit
    """Start the lab that the arguments describe; nothing where they name no deployment.

    :raises InterruptExecution: it does not come up, so there is nothing to experiment with.
    """
    if not wanted.get("deployment"):
        return
    try:
        start_lab(**wanted)
    except (ActivityFailed, TypeError) as problem:
        raise InterruptExecution(f"the lab does not start: {problem}") from problem


def after_activity_control(context: dict[str, Any], **_wanted: Any) -> None:  # noqa: ARG001
    """Interrupt the experiment where a signal interrupted one of its activities.

    :raises InterruptExecution: one was.
    """
    reason, LABS.interruption = LABS.interruption, ""
    if reason:
        raise InterruptExecution(reason)


def after_experiment_control(context: dict[str, Any], state: dict[str, Any] | None = None, **_wanted: Any) -> None:  # noqa: ARG001
    """Mark the experiment as failed where an action of it failed, and end every lab that it has started."""
    try:
        LABS.end_all()
    except JSquaredError as problem:
        LABS.failures.append(f"a lab did not end: {problem}")
    if state is None:
        return
    if ((state.get("steady_states") or {}).get("before") or {}).get("steady_state_met") is False:
        LABS.failures.append("the steady state was not met before anything was broken")
    if not LABS.failures:
        return
    logger.critical("The experiment has failed, since it proves nothing: %s", "; ".join(LABS.failures))
    if state.get("status") in (None, "completed"):
        state["status"] = "failed"


def cleanup_control() -> None:
    """End whatever is left, however the experiment ended."""
    LABS.forget()

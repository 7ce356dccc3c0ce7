"""Functions as activities of Chaos Toolkit: their errors fail the activity with one line, their results can be written into a journal."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import msgspec
from chaoslib.exceptions import ActivityFailed, InterruptExecution

from jsquared.chaos_toolkit.experiment_labs import LABS
from jsquared.errors import JSquaredError
from jsquared.text import one_line

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dictionaries, lists, texts and numbers."""
    return msgspec.json.decode(msgspec.json.encode(value))


def action(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a function's errors fail the action, and remember that: Chaos Toolkit itself goes on after a failed action, and passes."""
    return _activity(function, LABS.failures.append)


def probe(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a function's errors fail the probe: a hypothesis is not met by what could not be measured."""
    return _activity(function, lambda _line: None)


def _activity(function: Callable[Parameters, Result], note: Callable[[str], object]) -> Callable[Parameters, Result]:
    @wraps(function)
    def run(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        try:
            return function(*arguments, **named)
        except InterruptExecution as problem:
            # Chaos Toolkit takes it for a failure of this activity alone; the control interrupts the experiment then
            LABS.interruption = str(problem)
            raise
        except JSquaredError as problem:
            line = one_line(str(problem))
            note(line)
            raise ActivityFailed(line) from problem

    return run

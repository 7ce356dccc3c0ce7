"""Functions as activities of Chaos Toolkit: their errors fail the activity with one line, their results can be written into a journal."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import msgspec
from chaoslib.exceptions import ActivityFailed

from jsquared.chaos_toolkit.experiment_labs import LABS
from jsquared.errors import JSquaredError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def plain(value: Any) -> Any:
    """Return a value as JSON has it: dictionaries, lists, texts and numbers."""
    return msgspec.json.decode(msgspec.json.encode(value))


def action(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a function's errors fail the action, and remember that: Chaos Toolkit itself goes on after a failed action, and passes."""

    @wraps(function)
    def act(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        try:
            return function(*arguments, **named)
        except JSquaredError as problem:
            LABS.failures.append(str(problem))
            raise ActivityFailed(str(problem)) from problem

    return act


def probe(function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a function's errors fail the probe: a hypothesis is not met by what could not be measured."""

    @wraps(function)
    def measure(*arguments: Parameters.args, **named: Parameters.kwargs) -> Result:
        try:
            return function(*arguments, **named)
        except JSquaredError as problem:
            raise ActivityFailed(str(problem)) from problem

    return measure

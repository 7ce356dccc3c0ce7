"""Options that several commands share, which reach the command as one object."""

import functools
import inspect
from collections.abc import Callable, Sequence
from inspect import Parameter
from typing import Any, TypeVar

R = TypeVar("R")


def takes(
    keyword: str, options: Sequence[Parameter], make: Callable[..., Any]
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command these options in the place of one of its keywords, which gets what ``make`` makes of them, by their names."""

    def with_options(command: Callable[..., R]) -> Callable[..., R]:
        @functools.wraps(command)
        def called(**given: Any) -> R:
            values = {option.name: given.pop(option.name) for option in options}
            return command(**given, **{keyword: make(**values)})

        signature = inspect.signature(command)
        parameters: list[Parameter] = []
        for parameter in signature.parameters.values():
            parameters += options if parameter.name == keyword else [parameter]
        # Typer reads a command's parameters from these two.
        called.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return called

    return with_options

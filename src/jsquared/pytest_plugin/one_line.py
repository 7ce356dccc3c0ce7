"""Errors of JSquared as tests show them: one line, at the line of the test, and no frame of ours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import NoReturn, ParamSpec, TypeVar

import pytest

from jsquared.errors import JSquaredError
from jsquared.text import one_line

P = ParamSpec("P")
R = TypeVar("R")


def without_our_frames(function: Callable[P, R]) -> Callable[P, R]:
    """Let an error of JSquared end where a test called us: it stays what it is, and shows nothing of how we work."""

    @wraps(function)
    def call(*given: P.args, **named: P.kwargs) -> R:
        __tracebackhide__ = True
        try:
            return function(*given, **named)
        except JSquaredError as problem:
            raise problem.with_traceback(None) from None

    return call


@contextmanager
def failing_in_one_line() -> Iterator[None]:
    """Let an error of JSquared within the block be a failure of one line."""
    __tracebackhide__ = True
    said = ""
    try:
        yield
    except JSquaredError as problem:
        said = str(problem)
    if said:  # not while the other error is being handled, which pytest would show too
        fail(said)


def fail(line: str) -> NoReturn:
    """Fail with this line alone, made safe for a terminal: deployments and servers may have written parts of it."""
    __tracebackhide__ = True
    pytest.fail(f"jsquared: {one_line(line)}", pytrace=False)

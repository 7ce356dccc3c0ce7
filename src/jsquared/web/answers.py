"""What the page is answered: JSON in which no text can hide or reorder anything, and refusals in the words of the command line."""

import json
from http import HTTPStatus
from typing import Any

import msgspec
from starlette.responses import Response

from jsquared.errors import EXIT_BAD_INPUT, EXIT_INCONCLUSIVE, JSquaredError
from jsquared.report.html import visible

STATUS_OF = {EXIT_BAD_INPUT: HTTPStatus.BAD_REQUEST, EXIT_INCONCLUSIVE: HTTPStatus.CONFLICT}
"""By exit code: what was asked is wrong, or it was done and proves nothing; anything else is the lab's own failure."""


def compact(state: Any) -> bytes:
    """Return a state as JSON on one line, in ASCII; what a browser would hide or reorder is a visible escape in it."""
    return json.dumps(visible(msgspec.to_builtins(state)), separators=(",", ":"), allow_nan=False).encode()


def answer(state: Any, status: int = HTTPStatus.OK) -> Response:
    """Return an answer with a state."""
    return Response(compact(state), status, media_type="application/json")


def refusal(problem: JSquaredError) -> Response:
    """Return the answer for what was refused, or failed."""
    status = STATUS_OF.get(problem.exit_code, HTTPStatus.BAD_GATEWAY)
    return answer({"problem": problem.what, "where": problem.where, "hint": problem.hint}, status)

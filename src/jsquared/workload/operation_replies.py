"""What the replies to one operation prove, where an operation is several commands.

Nothing was refused: it was applied. Everything was refused, or the transaction was given up as a whole: it was certainly not applied.
Some of it was refused: nobody knows what it made of its keys, so they are not judged. A script that fails has begun to run.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import hiredis

from jsquared.records.history import ERROR_CODES, FAIL, OK, UNKNOWN
from jsquared.workload.connection import OTHER_ERROR, SERVER_WORDS, error_code

PARTLY_REFUSED = ERROR_CODES["partly refused"]
ABORTED = "EXECABORT"
SELECT = "SELECT"
SCRIPT = re.compile(r" script: | running script ")
"""What errors of commands inside a script have in them: since version 7, and before."""
NOT_THERE = ("unknown command", "DB index", "SELECT is not allowed")


@dataclass(frozen=True)
class Proof:
    """The outcome of an operation, with the error's code; ``available`` is False where its kind is not to be had at that server."""

    outcome: int
    error: int = 0
    available: bool = True


def proof_of(replies: Sequence[object], commands: Sequence[str]) -> Proof:
    """What the replies to the commands of one operation prove, in order.

    A SELECT changes no key: where it alone was refused, the operation was applied, in a database that nobody can tell.
    """
    effects = [reply for reply, command in zip(replies, commands, strict=True) if command != SELECT]
    astray = commands[0] == SELECT and isinstance(replies[0], hiredis.ReplyError)
    last = effects[-1]
    inner = last if isinstance(last, list) else []
    errors = [reply for reply in (*effects, *inner) if isinstance(reply, hiredis.ReplyError)]
    texts = [str(error) for error in (*errors, *(replies[:1] if astray else ()))]
    available = not any(text.startswith("NOPERM") or any(word in text for word in NOT_THERE) for text in texts)
    if not errors:
        return Proof(UNKNOWN, PARTLY_REFUSED, available) if astray else Proof(OK)
    began = any(SCRIPT.search(text) for text in texts)
    if not began and (str(last).startswith(ABORTED) or all(reply in errors for reply in effects)):
        return Proof(FAIL, _code(errors), available)
    return Proof(UNKNOWN, PARTLY_REFUSED, available)


def _code(errors: Sequence[Exception]) -> int:
    """The code of the first error; of a transaction that was given up, why, where that is said (``because of: READONLY …``)."""
    if str(errors[0]).startswith(ABORTED):
        words = str(errors[0]).replace(":", " ").split()
        return next((SERVER_WORDS[word] for word in words if word in SERVER_WORDS), OTHER_ERROR)
    return error_code(errors[0])

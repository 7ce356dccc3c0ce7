"""What the replies to one operation prove, where an operation is several commands.

Nothing was refused: it was applied. Everything was refused, or the transaction was given up as a whole: it was certainly not applied.
Some of it was refused: nobody knows what it made of its keys, so they are not judged. A script that fails has begun to run.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import hiredis

from jsquared.records.history import ERROR_CODES, FAIL, OK, UNKNOWN
from jsquared.workload.connection import OTHER_ERROR, SERVER_WORDS, error_code

PARTLY_REFUSED = ERROR_CODES["partly refused"]
ABORTED = "EXECABORT"
NOT_THERE = ("unknown command", "DB index", "SELECT is not allowed")


@dataclass(frozen=True)
class Proof:
    """The outcome of an operation, with the error's code; ``available`` is False where its kind is not to be had at that server."""

    outcome: int
    error: int = 0
    available: bool = True


def proof_of(replies: Sequence[object]) -> Proof:
    """What the replies to the commands of one operation prove, in order."""
    errors = [reply for reply in replies if isinstance(reply, hiredis.ReplyError)]
    last = replies[-1]
    inner = [reply for reply in last if isinstance(reply, hiredis.ReplyError)] if isinstance(last, list) else []
    if not errors and not inner:
        return Proof(OK)
    texts = [str(error) for error in (*errors, *inner)]
    available = not any(text.startswith("NOPERM") or any(word in text for word in NOT_THERE) for text in texts)
    aborted = str(last).startswith(ABORTED)
    whole = not inner and (aborted or len(errors) == len(replies)) and " script: " not in texts[0]
    if not whole or "running script" in texts[0]:
        return Proof(UNKNOWN, PARTLY_REFUSED, available)
    return Proof(FAIL, _code(errors), available)


def _code(errors: Sequence[Exception]) -> int:
    """The code of the first error; of a transaction that was given up, why, where that is said (``because of: READONLY …``)."""
    if str(errors[0]).startswith(ABORTED):
        words = str(errors[0]).replace(":", " ").split()
        return next((SERVER_WORDS[word] for word in words if word in SERVER_WORDS), OTHER_ERROR)
    return error_code(errors[0])

"""The proof in the replies to one operation, where an operation is several commands.

Nothing was refused: it was applied. Everything was refused, or the transaction was given up as a whole: it was certainly not applied.
Some of it was refused: its effect on its keys is unknown, so they are not judged. A script that fails at its first command has
changed nothing.
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
CHANGE_NOTHING = frozenset({SELECT, "GET"})
"""Commands that leave every key as it is: whether they were refused says nothing of what became of the operation."""
SCRIPT = re.compile(r"@user_script: ?(\d+)")
"""The line of a script that raised an error; that of its first command is the first."""
NOT_THERE = ("unknown command", "DB index", "SELECT is not allowed")


@dataclass(frozen=True)
class Proof:
    """The outcome of an operation, with the error's code; ``available`` is False where its kind is not to be had at that server."""

    outcome: int
    error: int = 0
    available: bool = True


def proof_of(replies: Sequence[object], commands: Sequence[str]) -> Proof:
    """Return the proof in the replies to the commands of one operation, in order.

    A SELECT or a GET changes no key. Where a SELECT alone was refused, the operation was applied, in an unknown database.
    """
    effects = [reply for reply, command in zip(replies, commands, strict=True) if command not in CHANGE_NOTHING]
    astray = commands[0] == SELECT and isinstance(replies[0], hiredis.ReplyError)
    last = effects[-1]
    inner = last if isinstance(last, list) else []
    errors = [reply for reply in (*effects, *inner) if isinstance(reply, hiredis.ReplyError)]
    texts = [str(error) for error in (*errors, *(replies[:1] if astray else ()))]
    available = not any(text.startswith("NOPERM") or any(word in text for word in NOT_THERE) for text in texts)
    if not errors:
        return Proof(UNKNOWN, PARTLY_REFUSED, available) if astray else Proof(OK)
    began = any(line[1] != "1" for text in texts for line in SCRIPT.finditer(text))
    if not began and (str(last).startswith(ABORTED) or all(reply in errors for reply in effects)):
        return Proof(FAIL, _code(errors), available)
    return Proof(UNKNOWN, PARTLY_REFUSED, available)


def _code(errors: Sequence[Exception]) -> int:
    """The code of the first error; of a transaction that was given up, or of a script before version 7, of the error within it
    (``because of: READONLY …``, ``: -READONLY …``)."""
    code = error_code(errors[0])
    words = str(errors[0]).replace(":", " ").replace(" -", " ").split()
    return (
        code
        if code != OTHER_ERROR
        else next((SERVER_WORDS[word] for word in words if word in SERVER_WORDS), OTHER_ERROR)
    )

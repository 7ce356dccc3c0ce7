"""What replies to an operation of several commands prove."""

import hiredis
import pytest

from jsquared.records.history import ERROR_CODES, FAIL, OK, UNKNOWN
from jsquared.workload.operation_replies import Proof, proof_of

PARTLY = ERROR_CODES["partly refused"]
TRANSACTION = ("MULTI", "APPEND", "RPUSH", "EXEC")
WATCHING = ("WATCH", "SET", "MULTI", "APPEND", "EXEC", *TRANSACTION)
DATABASE = ("SELECT", "SET", "SELECT")


def error(text: str) -> hiredis.ReplyError:
    """An error reply."""
    return hiredis.ReplyError(text)


def fail(name: str, *, available: bool = True) -> Proof:
    """A certain failure."""
    return Proof(FAIL, ERROR_CODES[name], available)


READONLY = error("READONLY You can't write against a read only replica.")
LOADING = error("LOADING Redis is loading the dataset in memory")
ABORT = error("EXECABORT Transaction discarded because of previous errors.")
ABORT_OOM = error("EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.")
NOPERM = error("NOPERM this user has no permissions to run the 'eval' command")
IN_SCRIPT = "OOM command not allowed when used memory > 'maxmemory'. script: abc, on @user_script:%d."
IN_SCRIPT_6 = "ERR Error running script (call to f_abc): @user_script:%d: @user_script: %d: -OOM command not allowed"

CASES = {
    "one command that was taken": (("INCR",), [7], Proof(OK)),
    "one that gave nothing": (("RPOPLPUSH",), [None], Proof(OK)),
    "one that was refused": (("INCR",), [READONLY], fail("READONLY")),
    "a transaction": (TRANSACTION, ["OK", "QUEUED", "QUEUED", [1, 2]], Proof(OK)),
    "one refused while it was queued": (TRANSACTION, ["OK", LOADING, LOADING, ABORT], fail("LOADING")),
    "one half queued": (TRANSACTION, ["OK", LOADING, "QUEUED", ABORT], fail("LOADING")),
    "one refused at its end": (TRANSACTION, ["OK", "QUEUED", "QUEUED", ABORT_OOM], fail("OOM")),
    "one refused as a whole": (TRANSACTION, [LOADING, LOADING, LOADING, error("ERR EXEC without MULTI")], fail("LOADING")),
    "one that failed inside": (TRANSACTION, ["OK", "QUEUED", "QUEUED", [16, error("WRONGTYPE")]], Proof(UNKNOWN, PARTLY)),
    "one without its MULTI": (
        TRANSACTION,
        [error("NOPERM no MULTI"), 16, 1, error("ERR EXEC without MULTI")],
        Proof(UNKNOWN, PARTLY, available=False),
    ),
    "one behind one that was given up": (WATCHING, ["OK", "OK", "OK", "QUEUED", None, "OK", "QUEUED", "QUEUED", [1, 2]], Proof(OK)),
    "both refused": (
        WATCHING,
        ["OK", READONLY, "OK", READONLY, ABORT, "OK", READONLY, READONLY, ABORT],
        fail("READONLY"),
    ),
    "nothing may be watched": (
        WATCHING,
        [NOPERM, "OK", "OK", "QUEUED", [1], "OK", "QUEUED", "QUEUED", [1, 2]],
        Proof(UNKNOWN, PARTLY, available=False),
    ),
    "a script that may not run": (("EVAL",), [NOPERM], fail("NOPERM", available=False)),
    "a command that is not there": (("EVAL",), [error("ERR unknown command 'EVAL'")], fail("other error reply", available=False)),
    "a script that failed at once": (("EVAL",), [error(IN_SCRIPT % 1)], fail("OOM")),
    "the same before version 7": (("EVAL",), [error(IN_SCRIPT_6 % (1, 1))], fail("OOM")),
    "a script that failed inside": (("EVAL",), [error(IN_SCRIPT % 2)], Proof(UNKNOWN, PARTLY)),
    "this before version 7": (("EVAL",), [error(IN_SCRIPT_6 % (2, 2))], Proof(UNKNOWN, PARTLY)),
    "another database": (DATABASE, ["OK", "OK", "OK"], Proof(OK)),
    "one that may not be written": (DATABASE, ["OK", LOADING, "OK"], fail("LOADING")),
    "one that is not there": (
        DATABASE,
        [error("ERR DB index is out of range"), "OK", "OK"],
        Proof(UNKNOWN, PARTLY, available=False),
    ),
    "no way back": (DATABASE, ["OK", "OK", LOADING], Proof(OK)),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_replies_prove(name: str) -> None:
    """All taken: applied. All refused or given up as a whole: certainly not. Anything between: nobody knows."""
    commands, replies, proof = CASES[name]
    assert proof_of(replies, commands) == proof

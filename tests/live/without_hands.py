"""A trial in a lab without hands: ``python without_hands.py RUN_DIR``.

From the moment a fault is injected until its undo is over, the lab can look at everything and touch nothing: signals are not sent,
servers not started, commands that change something not given, links not cut, files not written. So no fault may say that it bit.
"""

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from jsquared.faults import process_state, schedule
from jsquared.resp import blocking
from jsquared.running import deployment
from jsquared.sandbox import namespaces
from jsquared.sandbox.linux import disk, limits, name_service, shim, switch
from jsquared.trial.process import main

LOOKS = {
    "AUTH", "PING", "INFO", "ROLE", "TIME", "DBSIZE", "EXISTS", "GET", "MGET", "STRLEN", "LASTSAVE", "WAIT", "HELLO",
    "COMMAND", "SCAN", "TTL", "TYPE", "SUBSCRIBE", "PSUBSCRIBE", "ECHO", "MULTI", "EXEC",
}  # fmt: skip
"""Commands that change nothing."""
LOOKS_OF = {
    "SENTINEL": {
        "MASTER", "MASTERS", "GET-MASTER-ADDR-BY-NAME", "SENTINELS", "REPLICAS", "SLAVES", "MYID", "CKQUORUM", "CONFIG",
    },
    "CONFIG": {"GET"},
    "CLIENT": {"LIST", "ID", "INFO"},
    "ACL": {"WHOAMI", "LIST", "GETUSER", "USERS", "DRYRUN"},
    "SLOWLOG": {"GET", "LEN"},
    "LATENCY": {"LATEST", "HISTORY"},
    "MEMORY": {"USAGE", "STATS"},
    "SCRIPT": {"EXISTS"},
    "DEBUG": {"OBJECT"},
}  # fmt: skip
"""Commands with parts that change nothing."""

COUNTING = {"CLIENT", "DEL", "UNLINK", "PUBLISH", "LPUSH", "RPUSH", "SADD", "APPEND", "SENTINEL RESET"}
"""Commands that answer with a number."""

tied = threading.Event()
"""Set while the hands are tied."""


def is_look(words: Any) -> bool:
    """Whether a command only looks."""
    said = [word.decode(errors="replace") if isinstance(word, bytes) else str(word) for word in words]
    name, first = said[0].upper(), said[1].upper() if len(said) > 1 else ""
    return name in LOOKS or first in LOOKS_OF.get(name, ())


def nothing(*_: Any, **__: Any) -> None:
    """What an act comes to."""


def unless_tied(real: Any, instead: Any = nothing) -> Any:
    """An act that becomes nothing while the hands are tied."""

    def act(*given: Any, **named: Any) -> Any:
        return (instead if tied.is_set() else real)(*given, **named)

    return act


def tie(owner: Any, name: str, instead: Any = nothing) -> None:
    """Make an act of a class or module one that becomes nothing."""
    setattr(owner, name, unless_tied(getattr(owner, name), instead))


def without_links(real: Any) -> Any:
    """Cutting or impairing links: none of them."""
    return lambda self, links, *rest: real(self, links[:0] if tied.is_set() else links, *rest)


def send_all(real: Any) -> Any:
    """Sending commands: one that only looks is sent, another becomes one that does nothing and answers in the same form."""

    def sent(self: Any, commands: Any) -> None:
        real(self, [harmless(words) if tied.is_set() else words for words in commands])

    return sent


def harmless(words: Any) -> Any:
    """A command that changes nothing: this one where it only looks."""
    if is_look(words):
        return words
    return ("EXISTS", "jsquared:nothing") if str(words[0]).upper() in COUNTING else ("PING",)


def step_of(real: Any) -> Any:
    """A step of the schedule: the hands are tied before a fault is injected, and free again once none is left to heal."""

    def played(self: Any, step: Any) -> None:
        tied.set()
        try:
            real(self, step)
        finally:
            if all(other.finished or other.started_s is None for other in self._steps):
                tied.clear()

    return played


class NoSocket:
    """A connection that was not made; there is no TLS on it."""

    def getsockopt(self, *_: int) -> int:
        """What TLS asks of a socket first."""
        raise OSError("no hands")

    def __getattr__(self, name: str) -> Any:
        return nothing


def connected(real: Any) -> Any:
    """Connecting: the lab's own connections are made, those that a fault holds are not."""

    def connect(*given: Any, **named: Any) -> Any:
        caller = sys._getframe(1).f_globals["__name__"]
        return NoSocket() if tied.is_set() and caller.startswith("jsquared.faults") else real(*given, **named)

    return connect


def tie_hands() -> None:
    """Take the hands away from everything that faults act with."""
    schedule.Conductor._advance = step_of(schedule.Conductor._advance)  # type: ignore[method-assign]
    blocking.Connection.send_all = send_all(blocking.Connection.send_all)  # type: ignore[method-assign]
    tie(deployment.RunningDeployment, "signal")
    tie(deployment.RunningDeployment, "start")
    tie(deployment.RunningDeployment, "install")
    tie(os, "kill")
    for name in ("write_text", "write_bytes", "unlink", "rename", "replace", "mkdir", "rmdir", "touch"):
        tie(Path, name)
    tie(subprocess.Popen, "send_signal")
    process_state.EXIT_LIMIT_S = 0.2
    deployment.RunningDeployment.dial = connected(deployment.RunningDeployment.dial)  # type: ignore[method-assign]
    tie(name_service.NameServer, "disturb")
    tie(name_service.NameServer, "change")
    tie(namespaces.NamespacesSandbox, "readdress")
    for name in ("step_clock", "skew_clocks", "delay"):
        tie(shim.Control, name)
    for name in ("fill", "make_room", "set_read_only"):
        tie(disk, name)
    tie(limits, "limit_memory")
    switch.SwitchLinks.cut = without_links(switch.SwitchLinks.cut)  # type: ignore[method-assign]
    switch.SwitchImpairments.impair = without_links(switch.SwitchImpairments.impair)  # type: ignore[method-assign]


if __name__ == "__main__":
    tie_hands()
    sys.exit(main(Path(sys.argv[1])))

"""Ends of processes: by the lab's order, by themselves, or by an outsider, as ``ended`` events say it.

What a program raises itself when it crashes (assertions, panics, memory faults, a forbidden system call) is its own end, and so is every
exit code that it chose. All other signals come from outside: an administrator's ``kill``, a service manager, the kernel's OOM killer.
"""

import signal

from jsquared.records.event_types import Ended, LogLimit
from jsquared.records.sources import LAB_PROCESS, RELAY

OWN_SIGNALS = frozenset({"SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS"})
SHUTDOWN = "SHUTDOWN"
"""What ``by`` says of a server that was told to end by that command, and not by a signal."""
STOP = signal.SIGSTOP.name
"""What ``by`` says of a process that this signal of someone else's held, so that the lab had to end the trial."""
CONTINUE = signal.SIGCONT.name
"""What ``by`` says of a process that the lab had stopped and that this signal of someone else's let go on."""
_CALLED = {RELAY: "the relay of impaired links", LAB_PROCESS: "the trial's own process"}
_MEBIBYTE = 1024 * 1024


def signal_name(code: int) -> str:
    """The name of the signal that ended a process with this ``returncode``; empty where it exited by itself."""
    if code >= 0:
        return ""
    try:
        return signal.Signals(-code).name
    except ValueError:  # a real-time signal
        return f"signal {-code}"


def exit_words(code: int) -> str:
    """Describe the end of a process with this ``returncode``."""
    return f"was killed by {signal_name(code)}" if code < 0 else f"exited with code {code}"


def is_from_outside(event: Ended) -> bool:
    """True if an outsider ended it."""
    return not event.ordered and bool(event.by) and event.by not in OWN_SIGNALS


def is_own(event: Ended) -> bool:
    """True if an ``ended`` event is about a process that ended by itself."""
    return not event.ordered and not is_from_outside(event)


def outside_words(event: Ended) -> str:
    """``redis-n2 was killed by SIGKILL from outside (out of memory?)``, or what is known to have been the cause."""
    source = _CALLED.get(event.source, event.source)
    by, memory = event.by, event.memory or ""
    if by == STOP:
        return f"{source} was stopped from outside ({STOP})"
    if by == CONTINUE:
        return f"{source}, which a fault had stopped, was resumed from outside ({CONTINUE})"
    if event.code == 0:
        return f"{source} was shut down by {by} from outside"
    if event.out_of_memory:
        return f"{source} was killed by the kernel: out of memory ({memory})"
    if by != "SIGKILL":
        return f"{source} was killed by {by} from outside"
    return f"{source} was killed by {by} from outside (out of memory{f': {memory}' if memory else '?'})"


def excess_words(event: LogLimit) -> str:
    """``redis-n2 wrote more than 32 MiB of log in 0.3 s``, of a ``log-limit`` event."""
    who = event.source if event.alone else f"all processes, {event.source} above all,"
    mebibytes, in_s = event.limit_bytes / _MEBIBYTE, event.in_ms / 1000
    return f"{who} wrote more than {mebibytes:.0f} MiB of log in {in_s:.1f} s"

"""A process that has loaded all that a trial needs, and becomes trials by forking: ``python -m jsquared.trial.zygote``.

Loading (numerical libraries, Parquet, the report's templates) takes a fifth of a trial's processor time, so a suite does it once. The
campaign starts this process with one end of a socket as its stdin. A request is one packet: the path of a run folder, with three
descriptors: the trial's stdin, its log, and a pipe for the answer, which is the trial's process id, or minus the error number. No process
that has given its answer, or never will, holds the pipe: its end tells the campaign that there will be none.

The trial is a child of the campaign's process and not of this one: the campaign is a subreaper (prctl(2), PR_SET_CHILD_SUBREAPER), and
the process in between has ended. So the campaign sees how a trial ends, and the kernel ends a trial with its campaign.
"""

import contextlib
import gc
import os
import socket
import stat
import sys
import time
from pathlib import Path

from jsquared.errors import EXIT_LAB_FAILED
from jsquared.records.sources import TRIAL_PROCESS
from jsquared.sandbox.linux import syscalls
from jsquared.trial import process

LONGEST_REQUEST_BYTES = 1 << 16
DESCRIPTORS = 3
ADOPTION_POLL_S = 0.0005
_STDIN, _STDOUT, _STDERR = range(3)


def main() -> int:
    """Serve one campaign until it closes its end of the socket, or until this is a trial that has ended."""
    if not stat.S_ISSOCK(os.fstat(_STDIN).st_mode):
        print("error: the zygote is started by 'jsquared run', with a socket as its stdin", file=sys.stderr)  # noqa: T201
        return EXIT_LAB_FAILED
    campaign = int(os.environ.get("JSQUARED_PARENT", os.getppid()))
    syscalls.die_with(campaign)
    with socket.socket(fileno=os.dup(_STDIN)) as channel:
        gc.disable()  # nothing that is loaded becomes garbage
        preload()
        gc.enable()
        gc.freeze()  # what is loaded stays shared with every trial: a collection would write to all of it
        while True:
            request, descriptors, _, _ = socket.recv_fds(channel, LONGEST_REQUEST_BYTES, DESCRIPTORS)
            if not request:
                return 0
            if become_trial(campaign, descriptors):
                break
    _end(process.main(Path(os.fsdecode(request))))
    return 0


def preload() -> None:
    """Load what every trial loads. Where there is no room for it nothing is said: each trial will, where someone listens."""
    with contextlib.suppress(Exception):
        import encodings.idna  # noqa: PLC0415, F401 -- loaded when the first connection is made

        import numpy.ma  # noqa: PLC0415, F401 -- Parquet loads these two when it first writes a table
        import pyarrow.compute  # noqa: PLC0415
        import pyarrow.parquet  # noqa: PLC0415, F401

        from jsquared.report.html import load_templates  # noqa: PLC0415
        from jsquared.trial import one_trial, place  # noqa: PLC0415, F401 -- a third of what a trial itself would compute

        load_templates()


def become_trial(campaign: int, descriptors: list[int]) -> bool:
    """Fork; whether this is the trial now, with the first two descriptors as its stdin and as its stdout and stderr."""
    stdin, log, pipe = descriptors
    try:
        between = os.fork()
    except OSError as problem:
        _answer(pipe, -(problem.errno or 1))
        _close(descriptors)
        return False
    if between:
        _close(descriptors)
        os.waitpid(between, 0)
        return False
    between = os.getpid()
    try:
        child = os.fork()
    except OSError as problem:
        _answer(pipe, -(problem.errno or 1))
        os._exit(0)
    if child:
        os._exit(0)
    _wait_for_adoption(campaign, between)
    os.setsid()  # Ctrl-C reaches the command line only, which then asks each trial to end
    _answer(pipe, os.getpid())  # before it can be told from this process by its name: an end from now on is a trial's
    syscalls.name_process(TRIAL_PROCESS)
    for descriptor, place in ((stdin, _STDIN), (log, _STDOUT), (log, _STDERR)):
        os.dup2(descriptor, place)
    _close(descriptors)
    return True


def _wait_for_adoption(campaign: int, between: int) -> None:
    """Until the process in between has ended and the campaign is the parent; a trial whose campaign has ended meanwhile ends."""
    while (parent := os.getppid()) != campaign:
        if parent != between:
            os._exit(1)
        time.sleep(ADOPTION_POLL_S)


def _answer(pipe: int, number: int) -> None:
    with contextlib.suppress(OSError):  # the campaign has ended; so does this process, at the next look
        os.write(pipe, str(number).encode())


def _close(descriptors: list[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)


def _end(code: int) -> None:
    """End without taking down what is loaded, which takes longer than to let it go."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    sys.exit(main())

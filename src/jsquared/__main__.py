"""The door of the command line: ``jsquared`` and ``python -m jsquared``.

It is open from its first line: whoever stops the program while its libraries are still being loaded, or starts it where there is too little
memory to load them, gets one line and an exit code too. So nothing is imported up here but what Python itself has loaded already.
"""

import _signal as signal  # type: ignore[import-not-found] # the module of that name loads others first, for a hundredth of a second
import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import Any, NoReturn

_INTERRUPTED, _LAB_FAILED = 130, 4
"""As in ``errors.py``, which is not loaded yet."""
LEAST_MEMORY_BYTES = 1 << 30
"""Of address space: numerical libraries map far more than they use."""
LEAST_FILES = 128
"""What a trial with its observer has open."""
# Numerical libraries start a thread a processor otherwise, end the process where they may not, and nothing here has work for them; and
# Arrow's own allocator takes a gibibyte of addresses to begin with.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run the command line of this process and give its exit code; nothing is raised, and nothing of the output is left to write."""
    _on_signals(_leave)
    _open_standard_streams()
    if missing := _too_little():
        _say(missing)
        return _LAB_FAILED
    for variable, value in _ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    try:
        command_line = _load_for_the_first_time() if "JSQUARED_FIRST_START" in os.environ else _load()
    except (ImportError, MemoryError, OSError, RuntimeError, SystemError) as problem:
        return _not_loaded(problem)
    _on_signals(_interrupt)
    try:
        code = command_line()
    except KeyboardInterrupt:  # while it was telling how it ended
        code = _INTERRUPTED
    _on_signals(signal.SIG_IGN)  # it is over, and what it amounts to is known
    code = _handed_over(code)
    if code == _INTERRUPTED:
        # Python ends itself by SIGINT where the interruption came while it ran code from a string, as some libraries do when they load
        # (run_eval_code_obj in pythonrun.c), although it was caught.
        os._exit(code)
    return code


def _load_for_the_first_time() -> "Callable[[], int]":
    """As :func:`_load`; until something else is said, the command line says that it goes on."""
    from jsquared.cli.first_start import begin_first_start, end_first_start  # noqa: PLC0415

    begin_first_start()
    command_line = _load()

    def until_it_ends() -> int:
        try:
            return command_line()
        finally:
            end_first_start()

    return until_it_ends


def _load() -> "Callable[[], int]":
    """Load the command that this process was started for, and return the command line."""
    if os.environ.get("_JSQUARED_COMPLETE"):
        from jsquared.cli.completion import main as complete  # noqa: PLC0415

        return complete
    gc.disable()  # hardly anything that is loaded becomes garbage, and looking for it would take a tenth of the time
    try:
        from jsquared.cli.main import load, main  # noqa: PLC0415

        load(sys.argv[1:])
        gc.freeze()
    finally:
        gc.enable()
    return main


def _not_loaded(problem: Exception | SystemExit) -> int:
    """Say why a command cannot be loaded, and give the exit code; what comes with an extra can be installed."""
    if isinstance(problem, ModuleNotFoundError):
        from jsquared.errors import missing_extra  # noqa: PLC0415

        if missing := missing_extra(problem):
            _say(str(missing))
            return missing.exit_code
    _say(f"JSquared cannot be loaded: {' '.join(str(problem).split()) or type(problem).__name__}")
    return _LAB_FAILED


def _too_little() -> str:
    """Why a limit is too low for what is about to be loaded; empty where none is. Some libraries would end the process, with code 1."""
    try:
        import resource  # noqa: PLC0415 -- as above

        limits = (
            ("memory (ulimit -v)", resource.RLIMIT_AS, LEAST_MEMORY_BYTES),
            ("open files (ulimit -n)", resource.RLIMIT_NOFILE, LEAST_FILES),
        )
        for what, which, least in limits:
            most = resource.getrlimit(which)[0]
            if most != resource.RLIM_INFINITY and most < least:
                return f"this machine: the limit of {what} is too low. Try: {least} or more"
    except (ImportError, MemoryError, OSError) as problem:
        return f"JSquared cannot be loaded: {str(problem) or 'not enough memory'}"
    return ""


def _open_standard_streams() -> None:
    """Where stdin, stdout or stderr is closed, nothing: a run folder's file must not get its number, and be written to by mistake."""
    while (number := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(number)
    sys.stdout = sys.stdout or open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 -- as long as the process
    sys.stderr = sys.stderr or open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _on_signals(action: "Any") -> None:
    """What was ignored when the process began (``nohup``, or SIGINT of a background job) stays so, but for SIGTERM."""
    for number in _SIGNALS:
        if number == signal.SIGTERM or signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, action)


def _leave(_number: int, _frame: "FrameType | None") -> "NoReturn":
    """Nothing has begun yet, so there is nothing to put in order; an exception could end up inside of a library that is being loaded."""
    _say("interrupted")
    os._exit(_INTERRUPTED)


def _interrupt(_number: int, _frame: "FrameType | None") -> "NoReturn":
    raise KeyboardInterrupt


def _say(what: str) -> None:
    try:
        os.write(2, f"jsquared: error: {what}\n".encode(errors="backslashreplace"))
    except OSError:
        return  # nobody listens


def _handed_over(code: int) -> int:
    """The exit code, once all output is with the system: Python's own complaint at its end has a code that nobody knows."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = _LAB_FAILED
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return code


if __name__ == "__main__":
    sys.exit(main())

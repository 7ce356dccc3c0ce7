"""Errors, named by whose fault they are, each with the exit code the command line ends with.

::

    JSquaredError
    ├── BadInputError       2    the command line, a file or a name is wrong; one line says what, where, what to try
    ├── LabError            4    the lab itself failed: nothing is said about Redis
    │   ├── SandboxError         the sandbox cannot be made or lost a capability it had declared
    │   ├── EngineError          a server binary cannot be run
    │   ├── StandUpError         the deployment did not start or did not converge
    │   └── RecordError          the run folder cannot be written (full disk, permissions)
    ├── FaultDidNotBiteError  3    a fault could not be proven, so what came of it proves nothing
    └── InterruptedTrialError  130  the user stopped it; what was recorded stays checkable
"""

EXIT_PASS = 0
EXIT_VIOLATED = 1
EXIT_BAD_INPUT = 2
EXIT_INCONCLUSIVE = 3
EXIT_LAB_FAILED = 4
EXIT_INTERRUPTED = 130


class JSquaredError(Exception):
    """What went wrong, where, and what to try: one line, never a traceback.

    ``what`` is a phrase without a final stop; ``where`` a file, option or node; ``hint`` an imperative sentence part.
    """

    exit_code = EXIT_LAB_FAILED

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        line = f"{self.where}: {self.what}" if self.where else self.what
        line = " ".join(line.split())
        return f"{line}. Try: {' '.join(self.hint.split())}" if self.hint else line


class BadInputError(JSquaredError):
    """The command line, a file or a name is wrong (exit code 2)."""

    exit_code = EXIT_BAD_INPUT


class LabError(JSquaredError):
    """The lab itself failed, so nothing is said about Redis (exit code 4)."""


class SandboxError(LabError):
    """The sandbox cannot be made here, or lost a capability that it had declared."""


class EngineError(LabError):
    """A server binary cannot be run."""


class StandUpError(LabError):
    """The deployment did not start or did not converge before anything was broken."""


class RecordError(LabError):
    """The run folder cannot be written."""


class FaultDidNotBiteError(JSquaredError):
    """A fault was injected and could not be proven, so whatever came of it proves nothing (exit code 3)."""

    exit_code = EXIT_INCONCLUSIVE


class InterruptedTrialError(JSquaredError):
    """The user stopped the trial; what was recorded stays checkable (exit code 130)."""

    exit_code = EXIT_INTERRUPTED


EXTRAS = {
    "grafana_foundation_sdk": ("grafana-foundation-sdk", "monitoring"),
    "promql_parser": ("promql-parser", "monitoring"),
}
"""Modules that come with an extra, to their packages and the extra."""


def missing_extra(problem: ImportError) -> BadInputError | None:
    """Return what to install where an import failed since an extra is not; None where it failed for another reason."""
    module = (problem.name or "").partition(".")[0]
    if module not in EXTRAS or not isinstance(problem, ModuleNotFoundError):
        return None
    package, extra = EXTRAS[module]
    hint = f"pip install 'jsquared[{extra}]'"
    return BadInputError(f"{package} is not installed, which this command needs", where="this installation", hint=hint)


def refusal_of(problem: Exception) -> JSquaredError | None:
    """What the machine (not JSquared) refused, as an error of ours: memory, files, processes, threads; None for anything else."""
    if isinstance(problem, ImportError) and (missing := missing_extra(problem)):
        return missing
    if isinstance(problem, RecursionError):
        return BadInputError("something in it is nested too deeply", where="the input", hint="a flatter one")
    if isinstance(problem, MemoryError):
        return LabError("there is not enough memory", where="this machine", hint="a higher limit, or smaller inputs")
    if isinstance(problem, OSError) and problem.strerror:
        where = str(problem.filename or "this machine")
        hint = "another path" if problem.filename else "a higher limit (ulimit -a)"
        return LabError(f"the system refused: {problem.strerror}", where=where, hint=hint)
    # What Python says of links that lead to each other, and of a thread too many
    refused = isinstance(problem, RuntimeError) and str(problem).startswith(("Symlink loop", "can't start new thread"))
    if refused or isinstance(problem, ImportError):
        return LabError(f"the system refused: {problem}", where="this machine", hint="another path, or a higher limit")
    return None

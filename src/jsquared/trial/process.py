"""The process of one trial, forked for the campaign by :mod:`jsquared.trial.zygote`, with its order on its stdin.

Alone it is ``python -m jsquared.trial.process RUN_DIR``.

The plan in the folder would not do: it has marks in the place of the secrets that servers and clients need.

It opens a sandbox, places the trial there (:mod:`jsquared.trial.place`) and enters it before anything else, so in the namespaces
sandbox it is the init of its own PID namespace: when it ends, or the process that started it does, the kernel ends everything inside.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import NoReturn

from jsquared.errors import EXIT_INTERRUPTED, EXIT_LAB_FAILED, JSquaredError, LabError, refusal_of
from jsquared.records.placement import Placement
from jsquared.records.private_files import private_umask
from jsquared.records.secrets import Secrets
from jsquared.records.shown import secrets_of
from jsquared.records.verdict import EXIT_CODES
from jsquared.sandbox.choose import open_sandbox
from jsquared.sandbox.sandbox import Sandbox
from jsquared.trial.expect import expect_processes
from jsquared.trial.order import TrialOrder

Play = Callable[[TrialOrder, Placement, Sandbox, Path], int]
"""Does what was ordered, in a sandbox that was entered, with the folder that was named; returns the exit code."""


def main(folder: Path) -> int:
    """Run the trial that is ordered on stdin in a run folder; the exit code says how it ended, one line on stderr why it failed."""
    return serve_order(folder, _run, parent=int(os.environ.get("JSQUARED_PARENT", os.getppid())))


def serve_order(folder: Path, play: Play, *, parent: int, out: Path | None = None) -> int:
    """Read an order from stdin, open its sandbox and play it there; the exit code says how it ended, one line on stderr why it failed.

    :param folder: kept visible in the sandbox.
    :param parent: the process whose death ends everything.
    :param out: where a sandbox without its own file system keeps its data; None: beside the folder.
    """
    folder = folder.absolute()
    with private_umask():
        return _play_order(folder, play, parent, out or folder.parent)  # clients and servers live in other folders


def _run(order: TrialOrder, placement: Placement, sandbox: Sandbox, folder: Path) -> int:
    """Run a trial, whose run folder is there."""
    plan = order.plan
    expect_processes(plan, placement, sandbox, folder / "history")
    from jsquared.records.run_directory import RunDirectory  # noqa: PLC0415
    from jsquared.trial.one_trial import run_trial  # noqa: PLC0415

    run = RunDirectory(folder)
    run.write_placement(plan, placement)
    verdict = run_trial(plan, placement, run, sandbox, order.monitoring, order.change, order.repeats)
    return EXIT_CODES[verdict.outcome]


def _play_order(folder: Path, play: Play, parent: int, out: Path) -> int:
    secrets = Secrets()
    # The campaign asks by SIGTERM: also where no sandbox has made that an interruption yet, or ever does.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        # Loaded here where the zygote could not: a failure to load is told like any other.
        from jsquared.trial.place import place  # noqa: PLC0415

        order = read_order()
        plan = order.plan
        secrets = secrets_of(plan)
        sandbox = open_sandbox(plan.sandbox, keep=[folder, *order.keep], out=out, parent=parent)
        placement = place(order, sandbox)
        secrets = secrets_of(plan, placement)
        sandbox.enter(order.deployment.hosts)
        try:
            return play(order, placement, sandbox, folder)
        finally:
            sandbox.close()
    except JSquaredError as problem:
        print(f"error: {secrets.mask(str(problem))}", file=sys.stderr)  # noqa: T201 -- the campaign reads it from the log
        return problem.exit_code
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)  # noqa: T201
        return EXIT_INTERRUPTED
    except Exception as problem:  # noqa: BLE001 -- the campaign is told, whatever it is
        if came_of_interruption(problem):
            print("error: interrupted", file=sys.stderr)  # noqa: T201
            return EXIT_INTERRUPTED
        if (told := refusal_of(problem)) is not None:
            print(f"error: {told}", file=sys.stderr)  # noqa: T201
            return told.exit_code
        import traceback  # noqa: PLC0415

        failure = f"{traceback.format_exc()}error: the lab itself failed: {type(problem).__name__}: {problem}"
        print(secrets.mask(failure), file=sys.stderr)  # noqa: T201
        return EXIT_LAB_FAILED


def came_of_interruption(problem: BaseException) -> bool:
    """True if an interruption lies behind another error: Python 3.11 makes a RuntimeError of one that comes while a class is being made."""
    behind: BaseException | None = problem
    while behind is not None and not isinstance(behind, KeyboardInterrupt):
        behind = behind.__cause__
    return behind is not None


def read_order() -> TrialOrder:
    """The order on stdin.

    :raises LabError: there is none.
    """
    try:
        return TrialOrder.decoded(sys.stdin.buffer.read())
    except ValueError as problem:  # whoever started it was killed meanwhile, or somebody tries it by hand
        raise LabError("no plan on stdin", where="the trial's process", hint="jsquared run") from problem


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""The labs of the experiment that this process runs, what was judged of them, and what failed.

A lab that the experiment starts is a child of this process: the kernel ends it with this process, however that ends. It has no name
unless the experiment gives it one, and then no disk knows of it either.
"""

import atexit
import threading

from jsquared.errors import BadInputError, LabError
from jsquared.records.verdict import TrialVerdict
from jsquared.service.lab.lab import Lab
from jsquared.service.lab.lab_names import check_name, names_of_labs
from jsquared.service.lab.running_lab import RunningLab

START = "jsquared.chaos_toolkit.actions.start_lab"


class ExperimentLabs:
    """The state that the activities of one experiment share."""

    def __init__(self) -> None:
        self._started: dict[str, Lab] = {}
        self._has_started = False
        self._lock = threading.Lock()  # activities may run in the background
        self.verdicts: dict[str, TrialVerdict] = {}
        """What :func:`save_session` has judged, by the lab's :meth:`key`."""
        self.primaries: dict[str, str] = {}
        """The primary just before the last fault, by the lab's :meth:`key`."""
        self.failures: list[str] = []
        """One line for each action that failed: what came after it proves nothing."""
        self.interruption = ""
        """Why an activity was interrupted (SIGTERM); empty where none was."""
        self.is_controlled = False
        """True if the control is part of the experiment, so that a failed action makes it fail."""

    def start(self, lab: Lab, name: str) -> None:
        """Start a lab that is this experiment's own.

        :raises JSquaredError: it does not come up, or one of that name is up.
        """
        with self._lock:
            if name in self._started and not self._started[name].has_ended:
                called = f"lab '{name}'" if name else "a lab without a name"
                raise BadInputError("this experiment has started it already", where=called, hint="another name")
            if not self._has_started:
                atexit.register(self.end_all)
            self._has_started = True
            lab.start()
            self._started[name] = lab
            self.verdicts.pop(name, None)
            self.primaries.pop(name, None)

    def key(self, name: str) -> str:
        """The name under which a lab is remembered here: its own, or that of the only one that the experiment has started."""
        if name or len(self._started) != 1:
            return name
        return next(iter(self._started))

    def lab(self, name: str) -> RunningLab:
        """The lab that an activity is about.

        Without a name, an experiment that has started a lab means that one, and never another that happens to be up.

        :raises BadInputError: there is none of that name; or no name was given, and there is none or several.
        """
        key = self.key(name)
        if key in self._started:
            return self._started[key]
        if name or not self._has_started:
            return Lab.attach(name)
        known = ", ".join(filter(None, self._started)) or START
        raise BadInputError(f"{len(self._started)} labs of this experiment are up", where="name", hint=known)

    def end(self, name: str) -> bool:
        """End a lab, and return True; False where it has ended before, or none was started.

        Without a name this is the experiment's own: one that somebody else has started is ended only by its name.

        :raises LabError: it does not end.
        """
        key = self.key(name)
        with self._lock:
            own = self._started.pop(key, None)
        if own is not None:
            own.close()
            return True
        if name:
            check_name(name)
        if name and name in names_of_labs():
            Lab.attach(name).end()
            return True
        return False

    def end_all(self) -> None:
        """End every lab that the experiment has started.

        :raises LabError: one does not end; the others have ended.
        """
        problems = []
        for name in list(self._started):
            try:
                self.end(name)
            except LabError as problem:
                problems.append(problem)
        if problems:
            raise problems[0]

    def forget(self) -> None:
        """End every lab, and be as if there had been no experiment."""
        try:
            self.end_all()
        finally:
            self._has_started = self.is_controlled = False
            self.interruption = ""
            self.verdicts.clear()
            self.primaries.clear()
            self.failures.clear()

    def require_proven(self) -> None:
        """Refuse to judge after a failed action where no control makes the experiment fail: a passing probe would hide it.

        :raises LabError: an action has failed.
        """
        if self.failures and not self.is_controlled:
            raise LabError(f"nothing is proven, since an action failed: {self.failures[0]}", where="this experiment")


LABS = ExperimentLabs()
"""Those of the experiment that runs: a process of Chaos Toolkit runs one at a time."""

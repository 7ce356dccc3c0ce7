"""The labs of one pytest process, and the state that each test finds one in."""

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jsquared.errors import BadInputError, JSquaredError, LabError
from jsquared.pytest_plugin.choice import LabChoice, is_inside
from jsquared.pytest_plugin.one_line import fail, failing_in_one_line
from jsquared.pytest_plugin.sentinel_under_test import SentinelUnderTest
from jsquared.service.lab.lab import Lab
from jsquared.service.lab.running_lab import RunningLab

QUICK_S = 5.0
"""So long a reset may take before starting all servers anew is quicker."""


class LabPool:
    """Labs by choice. A choice that failed is not tried again: it would fail every test after so many seconds."""

    def __init__(self, usual: LabChoice, runs: Path) -> None:
        """:param runs: the folder for the records of tests."""
        self.usual = usual
        self._runs = runs
        self._labs: dict[LabChoice, RunningLab] = {}
        self._problems: dict[LabChoice, str] = {}

    def lab(self, choice: LabChoice) -> RunningLab:
        """The lab of a choice, started where there is none, or where it has ended meanwhile; a failure of one line if it does not start."""
        lab = self._labs.get(choice)
        if choice not in self._problems and (lab is None or not lab.is_up()):
            try:
                lab = self._labs[choice] = self._start(choice)
            except JSquaredError as problem:
                self._problems[choice] = str(problem)
        if lab is None or choice in self._problems:
            fail(self._problems[choice])
        return lab

    def _start(self, choice: LabChoice) -> RunningLab:
        if is_inside():
            if choice != self.usual:
                hint = "a pytest of their own for tests with another lab, by -m and -o jsquared_deployment=…"
                raise BadInputError(
                    "pytest runs inside the lab of its ini options", where="--jsquared-inside", hint=hint
                )
            return Lab.attach()
        return open_lab(choice)

    @contextmanager
    def under_test(self, choice: LabChoice, test: str) -> Iterator[SentinelUnderTest]:
        """A lab for one test: clean at its beginning, and healed at its end."""
        if not choice.is_reached:
            fail("the servers of the namespaces sandbox are out of reach here. Try: pytest --jsquared-inside")
        with failing_in_one_line():
            lab = self.lab(choice)
            make_clean(lab)
            under_test = SentinelUnderTest(lab, choice.placed_in, self._runs, test)
        try:
            yield under_test
        finally:
            with failing_in_one_line():
                under_test.close()

    def close(self) -> None:
        """End the labs that were started here."""
        for lab in self._labs.values():
            if isinstance(lab, Lab):
                with contextlib.suppress(LabError):
                    lab.close()
        self._labs.clear()


def open_lab(choice: LabChoice) -> RunningLab:
    """Start a lab.

    :raises JSquaredError: it does not come up.
    """
    lab = Lab(choice.deployment, engine=choice.engine, sandbox=choice.placed_in, needs=choice.needs)
    lab.start()
    return lab


def make_clean(lab: RunningLab) -> None:
    """Let a test find a lab converged, without keys, faults and load.

    Where something was broken all servers are started anew: Sentinels alone take 10 s and more to be as before.

    :raises LabError: the deployment does not come up.
    """
    now = lab.status()
    untouched = now.converged and now.load.state == "none" and not (now.faults or now.is_concluded or now.trouble)
    if untouched:
        try:
            lab.reset(QUICK_S)
        except LabError:
            untouched = False
    if not untouched:
        lab.restart()

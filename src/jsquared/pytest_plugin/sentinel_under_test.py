"""The fixture ``sentinel``: what a test may ask of its deployment, and do to it."""

import contextlib
import time
from pathlib import Path
from types import TracebackType
from typing import Any

from jsquared.errors import BadInputError, JSquaredError, LabError
from jsquared.pytest_plugin.one_line import without_our_frames
from jsquared.pytest_plugin.redis_clients import RedisClients
from jsquared.pytest_plugin.saved_session import SavedSession, free_folder
from jsquared.records.lab_messages import LabFault, LabStatus, ParameterValue
from jsquared.service.lab.running_lab import InjectedFault, RunningLab, require_proof

USUAL_FAULTS = {
    "primary-crash": ("kill", "primary"),
    "primary-hang": ("pause", "primary"),
    "primary-isolated": ("cut", "primary"),
    "replica-crash": ("kill", "replica:1"),
    "replica-isolated": ("cut", "replica:1"),
    "sentinel-crash": ("kill", "sentinel:1"),
}
"""What the scenarios of these names break, each a fault and its target."""


class SentinelUnderTest:
    """A deployment with Sentinels for one test. Errors are those of ``jsquared.Lab``."""

    def __init__(self, lab: RunningLab, sandbox: str, runs: Path, test: str) -> None:
        """:param runs: the folder for records.
        :param test: the test's id.
        """
        self.lab = lab
        """The ``jsquared.Lab``, for everything else that it can do."""
        self.load = lab.load
        """Verified writers: ``start()``, ``stop()``, ``now()``."""
        self._sandbox = sandbox
        self._runs = runs
        self._test = test
        self._began_ns = time.monotonic_ns()
        self._saved: SavedSession | None = None
        now = lab.status()
        self.master_name: str = now.master
        """The name under which the Sentinels monitor the primary."""
        self.addresses: list[tuple[str, int]] = [_address(each) for each in now.sentinels]
        """Host and port of each Sentinel, as clients of this process reach them."""
        self._clients = RedisClients(lab, self.addresses, self.master_name)

    # -- look

    @without_our_frames
    def status(self) -> LabStatus:
        """How the deployment is now: its nodes with their roles, who is primary, faults, load."""
        return self.lab.status()

    @property
    def primary(self) -> str:
        """The node that a majority of the Sentinels names now; empty where none does."""
        return self.status().primary

    @without_our_frames
    def wait_primary(self, *, other_than: str = "", within_s: float = 30.0) -> str:
        """Wait until a majority of the Sentinels names a primary, other than a given one, and return it."""
        return self.lab.wait_primary(other_than=other_than, within_s=within_s)

    @without_our_frames
    def wait_converged(self, within_s: float = 30.0) -> None:
        """Wait until all Sentinels agree on one primary, and every replica follows it."""
        self.lab.wait_converged(within_s)

    # -- break and heal

    @without_our_frames
    def break_(
        self, fault: str, *targets: str, heal_after_s: float = 0.0, **parameters: ParameterValue
    ) -> InjectedFault:
        """Break something, and prove that it is broken; it is healed at the end of the test at the latest.

        :param fault: one of ``jsquared faults``, or without targets one of :data:`USUAL_FAULTS`, such as ``primary-crash``.
        """
        if fault in USUAL_FAULTS and not targets:
            fault, *targets_of_it = USUAL_FAULTS[fault]
            targets = tuple(targets_of_it)
        try:
            return self.lab.break_(fault, *targets, heal_after_s=heal_after_s, **parameters)
        except (BadInputError, LabError) as problem:
            if self._sandbox == "loopback" and "namespaces" in problem.hint:
                problem.hint = "pytest --jsquared-inside"
            raise

    def fault(self, fault: str, *targets: str, **parameters: ParameterValue) -> "FaultBlock":
        """Within a ``with`` block something is broken, as by :meth:`break_`; it is healed at its end, however that comes."""
        return FaultBlock(self, fault, targets, parameters)

    @without_our_frames
    def heal(self, fault: str = "") -> tuple[LabFault, ...]:
        """Heal a fault by its id; without one, all of them."""
        return self.lab.heal(fault)

    # -- clients

    @without_our_frames
    def redis(self, **options: Any) -> Any:
        """A client of redis-py that finds the primary through the Sentinels, logged in; it is closed at the end of the test.

        :param options: of ``redis.Redis``, such as ``decode_responses=True`` or ``retry=…``.
        """
        return self._clients.blocking(options)

    @without_our_frames
    def async_redis(self, **options: Any) -> Any:
        """The same as :meth:`redis` for asyncio; closing it is up to the test: ``async with sentinel.async_redis() as client``."""
        return self._clients.asynchronous(options)

    # -- judge

    @without_our_frames
    def save(self) -> SavedSession:
        """Heal, settle, read every write of the load back, and write the records of this test; nothing more is recorded then."""
        if self._saved is None:
            folder = free_folder(self._runs, self._test)
            self._saved = SavedSession(folder, self.lab.save(folder), self._began_ns)
        return self._saved

    def assert_no_lost_writes(self) -> None:
        """Fail unless every write that the load had acknowledged is still there, on what is then the primary.

        It asks for a load (``sentinel.load.start()``), and ends the records of the test; see :meth:`save`.
        """
        __tracebackhide__ = True
        if self.status().load.state == "none" and self._saved is None:
            message = "no load has run, so no write can be judged. Try: sentinel.load.start() before the fault"
            raise AssertionError(message)
        if problem := self.save().loss():
            raise AssertionError(problem)

    def story(self) -> str:
        """What was broken in this test, what the Sentinels said, and where the records are."""
        try:
            return self.save().story()
        except JSquaredError as problem:
            return f"the records could not be saved: {problem}"

    def close(self) -> None:
        """Close the clients, and heal what is broken.

        :raises FaultDidNotBiteError: a fault that is proven when it heals did not bite.
        :raises LabError: one does not heal.
        """
        self._clients.close()
        if self._saved is None and self.lab.is_up():
            for fault in self.lab.heal():
                require_proof(fault)


class FaultBlock:
    """A fault that is there within a ``with`` block."""

    def __init__(
        self, sentinel: SentinelUnderTest, fault: str, targets: tuple[str, ...], parameters: dict[str, ParameterValue]
    ) -> None:
        self._sentinel = sentinel
        self._fault = fault
        self._targets = targets
        self._parameters: dict[str, Any] = parameters
        self._injected: InjectedFault | None = None

    def __enter__(self) -> InjectedFault:
        __tracebackhide__ = True
        self._injected = self._sentinel.break_(self._fault, *self._targets, **self._parameters)
        return self._injected

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        __tracebackhide__ = True
        assert self._injected is not None
        # What went wrong in the block is what matters.
        with contextlib.suppress(JSquaredError) if problem is not None else contextlib.nullcontext():
            without_our_frames(self._injected.heal)()


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    return host, int(port)

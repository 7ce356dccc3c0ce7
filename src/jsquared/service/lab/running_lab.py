"""A lab that is up, for whoever may reach its socket: what can be asked of it, and done to it."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from jsquared.errors import BadInputError, FaultDidNotBiteError, LabError
from jsquared.records.lab_messages import (
    AskForAccess,
    AskForCli,
    AskForFaults,
    AskForLoad,
    AskForLog,
    AskForNews,
    AskForPlan,
    AskForProgram,
    AskForRate,
    AskStatus,
    AskToBeginAgain,
    AskToBreak,
    AskToConclude,
    AskToEnd,
    AskToHeal,
    AskToReset,
    AskToStopLoad,
    AskToWait,
    LabAccess,
    LabFault,
    LabFaultKind,
    LabLoad,
    LabNews,
    LabStatus,
    ParameterValue,
    Question,
)
from jsquared.records.plan import Plan
from jsquared.records.private_files import make_private_folder
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.verdict import TrialVerdict
from jsquared.service.lab.lab_client import Connect, answer_on, ask, conversation
from jsquared.service.lab.lab_order import check_rates

Result = TypeVar("Result")
CLIS = ("redis-cli", "valkey-cli")
STATUS_LIMIT_S = 30.0
END_POLL_S = 0.02


class InjectedFault:
    """A fault that is active in a lab, until :meth:`heal`. What was measured of it is in ``told``."""

    def __init__(self, lab: "RunningLab", told: LabFault) -> None:
        self._lab = lab
        self.told = told

    def __repr__(self) -> str:
        return f"<fault {self.id} on {', '.join(self.targets) or 'the deployment'}>"

    @property
    def id(self) -> str:
        """Its name in this lab: that of its kind, with a number behind where there were others."""
        return self.told.id

    @property
    def targets(self) -> tuple[str, ...]:
        """The nodes or hosts that it was injected at."""
        return self.told.targets

    @property
    def evidence(self) -> str:
        """The measurement that proves that it bit; empty for a fault that is proven when it heals."""
        return self.told.evidence

    def heal(self) -> None:
        """Undo it, and prove that; nothing where it was healed already.

        :raises FaultDidNotBiteError: it is a fault that is proven at its end, and it did not bite.
        :raises LabError: it cannot be undone.
        """
        for healed in self._lab.heal(self.id):
            self.told = healed
            require_proof(healed)


class LoadControl:
    """The verified writers of a lab: clients that find the primary through the Sentinels, and record every write."""

    def __init__(self, lab: "RunningLab") -> None:
        self._lab = lab

    def start(self, *, rate_per_s: int | None = None, operations_per_s: int | None = None) -> None:
        """Let all clients begin to write; returns when they do.

        :param rate_per_s: unique writes of each client; None: what the lab was started with.
        :param operations_per_s: operations of applications (INCR, LPUSH, MULTI …) of each client, likewise.
        :raises BadInputError: a rate is impossible, or the load has begun before: a session has one.
        :raises LabError: a client does not find the primary within 20 s.
        """
        check_rates(rate_per_s, operations_per_s)
        self._lab.ask(AskForLoad(rate_per_s=rate_per_s, operations_per_s=operations_per_s), type(None))

    def change_rate(self, rate_per_s: int) -> None:
        """Let each client begin so many writes a second from now on.

        :raises BadInputError: no load is running, or no client can have that rate.
        """
        check_rates(rate_per_s, None)
        self._lab.ask(AskForRate(rate_per_s=rate_per_s), type(None))

    def stop(self) -> None:
        """Let the clients finish what is in flight, and end.

        :raises BadInputError: the load never began.
        """
        self._lab.ask(AskToStopLoad(), type(None))

    def now(self) -> LabLoad:
        """What the clients have done until now."""
        return self._lab.status().load


class RunningLab:
    """A lab that is up. Every method raises ``LabError`` where it has ended meanwhile, and what the lab refuses as its own errors."""

    def __init__(self, connect: Connect) -> None:
        """:param connect: connects to the lab's socket."""
        self._connect = connect
        self.load = LoadControl(self)
        """The load: ``lab.load.start()``, ``lab.load.stop()``, ``lab.load.now()``."""

    def ask(self, question: Question, kind: type[Result], limit_s: float | None = None) -> Result:
        """Ask the lab a question of its protocol."""
        return ask(self._connect, question, kind, limit_s=limit_s)

    # -- break and heal

    def break_(
        self, fault: str, *targets: str, heal_after_s: float = 0.0, **parameters: ParameterValue
    ) -> InjectedFault:
        """Break something, and prove that it is broken.

        :param fault: its name, as ``jsquared faults`` lists them.
        :param targets: whom it hits: ``primary``, ``replica:1``, ``sentinels``, ``client:1``, ``host:NAME``, a node's name.
        :param heal_after_s: it heals by itself after so long, whatever becomes of this program; 0: it stays.
        :param parameters: of the fault, by name.
        :raises BadInputError: there is no such fault, target or parameter, or the fault cannot do that here.
        :raises FaultDidNotBiteError: it could not be proven; it was healed again.
        """
        question = AskToBreak(
            fault=fault, targets=targets, parameters=parameters, heal_after_ms=max(0, round(heal_after_s * 1000))
        )
        return InjectedFault(self, self.ask(question, LabFault))

    @contextmanager
    def fault(self, fault: str, *targets: str, **parameters: ParameterValue) -> Iterator[InjectedFault]:
        """Within the block something is broken; see :meth:`break_`. It is healed at the end, however that comes.

        :raises FaultDidNotBiteError: it did not bite, even if that is only known at its end.
        """
        injected = self.break_(fault, *targets, heal_after_s=0.0, **parameters)
        try:
            yield injected
        except BaseException:
            with contextlib.suppress(LabError, FaultDidNotBiteError):  # what went wrong in the block is what matters
                injected.heal()
            raise
        injected.heal()

    def heal(self, fault: str = "") -> tuple[LabFault, ...]:
        """Heal a fault by its id; without one, all that are active. Those that were healed, each with its proofs."""
        return self.ask(AskToHeal(id=fault), tuple[LabFault, ...])

    # -- begin anew

    def reset(self, within_s: float = 30.0) -> None:
        """Make it as it was at its start, with all servers up as they are: heal all faults, delete every key, wait for convergence.

        Another node may be the primary than at the start, and what was recorded stays recorded.

        :raises BadInputError: a load has run, or the records were saved; :meth:`restart` does it then.
        :raises LabError: a fault does not heal, or it takes longer.
        """
        self.ask(AskToReset(limit_ms=max(0, round(within_s * 1000))), type(None))

    def restart(self) -> None:
        """Begin a new session in the same lab, with records of its own: every server is started anew, at its own address and empty.

        Programs that run in the lab run on. What was not saved is gone.

        :raises LabError: the deployment does not come up.
        """
        self.ask(AskToBeginAgain(), type(None))

    # -- look

    def status(self) -> LabStatus:
        """How the lab is now: its nodes with their roles, who is primary by the Sentinels' majority, lag, faults, load."""
        return self.ask(AskStatus(), LabStatus, STATUS_LIMIT_S)

    def fault_kinds(self) -> tuple[LabFaultKind, ...]:
        """Every fault of the catalogue: whom it can hit here, its parameters, and why this lab cannot have it where it cannot."""
        return self.ask(AskForFaults(), tuple[LabFaultKind, ...], STATUS_LIMIT_S)

    def plan(self) -> Plan:
        """The plan of the session, with marks for secrets."""
        return self.ask(AskForPlan(), Plan, STATUS_LIMIT_S)

    def news(self, since: LabNews | None = None, within_s: float = 0.0) -> LabNews:
        """The events that have come since an earlier answer, as soon as there is one; none of them after so many seconds (at most 10).

        :param since: the earlier answer; None: all events. Where a new session has begun meanwhile, it is all of that one's.
        """
        known = {} if since is None else {"session": since.session, "since": since.next}
        question = AskForNews(wait_ms=max(0, round(within_s * 1000)), **known)
        return self.ask(question, LabNews, within_s + STATUS_LIMIT_S)

    def access(self) -> LabAccess:
        """How clients log in at the deployment's servers and Sentinels."""
        return self.ask(AskForAccess(), LabAccess, STATUS_LIMIT_S)

    def wait_converged(self, within_s: float = 30.0) -> None:
        """Wait until one primary is agreed on by all Sentinels and every replica follows it.

        :raises LabError: that takes longer.
        """
        self.ask(AskToWait(limit_ms=max(0, round(within_s * 1000))), type(None))

    def wait_primary(self, *, other_than: str = "", within_s: float = 30.0) -> str:
        """Wait until a majority of the Sentinels names a primary, and return it.

        :param other_than: a node that does not count.
        :raises LabError: that takes longer.
        """
        deadline_s = time.monotonic() + within_s
        while (primary := self.status().primary) in ("", other_than):
            if time.monotonic() > deadline_s:
                raise LabError(f"no other primary was agreed on within {within_s:g} s", where="the lab")
            time.sleep(END_POLL_S)
        return primary

    def logs(self, name: str) -> str:
        """The end (256 KiB) of what a server or client has logged, with marks for secrets."""
        return self.ask(AskForLog(name=name), str, STATUS_LIMIT_S)

    # -- programs

    def exec(
        self,
        command: Sequence[str],
        *,
        host: str = "client-1",
        stdin: str = "",
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
        limit_s: float | None = None,
        reaches_lab: bool = False,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a program of yours as a host of the lab, and wait for its end.

        It has that host's network, so every partition concerns it, and your own files. ``JSQUARED_SENTINELS`` tells it where the Sentinels
        are (``address:port,…``), ``JSQUARED_MASTER`` by which name they monitor the primary.

        :param host: a host, or the name of a client or server that lives there.
        :param environment: its variables; None: those of this program.
        :param folder: where it runs; None: the working folder of this program.
        :param reaches_lab: it may break and heal too: ``jsquared.Lab.attach()`` in it reaches this lab.
        :raises BadInputError: there is no such program or host.
        :raises LabError: it takes longer than ``limit_s``, and was ended.
        """
        given = dict(os.environ) if environment is None else dict(environment)
        question = AskForProgram(
            host=host,
            argv=tuple(command),
            folder=str(folder or Path.cwd()),
            environment=given,
            reaches_lab=reaches_lab,
        )
        files = [os.memfd_create(name) for name in ("stdin", "stdout", "stderr")]
        try:
            os.pwrite(files[0], stdin.encode(), 0)
            with self.program(question, files) as connection:
                connection.settimeout(limit_s)
                code = answer_on(connection, int)
            out, err = (_all_of(number) for number in files[1:])
        finally:
            for number in files:
                os.close(number)
        return subprocess.CompletedProcess(list(command), code, out, err)

    def program(
        self, question: AskForProgram | AskForCli, streams: Sequence[int]
    ) -> "contextlib.AbstractContextManager[socket.socket]":
        """Start a program with these descriptors as its stdin, stdout and stderr; it ends with the block at the latest.

        Its exit code is the answer on the connection.
        """
        return conversation(self._connect, question, streams)

    # -- the end

    def save(self, path: str | Path) -> TrialVerdict:
        """Write the session as a run folder, judged, with a report; ``jsquared check`` and ``report`` read it too.

        What is broken is healed, the load ends, and everything is read back. The servers stay up, but nothing more is recorded.

        :param path: a folder that does not exist yet.
        :raises BadInputError: there is something of that name already.
        :raises RecordError: it cannot be written.
        """
        target = Path(path).absolute()
        if os.path.lexists(target):
            raise BadInputError("there is something of that name already", where=str(target), hint="a new name")
        with explain_write_errors(target):
            make_private_folder(target)
        try:
            folder = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                ask(self._connect, AskToConclude(), type(None), [folder])
            finally:
                os.close(folder)
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        from jsquared.trial.one_trial import conclude  # noqa: PLC0415 -- loads what judges, which is a lot

        return conclude(RunDirectory(target))

    def end(self, within_s: float = 30.0) -> None:
        """End the lab and everything in it, and wait until it is gone; nothing where it has ended.

        :raises LabError: it takes longer.
        """
        with contextlib.suppress(LabError):
            self.ask(AskToEnd(), type(None), within_s)
        deadline_s = time.monotonic() + within_s
        while self.is_up():
            if time.monotonic() > deadline_s:
                raise LabError(f"has not ended within {within_s:g} s", where="the lab")
            time.sleep(END_POLL_S)

    def is_up(self) -> bool:
        """True if its socket still takes connections."""
        try:
            self._connect().close()
        except OSError:
            return False
        return True


def require_proof(fault: LabFault) -> None:
    """Refuse a fault that has ended and was not proven.

    :raises FaultDidNotBiteError: it did not bite.
    :raises LabError: it did not heal.
    """
    if not fault.bit:
        raise FaultDidNotBiteError(f"did not bite: {fault.evidence}", where=f"fault '{fault.id}'")
    if not fault.healed:
        raise LabError(f"did not heal: {fault.heal_evidence}", where=f"fault '{fault.id}'")


def _all_of(number: int) -> str:
    """The whole of a file in memory; what is not UTF-8 is replaced."""
    return os.pread(number, os.fstat(number).st_size, 0).decode(errors="replace")

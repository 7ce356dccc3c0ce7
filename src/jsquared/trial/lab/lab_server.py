"""A lab's door: takes questions over a listening socket and answers them, each connection in a thread of its own.

What changes something is done one after the other, by the thread that serves: processes of some sandboxes end with the thread that
started them. What is only asked is answered beside that, so a status comes while the records are being saved.
"""

import contextlib
import os
import queue
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path, PurePath
from typing import Any, Protocol, runtime_checkable

import msgspec

from jsquared.errors import EXIT_LAB_FAILED, BadInputError, JSquaredError, LabError, SandboxError, refusal_of
from jsquared.records import lab_messages as messages
from jsquared.records import lab_variables
from jsquared.sandbox.process import Process
from jsquared.text import one_line
from jsquared.trial.lab.cli_words import cli_words
from jsquared.trial.lab.copy_records import copy_records
from jsquared.trial.lab.inner_door import InnerDoor
from jsquared.trial.lab.session import Session
from jsquared.trial.lab.wire import LONGEST_QUESTION_BYTES, QUESTION_LIMIT_S, Line, is_same_user, send

ANSWER_LIMIT_S = 10.0
POLL_S = 0.02
MOST_CONNECTIONS = 64
STREAMS = 3
_QUESTION = msgspec.json.Decoder(messages.AnyQuestion)
_SIGNAL = msgspec.json.Decoder(messages.Signal)


@runtime_checkable
class RunsPrograms(Protocol):
    """A sandbox that starts the user's own programs on its hosts."""

    def directory(self, host: str) -> PurePath:
        """The private folder of a host."""
        ...

    def start_program(
        self,
        host: str,
        argv: Sequence[str],
        *,
        cwd: Path,
        environment: Mapping[str, str],
        streams: tuple[int, int, int],
        sees: Sequence[str] = (),
    ) -> Process:
        """Start one; see :meth:`jsquared.sandbox.namespaces.NamespacesSandbox.start_program`."""
        ...


class LabServer:
    """Serves one session until it is asked to end."""

    def __init__(
        self, session: Session, listener: socket.socket, *, begin_again: "Callable[[], Session] | None" = None
    ) -> None:
        """:param begin_again: makes the next session, once this one was closed; it is not stood up yet."""
        self._session = session
        self._listener = listener
        self._begin_again = begin_again
        self._inner_door = InnerDoor(self._accept)
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._room = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._asked_to_end: list[socket.socket] = []

    def serve(self) -> None:
        """Answer until somebody asks it to end, or this thread is interrupted."""
        threading.Thread(target=self._accept, args=(self._listener,), name="door", daemon=True).start()
        while (work := self._work.get()) is not None:
            work()

    def close(self) -> None:
        """End the session that it serves now."""
        self._inner_door.close()
        self._session.close()

    def farewell(self) -> None:
        """Tell whoever asked for the end that it has come."""
        for connection in self._asked_to_end:
            with contextlib.suppress(OSError), connection:
                _answer(connection, None)

    # -- connections

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # it was closed
                return
            self._room.acquire()
            threading.Thread(target=self._converse, args=(connection,), name="conversation", daemon=True).start()

    def _converse(self, connection: socket.socket) -> None:
        line = Line(connection, LONGEST_QUESTION_BYTES)
        stays_open = False
        try:
            if is_same_user(connection):
                connection.settimeout(QUESTION_LIMIT_S)
                stays_open = self._reply(connection, line)
        except OSError:
            return  # whoever asked has gone
        finally:
            self._room.release()
            line.close_descriptors()
            if not stays_open:
                connection.close()

    def _reply(self, connection: socket.socket, line: Line) -> bool:
        """Answer the question of a connection; True where the answer comes when the lab ends."""
        try:
            said = line.next()
            if not said:
                return False
            question = _QUESTION.decode(said)
            if isinstance(question, messages.AskToEnd):
                self._asked_to_end.append(connection)
                self._work.put(None)
                return True
            result = self._result(question, connection, line)
        except msgspec.DecodeError as problem:
            why = f"is not a question that a lab understands ({problem})"
            self._refuse(connection, BadInputError(why, where="the lab's socket", hint="the same version of jsquared"))
        except UnicodeError as problem:
            self._refuse(connection, BadInputError(f"is not text ({problem})", where="the lab's socket"))
        except JSquaredError as problem:
            self._refuse(connection, problem)
        except OSError:
            raise
        except Exception as problem:  # noqa: BLE001 -- whoever asked is told, whatever it is
            what = f"the lab itself failed: {type(problem).__name__}: {problem}"
            self._refuse(connection, refusal_of(problem) or LabError(what))
        else:
            connection.settimeout(ANSWER_LIMIT_S)
            _answer(connection, result)
        return False

    def _refuse(self, connection: socket.socket, problem: JSquaredError) -> None:
        mask = self._session.mask
        words = (one_line(mask(text))[:2000] for text in (problem.what, problem.where, problem.hint))
        what, where, hint = words
        code = problem.exit_code if problem.exit_code in (1, 2, 3, 4, 130) else EXIT_LAB_FAILED
        refusal = messages.Refusal(what=what, where=where, hint=hint, exit_code=code)
        connection.settimeout(ANSWER_LIMIT_S)
        send(connection, msgspec.json.encode(messages.Answer(refusal=refusal)))

    # -- questions

    def _result(self, question: messages.AnyQuestion, connection: socket.socket, line: Line) -> Any:
        session = self._session
        if isinstance(question, messages.AskForProgram | messages.AskForCli):
            return self._run_program(question, connection, line)
        if isinstance(question, messages.AskToConclude):
            return self._conclude(line)
        if isinstance(question, messages.AskToBreak):
            return self._break(question)
        if (changed := self._change(question)) is not None:
            return self._in_turn(changed)
        return self._told(question, session)

    def _told(self, question: messages.AnyQuestion, session: Session) -> Any:  # noqa: PLR0911 -- one for each kind
        """What a question only wants to know."""
        match question:
            case messages.AskForLog():
                return session.log_of(question.name)
            case messages.AskToWait():
                return session.wait_until_converged(question.limit_ms / 1000)
            case messages.AskForAccess():
                return session.access()
            case messages.AskForFaults():
                return session.faults()
            case messages.AskForPlan():
                return session.shown_plan()
            case messages.AskForNews():
                since = question.since if question.session == session.number else 0
                return session.news(since, question.wait_ms / 1000)
        return session.status()

    def _change(self, question: messages.AnyQuestion) -> Callable[[], Any] | None:  # noqa: PLR0911 -- as above
        """What a question asks to be changed; None where it only wants to know something."""
        session = self._session
        match question:
            case messages.AskToHeal():
                return lambda: session.heal(question.id)
            case messages.AskToReset():
                return lambda: session.reset(question.limit_ms / 1000)
            case messages.AskToBeginAgain():
                return self._replace_session
            case messages.AskForLoad():
                return lambda: session.start_load(question.rate_per_s, question.operations_per_s)
            case messages.AskToStopLoad():
                return session.stop_load
            case messages.AskForRate():
                return lambda: session.change_rate(question.rate_per_s)
        return None

    def _in_turn(self, work: Callable[[], Any]) -> Any:
        """Have something done by the thread that serves, after all that was asked before."""
        done: Future[Any] = Future()

        def do() -> None:
            try:
                done.set_result(work())
            except Exception as problem:  # noqa: BLE001 -- it is whoever asked who hears of it
                done.set_exception(problem)

        self._work.put(do)
        return done.result()

    def _break(self, question: messages.AskToBreak) -> messages.LabFault:
        if question.heal_after_ms < 0:
            raise BadInputError(f"{question.heal_after_ms} ms is negative", where="lab break --for", hint="10s")
        told: messages.LabFault = self._in_turn(
            lambda: self._session.break_(question.fault, question.targets, question.parameters)
        )
        if question.heal_after_ms:
            timer = threading.Timer(question.heal_after_ms / 1000, self._heal_by_itself, (told.id,))
            timer.daemon = True
            timer.start()
        return told

    def _heal_by_itself(self, fault: str) -> None:
        with contextlib.suppress(JSquaredError):  # what came of it is in the records
            self._in_turn(lambda: self._session.heal(fault))

    def _replace_session(self) -> None:
        if self._begin_again is None:
            raise BadInputError("cannot begin again", where="this lab", hint="jsquared lab up")
        self._session.close()
        self._session = self._begin_again()
        self._session.stand_up()

    def _conclude(self, line: Line) -> None:
        if len(line.descriptors) != 1 or not os.path.isdir(f"/proc/self/fd/{line.descriptors[0]}"):  # noqa: PTH112
            raise BadInputError("no folder came with it", where="lab save", hint="jsquared lab save")
        self._in_turn(self._session.conclude)
        copy_records(self._session.folder, line.descriptors[0])

    # -- programs

    def _run_program(
        self, question: messages.AskForProgram | messages.AskForCli, connection: socket.socket, line: Line
    ) -> int:
        """Run a program to its end; its exit code, 128 + N where signal N has ended it."""
        if len(line.descriptors) != STREAMS:
            raise BadInputError("its stdin, stdout and stderr did not come with it", where="lab exec")
        stdin, stdout, stderr = line.descriptors
        if isinstance(question, messages.AskForCli):
            host, argv, variables, sees = cli_words(self._session.deployment, question.node, question.program)
            argv = (*argv, *question.words)
        else:
            host, argv, variables, sees = question.host, question.argv, {}, ()
        if not argv:
            raise BadInputError("no program is named", where="lab exec", hint="jsquared lab exec -- COMMAND")
        host = self._session.host_of(host)
        sandbox = self._session.deployment.sandbox
        if not isinstance(sandbox, RunsPrograms):
            raise BadInputError(f"the {sandbox.name} sandbox runs no programs of yours", where="lab exec")
        if isinstance(question, messages.AskForProgram) and question.reaches_lab:
            door = self._inner_door.open(Path(sandbox.directory(host)))
            variables, sees = {lab_variables.LAB: str(door)}, (str(door.parent),)
        start = sandbox.start_program
        environment = {**question.environment, **self._where_it_is(host), **variables}
        folder = Path(question.folder)
        try:
            process = self._in_turn(
                lambda: start(
                    host, argv, cwd=folder, environment=environment, streams=(stdin, stdout, stderr), sees=sees
                )
            )
        except SandboxError as problem:
            hint = "a program of this machine, by its path or on PATH"
            raise BadInputError(problem.what, where=problem.where or argv[0], hint=problem.hint or hint) from problem
        line.close_descriptors()  # the program has them
        return _ended(process, connection, line)

    def _where_it_is(self, host: str) -> dict[str, str]:
        """What every program finds in its environment."""
        return {
            lab_variables.HOST: host,
            lab_variables.MASTER: self._session.plan.master_name,
            lab_variables.SENTINELS: ",".join(self._session.sentinel_addresses()),
        }


def _answer(connection: socket.socket, result: Any) -> None:
    send(connection, msgspec.json.encode(messages.Answer(result=msgspec.Raw(msgspec.json.encode(result)))))


def _ended(process: Process, connection: socket.socket, line: Line) -> int:
    """Wait for a program, and pass signals on; where whoever asked for it goes away, it is killed with all that it has started."""
    connection.settimeout(POLL_S)
    while (code := process.poll()) is None:
        try:
            said = line.next()
            if not said:
                _signal_group(process, signal.SIGKILL)
                time.sleep(POLL_S)
                continue
            _signal_group(process, signal.Signals(_SIGNAL.decode(said).signal))
        except TimeoutError:
            continue
        except (ValueError, OSError, JSquaredError):  # no signal, or nobody is there any more
            _signal_group(process, signal.SIGKILL)
            time.sleep(POLL_S)
    _signal_group(process, signal.SIGKILL)  # what it has left in the background
    return code if code >= 0 else 128 - code


def _signal_group(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)

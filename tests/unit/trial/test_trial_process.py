"""The process of a trial: every ending is an exit code, and a failure is one line for the campaign."""

import io
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jsquared.errors import BadInputError, LabError, SandboxError
from jsquared.testing.fake_sandbox import FakeSandbox
from jsquared.trial import one_trial
from jsquared.trial import process as module
from support.orders import order_of
from support.sample_run import write_sample_run


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeSandbox:
    """The sandbox that the trial opens; how it was opened is in ``opened``."""
    fake = FakeSandbox(tmp_path / "hosts")

    def open_fake(name: str, **options: Any) -> FakeSandbox:
        opened.update(options, name=name)
        return fake

    opened.clear()
    monkeypatch.setattr(module, "open_sandbox", open_fake)
    return fake


opened: dict[str, Any] = {}


@pytest.fixture
def folder(tmp_path: Path, sandbox: FakeSandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run folder, whose order is on stdin."""
    run = write_sample_run(tmp_path / "run")
    order = order_of(msgspec.structs.replace(run.read_plan(), secrets=("geheim42",)))
    order = replace(order, repeats=("attempt 1 was disturbed",))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(order.encoded())))
    return run.path


@pytest.mark.parametrize(("sample", "code"), [("crash", 0), ("split-brain", 1), ("did-not-bite", 3)])
def test_the_outcome_is_the_exit_code(
    folder: Path, sandbox: FakeSandbox, monkeypatch: pytest.MonkeyPatch, sample: str, code: int
) -> None:
    """0, 1 and 3 are pass, violated and inconclusive; the sandbox has all hosts and is closed."""
    monkeypatch.setattr(
        one_trial, "run_trial", lambda *_: write_sample_run(folder.parent / sample, sample).read_verdict()
    )
    assert module.main(folder) == code
    assert sandbox.entered == ("n1", "n2", "n3", "c1", "c2")
    assert sandbox.closed


def test_a_trial_is_told_of_earlier_attempts(
    folder: Path,
    sandbox: FakeSandbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its own records, verdict and report have why they do not count."""
    told: list[object] = []

    def run(*words: object) -> object:
        told.append(words[-1])
        return write_sample_run(folder.parent / "x").read_verdict()

    monkeypatch.setattr(one_trial, "run_trial", run)
    module.main(folder)
    assert told == [("attempt 1 was disturbed",)]


def test_the_sandbox_sees_the_run_folder_and_ends_with_the_parent(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative folder becomes absolute, since nodes live elsewhere; the process that started the trial is its parent."""
    monkeypatch.setattr(one_trial, "run_trial", lambda *_: write_sample_run(folder.parent / "x").read_verdict())
    monkeypatch.setenv("JSQUARED_PARENT", "4711")
    monkeypatch.chdir(folder.parent)
    assert module.main(Path("run")) == 0
    assert (opened["name"], opened["parent"], opened["out"]) == ("namespaces", 4711, folder.parent)
    assert opened["keep"][0] == folder


@pytest.mark.parametrize(
    ("problem", "code", "line"),
    [
        (LabError("ended with geheim42", where="redis-n1"), 4, "error: redis-n1: ended with <secret-1>"),
        (BadInputError("no such target"), 2, "error: no such target"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
        (ValueError("a mistake"), 4, "error: the lab itself failed: ValueError: a mistake"),
    ],
)
def test_a_failure_is_one_line_for_the_campaign(
    folder: Path,
    sandbox: FakeSandbox,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    problem: BaseException,
    code: int,
    line: str,
) -> None:
    """The last line says what went wrong; only a mistake of ours has its traceback before it, in the log of the lab."""

    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(one_trial, "run_trial", fail)
    assert module.main(folder) == code
    lines = capfd.readouterr().err.splitlines()
    assert lines[-1] == line
    assert ("Traceback" in lines[0]) is isinstance(problem, ValueError)
    assert sandbox.closed


def test_without_a_plan_on_stdin_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whoever tries the process of a trial by hand is told."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
    assert module.main(tmp_path) == 4
    assert capfd.readouterr().err == "error: the trial's process: no plan on stdin. Try: jsquared run\n"


def test_a_refused_sandbox_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A sandbox that cannot be made is the lab's failure, with the setting that forbids it."""

    def refuse(*_: object, **__: object) -> None:
        raise SandboxError("refused", hint="sysctl kernel.unprivileged_userns_clone=1")

    monkeypatch.setattr(module, "open_sandbox", refuse)
    assert module.main(folder) == 4
    assert capfd.readouterr().err == "error: refused. Try: sysctl kernel.unprivileged_userns_clone=1\n"


def test_an_interruption_while_a_class_is_made_is_one() -> None:
    """Python wraps what comes out of ``__set_name__`` in a RuntimeError before version 3.12."""

    def made(error: BaseException) -> BaseException:
        try:
            raise RuntimeError("Error calling __set_name__") from error
        except RuntimeError as problem:
            return problem

    assert module.came_of_interruption(KeyboardInterrupt())
    assert module.came_of_interruption(made(KeyboardInterrupt()))
    assert not module.came_of_interruption(made(ValueError()))

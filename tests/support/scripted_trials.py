"""Trials that are a program of the test's own, in the place of those that a zygote forks."""

import subprocess
from pathlib import Path
from typing import Self


class ScriptedTrials:
    """Starts one program for every trial, with the run folder as its last argument.

    It offers what :class:`jsquared.campaign.executors.zygote.Zygote` does.

    ``monkeypatch.setattr(local, "Zygote", ScriptedTrials(program))`` has a local executor use it.
    """

    def __init__(self, *command: str) -> None:
        self._command = command

    def __call__(self) -> Self:
        """What making a zygote gives: this."""
        return self

    def prepare(self) -> None:
        """Nothing to load."""

    def close(self) -> None:
        """Nothing to let go of: whoever was started ends by itself or is ended by the executor."""

    def spawn(self, folder: Path, stdin: int, log: int) -> "subprocess.Popen[bytes]":
        """Start the program."""
        return subprocess.Popen(
            [*self._command, str(folder)], stdin=stdin, stdout=log, stderr=log, start_new_session=True
        )

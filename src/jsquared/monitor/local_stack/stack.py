"""Exporter, Prometheus, Alertmanager and the page of panels, started, kept running and ended together.

They listen on 127.0.0.1 alone. Where data nodes and Sentinels have different users there are two exporters, since one of version 1.45
knows one user. Everything is in one folder: configurations, rules, logs, and the data of Prometheus and Alertmanager. Passwords are in
memory alone.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from jsquared.errors import LabError
from jsquared.monitor.live_page.server import PageServer
from jsquared.monitor.local_stack.exporter_login import (
    ExporterTls,
    PasswordFile,
    exporter_arguments,
    exporter_passwords,
    user_of,
)
from jsquared.monitor.local_stack.kept_program import KeptProgram, Part
from jsquared.monitor.loopback_http import HOST
from jsquared.monitor.own_process import free_port
from jsquared.monitor.profile import Profile
from jsquared.monitor.prometheus_file import Places, prometheus_file
from jsquared.monitor.rules import rule_file
from jsquared.monitor.stack_parts import alertmanager_arguments, prometheus_arguments
from jsquared.programs.find import Program
from jsquared.records.private_files import write_private
from jsquared.records.run_directory import explain_write_errors
from jsquared.running.discovered import Discovered

READY_LIMIT_S = 30.0
ASK_EVERY_S = 0.05
TARGETS = "targets.json"


@dataclass(frozen=True, kw_only=True)
class StackPlan:
    """The programs, and what they are told. Logins are ``()``, ``(password,)`` or ``(user, password)``."""

    exporter: Program
    prometheus: Program
    alertmanager: Program
    profile: Profile
    routing: str
    """Alertmanager's configuration, YAML."""
    data_login: tuple[str, ...] = ()
    sentinel_login: tuple[str, ...] = ()
    tls: ExporterTls | None = None
    """None where servers do not speak TLS."""


class Addresses(msgspec.Struct, frozen=True, kw_only=True):
    """URLs of everything that listens, and the folder with all files."""

    page: str
    prometheus: str
    alertmanager: str
    exporter: str
    folder: str


class LocalStack:
    """Runs from :meth:`start` to the end of its block, all in the thread that has called it.

    :param folder: an empty one, for this user alone; ``targets.json`` in it is the targets', and others write it.
    """

    def __init__(self, plan: StackPlan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._parts: list[KeptProgram] = []
        self._exporters: list[KeptProgram] = []
        self._page: PageServer | None = None
        self._passwords = ""
        self._password_file = PasswordFile()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the page, then Prometheus before what it talks to, and forget the passwords."""
        if self._page is not None:
            self._page.close()
        for part in reversed(self._parts):
            part.stop()
        self._password_file.close()

    def start(self, found: Discovered, pause: Callable[[float], bool]) -> Addresses | None:
        """Start everything and wait until it answers; None where the user has asked to stop meanwhile.

        :param pause: waits so many seconds; False where the user has asked to stop.
        :raises LabError: one of the programs does not start.
        """
        with explain_write_errors(self._folder):
            self._passwords = self._write_passwords(found)
            alertmanager = self._alertmanager()
            exporters = list(self._exporter_parts())
            prometheus = self._prometheus(exporters, alertmanager)
        for part in (alertmanager, *exporters, prometheus):
            self._parts.append(KeptProgram(part, self._folder))
            self._parts[-1].start()
        self._exporters = self._parts[1:-1]
        if not self._wait(pause):
            return None
        self._page = PageServer(prometheus.port, self._plan.profile)
        return Addresses(
            page=self._page.url,
            prometheus=f"http://{prometheus.address}/",
            alertmanager=f"http://{alertmanager.address}/",
            exporter=f"http://{exporters[0].address}/",
            folder=str(self._folder),
        )

    def take(self, found: Discovered) -> None:
        """Take the deployment as it is now: an exporter reads its passwords once, so new ones begin it anew.

        :raises LabError: it cannot be started again.
        """
        before, self._passwords = self._passwords, self._write_passwords(found)
        if self._passwords != before:
            for exporter in self._exporters:
                exporter.restart()

    def keep(self, tell: Callable[[str], None]) -> None:
        """Start again what has ended by itself, and say so.

        :raises LabError: one of the programs has ended too often.
        """
        for part in self._parts:
            part.keep(tell)

    @property
    def pids(self) -> dict[str, int]:
        """The processes by the names of their programs."""
        return {kept.part.name: kept.pid for kept in self._parts}

    def _wait(self, pause: Callable[[float], bool]) -> bool:
        deadline = time.monotonic() + READY_LIMIT_S
        for kept in self._parts:
            while not kept.is_ready():
                if time.monotonic() > deadline:
                    raise LabError(f"is not ready within {READY_LIMIT_S:g} s", where=kept.part.name)
                if not pause(ASK_EVERY_S):
                    return False
        return True

    def _write_passwords(self, found: Discovered) -> str:
        logins = [
            *((node.where, self._plan.data_login) for node in found.data),
            *((node.where, self._plan.sentinel_login) for node in found.sentinels),
        ]
        text = exporter_passwords(logins, tls=self._plan.tls is not None)
        self._password_file.write(text)
        return text

    def _exporter_parts(self) -> Iterator[Part]:
        """One exporter for all servers, or one for data nodes and one for Sentinels."""
        users = {"exporter": user_of(self._plan.data_login), "sentinel-exporter": user_of(self._plan.sentinel_login)}
        if len(set(users.values())) == 1:
            del users["sentinel-exporter"]
        for name, user in users.items():
            port = free_port()
            arguments = exporter_arguments(port, self._password_file.path, user, self._plan.tls)
            yield Part(
                name=name,
                program=self._plan.exporter,
                arguments=arguments,
                port=port,
                ready="/",
                inherits=[self._password_file.descriptor],
            )

    def _alertmanager(self) -> Part:
        file, port = self._folder / "alertmanager.yml", free_port()
        write_private(file, self._plan.routing)
        arguments = alertmanager_arguments(file, self._folder / "alertmanager", f"{HOST}:{port}")
        return Part(
            name="alertmanager", program=self._plan.alertmanager, arguments=arguments, port=port, ready="/-/ready"
        )

    def _prometheus(self, exporters: list[Part], alertmanager: Part) -> Part:
        port, profile, is_tls = free_port(), self._plan.profile, self._plan.tls is not None
        file, rules = self._folder / "prometheus.yml", self._folder / "rules.yml"
        places = Places(
            targets=str(self._folder / TARGETS),
            rules=[str(rules)],
            exporter=exporters[0].address,
            sentinel_exporter=exporters[-1].address,
            alertmanager=alertmanager.address,
            prometheus=f"{HOST}:{port}",
            data_tls=is_tls,
            sentinel_tls=is_tls,
        )
        write_private(rules, rule_file(profile))
        write_private(file, prometheus_file(profile, places))
        arguments = prometheus_arguments(file, self._folder / "prometheus", f"{HOST}:{port}")
        return Part(name="prometheus", program=self._plan.prometheus, arguments=arguments, port=port, ready="/-/ready")

"""The monitoring of a trial: exporter, Prometheus and Alertmanager beside its deployment, and a receiver that alerts arrive at.

All of it stands where the observer does: no cut touches it. It must never cost a trial its own verdict, so nothing here raises or waits
without a limit: what goes wrong becomes a ``monitoring`` event, and the verdict says that nothing is known of alerts.
"""

import contextlib
import http.client
import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import msgspec

from jsquared.errors import JSquaredError
from jsquared.monitor.local_stack.exporter_login import ExporterTls, exporter_arguments
from jsquared.monitor.own_process import free_port, running
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.prometheus_file import Places, prometheus_file
from jsquared.monitor.stack_parts import alertmanager_arguments, prometheus_arguments, receiver_file
from jsquared.observe.background import Background
from jsquared.programs.find import Program
from jsquared.records.alert_events import MonitoringFailed
from jsquared.records.alert_results import PlannedAlerts
from jsquared.records.placement import TlsFiles
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.running.deployment import RunningDeployment
from jsquared.text import one_line
from jsquared.trial.alert_receiver import AlertReceiver
from jsquared.trial.alert_targets import AlertTargets
from jsquared.trial.alert_watch import AlertWatch, get
from jsquared.trial.order import MonitoringOrder

START_LIMIT_S = 20.0
"""For the three programs to answer, on a busy machine."""
SCRAPES_AT_FIRST = 2
"""Every server is scraped so often before anything is broken: rules that look back see how it was."""
MARGIN_S = 5.0
"""Beyond the times that the plan allows, so that what comes a little late is seen to be late."""
PROBLEMS = (JSquaredError, OSError, http.client.HTTPException, msgspec.MsgspecError, ValueError)


READY = {"exporter": "/health", "alertmanager": "/-/ready", "prometheus": "/-/ready"}
"""What each of them answers as soon as it can work."""


class _Target(msgspec.Struct):
    health: str
    last_scrape: str = msgspec.field(name="lastScrape", default="")


class _Targets(msgspec.Struct):
    active: list[_Target] = msgspec.field(name="activeTargets", default_factory=list)


class _TargetsAnswer(msgspec.Struct):
    data: _Targets


class TrialMonitoring:
    """Begins, waits until it sees the deployment, tells whether what is expected has fired, and ends."""

    def __init__(
        self, order: MonitoringOrder, planned: PlannedAlerts, deployment: RunningDeployment, folder: Path
    ) -> None:
        """:param folder: a private one of the trial's, gone with it: passwords and what Prometheus stores lie in it."""
        self._order = order
        self._planned = planned
        self._deployment = deployment
        self._events = deployment.events
        self._folder = folder
        self._open = contextlib.ExitStack()
        self._failed: set[str] = set()
        self._watch: AlertWatch | None = None
        self._expected = {one.alert for one in planned.expected}

    @property
    def works(self) -> bool:
        """Whether nothing has failed yet."""
        return self._watch is not None and not self._failed

    def start(self) -> None:
        """Start everything, and wait until every server has been scraped a few times."""
        try:
            make_private_folder(self._folder, exist_ok=True)
            self._start()
        except PROBLEMS as problem:
            self._fail("start", one_line(str(problem)) or type(problem).__name__)

    def _start(self) -> None:
        ports = {name: free_port() for name in ("exporter", "prometheus", "alertmanager")}
        at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        receiver = AlertReceiver(self._events)
        self._open.callback(receiver.close)
        receiver.start()
        targets = AlertTargets(self._deployment, self._folder, self._planned.scrape_ms / 1000, self._failing("targets"))
        targets.write()
        self._write("alertmanager.yml", receiver_file(receiver.url))
        for name, text in self._order.rules.items():
            self._write(name, text)
        places = Places(
            targets=str(targets.file),
            rules=[str(self._folder / name) for name in self._order.rules],
            exporter=at["exporter"],
            alertmanager=at["alertmanager"],
            prometheus=at["prometheus"],
            data_tls=any(node.tls for node in self._deployment.data),
            sentinel_tls=any(node.tls for node in self._deployment.sentinels),
        )
        self._write("prometheus.yml", prometheus_file(PROFILES[self._planned.profile], places))
        configured = {
            "exporter": (
                self._order.exporter,
                exporter_arguments(ports["exporter"], targets.passwords, "", self._tls()),
            ),
            "alertmanager": (
                self._order.alertmanager,
                alertmanager_arguments(self._folder / "alertmanager.yml", self._folder / "am", at["alertmanager"]),
            ),
            "prometheus": (
                self._order.prometheus,
                prometheus_arguments(self._folder / "prometheus.yml", self._folder / "tsdb", at["prometheus"]),
            ),
        }
        for name, (program, arguments) in configured.items():
            self._run(name, program, arguments)
        for name, path in READY.items():
            self._wait(partial(_answers, ports[name], path), START_LIMIT_S, f"{name} does not answer")
        self._background(targets)
        self._watch = AlertWatch(ports["prometheus"], self._events, self._failing("prometheus"))
        self._background(self._watch)
        self._wait_until_seen(ports["prometheus"])

    def _tls(self) -> ExporterTls | None:
        """What the exporter shows to servers; nobody's certificate is checked, since addresses here are not those that it names."""
        if not any(node.tls for node in self._deployment.nodes):
            return None
        files = self._deployment.placement.tls or TlsFiles()
        own = {"certificate": files.certificate, "key": files.key}
        return ExporterTls(**{name: Path(path) for name, path in own.items() if path})

    def _wait_until_seen(self, port: int) -> None:
        """Wait until every server was scraped, and then as long as it takes to be scraped a few times more."""
        scrape_s = self._planned.scrape_ms / 1000
        count = len(self._deployment.nodes)

        def seen() -> bool:
            answer = msgspec.json.decode(get(port, "/api/v1/targets?state=active"), type=_TargetsAnswer)
            return sum(target.health == "up" for target in answer.data.active) >= count

        self._wait(seen, START_LIMIT_S + 2 * scrape_s, "not every server could be scraped")
        time.sleep(SCRAPES_AT_FIRST * scrape_s)

    def _run(self, name: str, program: Program, arguments: Sequence[str]) -> None:
        process = self._open.enter_context(running(program, arguments, self._folder / f"{name}.log"))
        self._background(_Alive(process.poll, lambda: self._fail(name, self._last_line(name))))

    def _background(self, watch: Background) -> None:
        watch.start()
        self._open.callback(watch.stop)

    def _wait(self, is_so: Callable[[], bool], limit_s: float, otherwise: str) -> None:
        deadline = time.monotonic() + limit_s
        while not self._failed:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if is_so():
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{otherwise} within {limit_s:g} s")
            time.sleep(0.05)

    def _write(self, name: str, text: str) -> None:
        write_private(self._folder / name, text)

    def has_all(self) -> bool:
        """True once every expected alert has fired, or nothing more can be known of them."""
        return not self.works or self._watch is None or self._expected <= self._watch.fired

    @property
    def limit_s(self) -> float:
        """How long the expected alerts may take, from the first fault on."""
        return max((one.within_ms for one in self._planned.expected), default=0.0) / 1000 + MARGIN_S

    def settle(self) -> None:
        """Wait until what is expected has fired, no longer than it may take; then as long as a message takes to arrive."""
        deadline = time.monotonic() + self.limit_s
        while not self.has_all() and time.monotonic() < deadline:
            time.sleep(0.05)
        if self.works:
            time.sleep(2.0)

    def stop(self) -> None:
        """End everything, and forget what it had stored; a second call does nothing."""
        with contextlib.suppress(OSError):
            self._open.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _failing(self, part: str) -> Callable[[str], None]:
        return lambda why: self._fail(part, why)

    def _fail(self, part: str, why: str) -> None:
        if part not in self._failed:
            self._failed.add(part)
            self._events.add(MonitoringFailed(part=part, detail=why))

    def _last_line(self, name: str) -> str:
        try:
            text = (self._folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")
        except OSError:
            text = ""
        return f"its process ended: {one_line(text.strip().rpartition(chr(10))[2])[:300] or 'it said nothing'}"


def _answers(port: int, path: str) -> bool:
    return bool(get(port, path) or True)


class _Alive(Background):
    """Watches a process of the monitoring."""

    def __init__(self, poll: Callable[[], int | None], ended: Callable[[], None]) -> None:
        super().__init__("monitoring")
        self._poll = poll
        self._ended = ended

    def run(self) -> None:
        """Look until it ends, or until nobody wants to know any more."""
        while not self.stopping.wait(0.1):
            if self._poll() is not None:
                self._ended()
                return

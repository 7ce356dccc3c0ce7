"""The monitoring of a trial: exporter, Prometheus and Alertmanager beside its deployment, and a receiver that alerts arrive at.

All of it stands where the observer does: no cut touches it. It must never cost a trial its own verdict, so nothing here raises or waits
without a limit: what goes wrong becomes a ``monitoring`` event, and the verdict says that nothing is known of alerts. Only faults on the
monitoring itself (:class:`jsquared.running.monitoring_control.Monitoring`) may break it on purpose.
"""

import contextlib
import math
import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from jsquared.errors import JSquaredError, LabError
from jsquared.monitor.local_stack.exporter_login import ExporterTls, exporter_arguments
from jsquared.monitor.local_stack.kept_program import Part
from jsquared.monitor.own_process import free_port
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.prometheus_file import Places, prometheus_file
from jsquared.monitor.stack_parts import alertmanager_arguments, prometheus_arguments, receiver_file
from jsquared.observe.background import Background
from jsquared.records.alert_events import MonitoringFailed
from jsquared.records.alert_results import ExpectedAlert, PlannedAlerts
from jsquared.records.placement import TlsFiles
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.running.deployment import RunningDeployment
from jsquared.running.monitoring_control import ALERTMANAGER, EXPORTER, PARTS, PROMETHEUS
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import ServerFolder
from jsquared.text import one_line
from jsquared.trial.alert_probe import send_probe
from jsquared.trial.alert_receiver import AlertReceiver
from jsquared.trial.alert_targets import AlertTargets
from jsquared.trial.alert_watch import AlertWatch
from jsquared.trial.exporter_watch import ExporterWatch
from jsquared.trial.monitoring_health import UNREADABLE, HealthWatch, answering, newest_sample_age_s
from jsquared.trial.monitoring_part import LOOK_S, START_LIMIT_S, AliveWatch, MonitoringPart
from jsquared.trial.order import MonitoringOrder
from jsquared.trial.rule_watch import RuleWatch
from jsquared.trial.unscraped_servers import unscraped

SCRAPES_AT_FIRST = 2
"""Every server is scraped so often before anything is broken: rules that look back see how it was."""
MARGIN_S = 5.0
"""Beyond the times that the plan allows, so that what comes a little late is seen to be late."""
PROBLEMS = (JSquaredError, *UNREADABLE)
READY = {EXPORTER: "/health", ALERTMANAGER: "/-/ready", PROMETHEUS: "/-/ready"}
"""What each of them answers as soon as it can work."""
STORAGE = "monitoring-samples"
"""The name of the folder with Prometheus' samples, beside those of a host's servers: a disk of its own where a fault may fill it."""


class TrialMonitoring:
    """Begins, waits until it sees the deployment, tells whether what is expected has fired, and ends."""

    def __init__(
        self, order: MonitoringOrder, planned: PlannedAlerts, deployment: RunningDeployment, folder: Path
    ) -> None:
        """:param folder: a private one of the trial's, gone with it: passwords lie in it."""
        self._order = order
        self._planned = planned
        self._deployment = deployment
        self._events = deployment.events
        self._folder = folder
        self._open = contextlib.ExitStack()
        self._failed: set[str] = set()
        self._watch: AlertWatch | None = None
        self._rules: RuleWatch | None = None
        self._parts: dict[str, MonitoringPart] = {}
        self._receiver = AlertReceiver(self._events)
        self.storage: ServerFolder = deployment.sandbox.folder(deployment.plan.nodes[0].host, STORAGE)

    @property
    def works(self) -> bool:
        """Whether nothing has failed yet."""
        return self._watch is not None and not self._failed

    def start(self) -> None:
        """Start everything, and wait until every server has been scraped a few times."""
        try:
            make_private_folder(self._folder, exist_ok=True)
            self.storage.make()
            self._deployment.sandbox.prepare(self.storage, {Capability.DISK}.intersection(self._deployment.plan.needs))
            self._start()
        except PROBLEMS as problem:
            self._fail("start", one_line(str(problem)) or type(problem).__name__)

    def _start(self) -> None:
        ports = {name: free_port() for name in PARTS}
        self._open.callback(self._receiver.close)
        self._receiver.start()
        found = AlertTargets(self._deployment, self._folder, self._scrape_s, self._failing("targets"))
        found.write()
        self._write_files(ports, found)
        for name, arguments in self._arguments(ports, found).items():
            self._run(name, arguments, ports[name])
        for part in self._parts.values():
            self._wait(part.answers, START_LIMIT_S, f"{part.part.name} does not answer")
        self._background(found)
        self._watch = AlertWatch(ports[PROMETHEUS], self._events, self._failing(PROMETHEUS), self._is_tolerated)
        self._background(self._watch)
        self._rules = RuleWatch(ports[PROMETHEUS], self._scrape_s, self._events, self._is_tolerated)
        self._background(self._rules)
        self._wait_until_seen(ports[PROMETHEUS], found)
        self._background(HealthWatch(self._parts[PROMETHEUS], self._parts[EXPORTER], self._scrape_s, self._fail))
        self._background(ExporterWatch(self._parts[EXPORTER], self._scrape_s, self._events, self._fail))
        self._probe()

    @property
    def _scrape_s(self) -> float:
        return self._planned.scrape_ms / 1000

    def _write_files(self, ports: dict[str, int], found: AlertTargets) -> None:
        """Write what the three programs are configured by."""
        self._write("alertmanager.yml", receiver_file(self._receiver.url))
        for name, text in self._order.rules.items():
            self._write(name, text)
        at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        places = Places(
            targets=str(found.file),
            rules=[str(self._folder / name) for name in self._order.rules],
            exporter=at[EXPORTER],
            alertmanager=at[ALERTMANAGER],
            prometheus=at[PROMETHEUS],
            data_tls=any(node.tls for node in self._deployment.data),
            sentinel_tls=any(node.tls for node in self._deployment.sentinels),
            other_instances=True,
        )
        self._write("prometheus.yml", prometheus_file(PROFILES[self._planned.profile], places))

    def _arguments(self, ports: dict[str, int], found: AlertTargets) -> dict[str, Sequence[str]]:
        """The command lines, in the order in which they are started."""
        at = {name: f"127.0.0.1:{port}" for name, port in ports.items()}
        return {
            EXPORTER: exporter_arguments(ports[EXPORTER], found.passwords, "", self._tls()),
            ALERTMANAGER: alertmanager_arguments(
                self._folder / "alertmanager.yml", self._folder / "am", at[ALERTMANAGER]
            ),
            PROMETHEUS: prometheus_arguments(
                self._folder / "prometheus.yml", Path(self.storage.path) / "tsdb", at[PROMETHEUS]
            ),
        }

    def _run(self, name: str, arguments: Sequence[str], port: int) -> None:
        programs = {
            EXPORTER: self._order.exporter,
            PROMETHEUS: self._order.prometheus,
            ALERTMANAGER: self._order.alertmanager,
        }
        part = MonitoringPart(
            Part(name=name, program=programs[name], arguments=arguments, port=port, ready=READY[name]), self._folder
        )
        self._parts[name] = part
        self._open.callback(part.stop)
        part.start()
        self._background(AliveWatch(part, self._failing(name)))

    def _tls(self) -> ExporterTls | None:
        """What the exporter shows to servers; nobody's certificate is checked, since addresses here are not those that it names."""
        if not any(node.tls for node in self._deployment.nodes):
            return None
        files = self._deployment.placement.tls or TlsFiles()
        own = {"certificate": files.certificate, "key": files.key}
        return ExporterTls(**{name: Path(path) for name, path in own.items() if path})

    def _wait_until_seen(self, port: int, found: AlertTargets) -> None:
        """Wait until every server was scraped, and then as long as it takes to be scraped a few times more."""
        nodes = [node.name for node in self._deployment.nodes]

        def seen() -> bool:
            return len(answering(port)) >= len(nodes)

        try:
            self._wait(seen, START_LIMIT_S + 2 * self._scrape_s, "not every server could be scraped")
        except TimeoutError as problem:
            raise TimeoutError(f"{problem}: {unscraped(port, nodes, found.node_of)}") from problem
        time.sleep(SCRAPES_AT_FIRST * self._scrape_s)

    def _probe(self) -> None:
        """Send a test alert through Alertmanager; one that does not arrive is a failure."""
        try:
            send_probe(self._parts[ALERTMANAGER].part.port, self._receiver)
        except PROBLEMS as problem:
            self._fail(ALERTMANAGER, one_line(str(problem)) or type(problem).__name__)

    def _background(self, watch: Background) -> None:
        watch.start()
        self._open.callback(watch.stop)

    def _wait(self, is_so: Callable[[], bool], limit_s: float, otherwise: str) -> None:
        deadline = time.monotonic() + limit_s
        while not self._failed:
            with contextlib.suppress(*UNREADABLE):
                if is_so():
                    return
            if time.monotonic() > deadline:
                raise TimeoutError(f"{otherwise} within {limit_s:g} s")
            time.sleep(LOOK_S)

    def _write(self, name: str, text: str) -> None:
        write_private(self._folder / name, text)

    # --- What is expected.

    def has_fired(self) -> bool:
        """True once every alert has fired that can while something is broken, or nothing more can be known of them."""
        return self._are_in(
            self._watch.fired if self._watch else set(), [one for one in self._planned.expected if not one.after_heal]
        )

    def _has_all(self) -> bool:
        """True once every expected alert has fired and arrived, or nothing more can be known of them."""
        fired = self._watch.fired if self._watch else set()
        return self._are_in(fired & self._receiver.arrived, self._planned.expected)

    def _are_in(self, names: set[str], expected: Sequence[ExpectedAlert]) -> bool:
        return not self.works or {one.alert for one in expected} <= names

    @property
    def limit_s(self) -> float:
        """How long alerts may take to fire that can while something is broken, from the first fault on."""
        return self._longest_s(one.within_ms for one in self._planned.expected if not one.after_heal)

    @staticmethod
    def _longest_s(limits_ms: Iterable[float]) -> float:
        return max(limits_ms, default=0.0) / 1000 + MARGIN_S

    def settle(self) -> None:
        """Wait until what is expected has arrived, no longer than it may take; then see whether a test alert still does."""
        deadline = time.monotonic() + self._longest_s(one.arrival_ms for one in self._planned.expected)
        while not self._has_all() and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        if self.works:
            time.sleep(2.0)
            self._probe()
        if self._rules is not None:
            self._rules.conclude()

    # --- What faults may do.

    def end(self, part: str) -> None:
        """End a part by SIGKILL."""
        self._part(part).kill()

    def bring_back(self, part: str) -> None:
        """Start a part again, unless it runs, and wait until it answers.

        :raises LabError: it does not start, or does not answer in time.
        """
        self._part(part).bring_back()

    def answers(self, part: str) -> bool:
        """Return whether a part says that it is ready."""
        return self._part(part).answers()

    def refuse(self, refuse: bool) -> None:
        """Let the receiver refuse every message, or take them again."""
        self._receiver.refusing = refuse

    @property
    def refused(self) -> int:
        """How many messages the receiver has refused."""
        return self._receiver.refused

    def tolerate(self, part: str, tolerate: bool) -> None:
        """Count it as no failure when a part does not do its work, or as one again."""
        self._part(part).tolerated = tolerate

    def newest_sample_age_s(self) -> float:
        """Return how long ago Prometheus stored the newest sample; infinity where it does not say."""
        with contextlib.suppress(*UNREADABLE):
            return newest_sample_age_s(self._part(PROMETHEUS).part.port)
        return math.inf

    def _part(self, name: str) -> MonitoringPart:
        if name not in self._parts:
            raise LabError("the monitoring has not started", where=name)
        return self._parts[name]

    def _is_tolerated(self) -> bool:
        return self._part(PROMETHEUS).tolerated

    # --- The end.

    def stop(self) -> None:
        """End everything, and forget what it had stored; a second call does nothing."""
        with contextlib.suppress(OSError):
            self._open.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        shutil.rmtree(self.storage.path, ignore_errors=True)

    def _failing(self, part: str) -> Callable[[str], None]:
        return partial(self._fail, part)

    def _fail(self, part: str, why: str) -> None:
        if part not in self._failed:
            self._failed.add(part)
            self._events.add(MonitoringFailed(part=part, detail=why))

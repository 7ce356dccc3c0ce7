"""One deployment that stays up, and what is done to it: a trial whose middle is played by whoever asks.

Its first steps are those of :mod:`jsquared.trial.one_trial`, and so are its last ones, in :meth:`Session.conclude`. Everything but
:meth:`Session.status` is for the thread that made it.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import msgspec

from jsquared.clock import TrialClock
from jsquared.errors import BadInputError, FaultDidNotBiteError, LabError
from jsquared.faults.catalogue import complete, fault_named
from jsquared.faults.injection import Injection
from jsquared.faults.monitored import check_monitored
from jsquared.observe.background import Background
from jsquared.observe.log_watch import LogWatch
from jsquared.observe.observer import Observer
from jsquared.observe.process_watch import ProcessWatch
from jsquared.observe.processors import ProcessorWatch
from jsquared.observe.stalls import StallWatch
from jsquared.observe.stop_watch import StopWatch
from jsquared.records.event_types import Phase
from jsquared.records.events import EventLog
from jsquared.records.lab_messages import LabAccess, LabFault, LabFaultKind, LabLoad, LabNews, LabStatus, ParameterValue
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan, PlannedFault
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.shown import secrets_of, shown_plan
from jsquared.running.deployment import RunningDeployment
from jsquared.running.stand_up import stand_up
from jsquared.sandbox.sandbox import Sandbox
from jsquared.scenario.moments import Moment
from jsquared.trial.floating_keeper import FloatingKeeper
from jsquared.trial.lab.clean_slate import delete_keys, unclean
from jsquared.trial.lab.offered_faults import offered_faults
from jsquared.trial.lab.session_news import EventLines
from jsquared.trial.lab.session_records import end_records, plan_as_played, settle_and_read_back
from jsquared.trial.lab.session_status import access_of, fault_told, hosts_by_name, load_now, nodes_now
from jsquared.trial.load import Load

LONGEST_LOAD_MS = 24 * 3600 * 1000
"""Clients end by themselves after a day."""
POLL_S = 0.02
MOST_WRITES_PER_S = 100_000
"""Of each client."""
MOST_FAULTS = 1000
"""Of one session: each has several events, of which a run folder may have only so many."""
CONCLUDED = "its records were saved, and nothing more is recorded"
NEW_LAB = "jsquared lab down, and lab up for a new one"


class Session:
    """A deployment in an entered sandbox, up from :meth:`stand_up` to :meth:`close`."""

    def __init__(
        self, plan: Plan, placement: Placement, run: RunDirectory, sandbox: Sandbox, *, number: int = 1
    ) -> None:
        """:param run: its run folder, with the plan in it. ``number`` says which session of its lab it is."""
        self.number = number
        self.plan = plan
        self._run = run
        self._secrets = secrets_of(plan, placement)
        self._events = events = EventLog(run.events_file, TrialClock.start(), self._secrets)
        self.deployment = RunningDeployment(plan, placement, sandbox, run, events, scrub=self._secrets.mask)
        self._observer = Observer(self.deployment, events)
        self._floating = FloatingKeeper(self.deployment)
        self._watches: list[Background] = [
            ProcessWatch(self.deployment, events, self._note_ended), LogWatch(self.deployment, events, self._note_excess),
            StallWatch(events), ProcessorWatch(self.deployment, events),
            StopWatch(self.deployment, events, self._note_stopped),
        ]  # fmt: skip
        self._lines = EventLines(run.events_file)
        self._injections: list[Injection] = []
        self._load: Load | None = None
        self._rate_per_s = plan.workload.rate_per_s
        self._load_state: Literal["none", "running", "ended"] = "none"
        self._began_s = time.monotonic()
        self._concluded = False
        self._closed = False
        self._trouble = ""

    def mask(self, text: str) -> str:
        """The text without the secrets of the deployment."""
        return self._secrets.mask(text)

    def stand_up(self) -> None:
        """Start every server, wait until all have converged, and watch them from then on.

        :raises StandUpError: they do not converge, or one ended.
        :raises BadInputError: a server refuses its configuration.
        """
        self._events.add(Phase("stand-up"))
        self._floating.place()
        stand_up(self.deployment, self._run, while_primaries_start=self._start_watches)
        self._floating.start()
        self._observer.start()

    def _start_watches(self) -> None:
        for watch in self._watches:
            watch.start()

    # -- what is done to it

    def break_(
        self, fault: str, targets: Sequence[str] = (), parameters: Mapping[str, ParameterValue] | None = None
    ) -> LabFault:
        """Inject a fault; one that cannot be proven is healed again.

        :raises BadInputError: there is no such fault or target, or the fault cannot do that here; nothing is recorded then.
        :raises FaultDidNotBiteError: its proof failed.
        """
        self._require_open("break")
        if len(self._injections) >= MOST_FAULTS:
            raise BadInputError(f"{MOST_FAULTS} faults were injected already", where="this lab", hint=NEW_LAB)
        kind = fault_named(fault)
        check_monitored([kind], is_monitored=False, where=f"fault '{fault}'")
        moment = str(Moment(self._since_load_ms(), "load"))
        planned = PlannedFault(
            id=self._free_id(fault),
            name=fault,
            targets=tuple(targets),
            parameters=complete(kind, parameters or {}),
            start=moment,
            heal=moment,
        )
        injection = Injection(planned, self.deployment, self._events)
        if not self._injections:
            self._events.add(Phase("break"))
        injection.begin()
        self._injections.append(injection)
        if injection.bit is not None and not injection.bit.ok:
            self._heal(injection)
            raise FaultDidNotBiteError(
                f"did not bite: {injection.bit.sentence}", where=f"fault '{planned.id}'", hint="jsquared lab status"
            )
        return self._told(injection)

    def heal(self, fault: str = "") -> tuple[LabFault, ...]:
        """Heal one fault by its id, or (empty) all that are active, the newest first; those that were healed.

        A fault that is proven at its end, and was not, is told as such: ``bit`` is False.

        :raises BadInputError: there is no such fault.
        """
        active = [one for one in reversed(self._injections) if not one.is_over]
        if fault:
            known = {one.planned.id: one for one in self._injections}
            if fault not in known:
                hint = ", ".join(known) or "jsquared lab break"
                raise BadInputError("no such fault was injected", where=f"fault '{fault[:80]}'", hint=hint)
            active = [known[fault]] if not known[fault].is_over else []
        for injection in active:
            self._heal(injection)
        return tuple(map(self._told, active))

    def _heal(self, injection: Injection) -> None:
        injection.planned = msgspec.structs.replace(injection.planned, heal=str(Moment(self._since_load_ms(), "load")))
        injection.heal()

    def start_load(self, rate_per_s: int | None = None, operations_per_s: int | None = None) -> None:
        """Let every client find the primary and begin to write.

        :raises BadInputError: the load has begun before.
        :raises LabError: a client ended, or is not connected within 20 s.
        """
        self._require_open("load start")
        if self._load_state != "none":
            now = "is running" if self._load_state == "running" else "has ended, and a session has one"
            raise BadInputError(f"the load {now}", where="lab load start", hint="jsquared lab save")
        workload = self.plan.workload
        rates = {"rate_per_s": rate_per_s, "operations_per_s": operations_per_s}
        given = {name: rate for name, rate in rates.items() if rate is not None}
        self.plan = self.deployment.plan = msgspec.structs.replace(
            self.plan, workload=msgspec.structs.replace(workload, **given)
        )
        self._rate_per_s = self.plan.workload.rate_per_s
        load = Load(self.plan, self.deployment, self._run, self._events, longest_ms=LONGEST_LOAD_MS)
        try:
            load.begin()
        except LabError:
            load.end()
            load.close()
            self._load_state = "ended"
            raise
        self._load, self._load_state, self._began_s = load, "running", load.began_s

    def stop_load(self) -> None:
        """Let the clients finish and end; nothing where they have ended.

        :raises BadInputError: the load never began.
        """
        if self._load is None:
            raise BadInputError("the load never began", where="lab load stop", hint="jsquared lab load start")
        self._load.end()
        self._load_state = "ended"

    def change_rate(self, rate_per_s: int) -> None:
        """Let every client begin so many writes a second from now on.

        :raises BadInputError: no load is running, or the rate is none.
        """
        if self._load is None or self._load_state != "running":
            raise BadInputError("no load is running", where="lab load rate", hint="jsquared lab load start")
        if not 1 <= rate_per_s <= MOST_WRITES_PER_S:
            hint = f"1 to {MOST_WRITES_PER_S}"
            raise BadInputError(f"{rate_per_s} writes a second", where="lab load rate", hint=hint)
        self._load.change_rate(rate_per_s)
        self._rate_per_s = rate_per_s

    def wait_until_converged(self, limit_s: float) -> None:
        """Wait until the deployment has converged.

        :raises LabError: it has not within so many seconds; the line says why.
        """
        self._wait_while(self.deployment.unconverged, limit_s)

    def reset(self, limit_s: float) -> None:
        """Heal everything, delete every key, and wait until the deployment has converged and nothing is down or left anywhere.

        :raises BadInputError: a load was recorded, whose writes must stay.
        :raises LabError: a fault does not heal, or it takes more than so many seconds; the line says why.
        """
        self._require_open("reset")
        if self._load is not None:
            raise BadInputError("its load was recorded, and what it wrote must stay", where="this lab", hint=NEW_LAB)
        for fault in self.heal():
            if not fault.healed:
                raise LabError(f"did not heal: {fault.heal_evidence}", where=f"fault '{fault.id}'")
        deadline_s = time.monotonic() + limit_s
        self.wait_until_converged(limit_s)
        delete_keys(self.deployment)
        self._wait_while(lambda: unclean(self.deployment), max(0.0, deadline_s - time.monotonic()))

    def _wait_while(self, why_not: Callable[[], str], limit_s: float) -> None:
        """Wait until there is no reason left.

        :raises LabError: there still is one after so many seconds.
        """
        deadline_s = time.monotonic() + limit_s
        while why := why_not():
            if time.monotonic() > deadline_s:
                raise LabError(f"has not converged within {limit_s:g} s: {why}", where=self.plan.deployment)
            time.sleep(POLL_S)

    def conclude(self) -> None:
        """Heal everything, settle, end the load, read back; the run folder is then complete but for its verdict.

        The servers stay up. A second call does nothing.

        :raises LabError: the lab failed.
        """
        if self._concluded:
            return
        for one in reversed(self._injections):
            if not one.is_over:
                self._heal(one)
        settle_and_read_back(self.plan, self.deployment, self._run, self._load)
        self._load_state = "ended" if self._load is not None else "none"
        self._floating.check()
        self._concluded = True
        for watch in (*self._watches, self._observer, self._floating):
            watch.stop()
        faults = [one.planned for one in self._injections]
        self.plan = plan_as_played(self.plan, faults, self._run)
        end_records(self.plan, self.deployment, self._run)

    @property
    def folder(self) -> Path:
        """The run folder; complete once :meth:`conclude` has returned."""
        return self._run.path

    def _require_open(self, what: str) -> None:
        if self._concluded:
            raise BadInputError(CONCLUDED, where=f"lab {what}", hint=NEW_LAB)

    def _since_load_ms(self) -> int:
        return max(0, round((time.monotonic() - self._began_s) * 1000))

    def _free_id(self, fault: str) -> str:
        taken = {one.planned.id for one in self._injections}
        return next(
            name for n in range(1, MOST_FAULTS + 2) if (name := fault if n == 1 else f"{fault}-{n}") not in taken
        )

    # -- what it is asked

    def status(self) -> LabStatus:
        """How everything is now; from any thread."""
        deployment, plan = self.deployment, self.plan
        primary = deployment.primary()
        why = deployment.unconverged()
        return LabStatus(
            deployment=plan.deployment,
            engine=f"{plan.engine.name} {plan.engine.version}",
            ack=str(plan.ack),
            master=plan.master_name,
            primary=primary,
            converged=not why,
            why_not_converged=why,
            nodes=nodes_now(deployment, primary),
            hosts=self.hosts(),
            sentinels=self.sentinel_addresses(),
            faults=tuple(map(self._told, list(self._injections))),
            load=self._load_now(),
            is_concluded=self._concluded,
            trouble=self._trouble,
        )

    def _load_now(self) -> LabLoad:
        return load_now(self._load_state, self._load.peeks if self._load else {}, self._rate_per_s)

    def news(self, since: int, limit_s: float) -> LabNews:
        """What has happened since the first ``since`` events; from any thread.

        :raises RecordError: the events cannot be read.
        """
        lines = self._lines.wait(since, limit_s)
        return LabNews(
            session=self.number,
            next=since + len(lines),
            lines=tuple(lines),
            now_ms=round(self._events.clock.now_ms(), 1),
            load=self._load_now(),
        )

    def faults(self) -> tuple[LabFaultKind, ...]:
        """Every fault of the catalogue, with its targets here; from any thread."""
        sandbox = self.deployment.sandbox
        return offered_faults(self.plan, sandbox.name, sandbox.capabilities)

    def shown_plan(self) -> Plan:
        """The plan with marks for secrets."""
        return shown_plan(self.plan)

    def hosts(self) -> tuple[str, ...]:
        """Every host, those of clients too."""
        return tuple(dict.fromkeys(hosts_by_name(self.plan).values()))

    def host_of(self, name: str) -> str:
        """The host of that name, or the one where a client or server of that name lives.

        :raises BadInputError: there is none.
        """
        hosts = hosts_by_name(self.plan) | {host: host for host in self.hosts()}
        if name not in hosts:
            raise BadInputError("there is no such host", where=f"host '{name[:80]}'", hint=", ".join(self.hosts()))
        return hosts[name]

    def sentinel_addresses(self) -> tuple[str, ...]:
        """``address:port`` of each Sentinel."""
        return tuple(f"{self.deployment.address(one.name)}:{one.port}" for one in self.deployment.sentinels)

    def access(self) -> LabAccess:
        """How clients log in at data nodes and at Sentinels."""
        return access_of(self.deployment)

    def _told(self, injection: Injection) -> LabFault:
        return fault_told(injection, self.mask)

    def log_of(self, name: str) -> str:
        """The last 256 KiB of what a server or client has logged, without secrets; from any thread.

        :raises BadInputError: there is none of that name.
        """
        known = [*(node.name for node in self.plan.nodes), *(client.name for client in self.plan.clients)]
        if name not in known:
            raise BadInputError("there is no such server or client", where=f"'{name[:80]}'", hint=", ".join(known))
        with explain_write_errors(self._run.path):
            return self.deployment.log_of(name)

    def close(self) -> None:
        """End the load, every watch and every server; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        ending: list[Callable[[], None]] = [watch.stop for watch in (*self._watches, self._observer, self._floating)]
        if self._load is not None:
            ending.insert(0, self._load.close)
        for end in ending:
            end()
        self.deployment.stop()
        with explain_write_errors(self._run.path):
            self.deployment.logs.close()
        self._events.close()

    # -- what the watches see

    def _note_ended(self) -> None:
        self._trouble = self._trouble or "somebody outside ended one of its processes"

    def _note_excess(self) -> None:
        self._trouble = self._trouble or "one of its processes printed without end, and was ended"

    def _note_stopped(self) -> None:
        self._trouble = self._trouble or "somebody outside stopped one of its processes, or let it go on"

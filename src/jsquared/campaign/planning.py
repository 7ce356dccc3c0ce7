"""From what was asked on a command line to plans: every trial resolved and validated before anything starts.

The static analysis runs here, once, and its findings go into every plan. A scenario of a suite that this deployment, engine or machine
cannot have is told with its reason and left out; one that was asked for by name is an error.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as replace_in
from pathlib import Path

from msgspec.structs import replace

from jsquared.analysis.analysis import analyse
from jsquared.analysis.group import groups_of
from jsquared.analysis.proven import proving_rule
from jsquared.campaign.excluded import without_excluded
from jsquared.campaign.monitored import AlertsChoice, monitored
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.errors import BadInputError, JSquaredError, SandboxError
from jsquared.faults.catalogue import fault_named
from jsquared.faults.monitored import check_monitored
from jsquared.records.exclusions import Exclusion
from jsquared.records.findings import Finding
from jsquared.records.plan import OPERATIONS_PER_S, Ack, Engine, Plan, Workload, trial_label
from jsquared.records.secrets import Secrets
from jsquared.records.verdict import NotRun
from jsquared.running.engine import NAMES, find_engine, find_upgrade
from jsquared.running.engine_features import check_features
from jsquared.running.line_check import check_lines
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.choose import choose_sandbox
from jsquared.sandbox.sandbox import SandboxKind
from jsquared.scenario.moments import Moment
from jsquared.scenario.scenario import Scenario
from jsquared.scenario.team_rules import TeamRules
from jsquared.scenarios.catalogue import SCENARIOS, scenario_named, suite_named
from jsquared.scenarios.file_form import read_scenario_file
from jsquared.scenarios.scenario_file import is_scenario_file
from jsquared.trial.order import TrialOrder
from jsquared.trial.plan import assemble, check_ack

DEFAULTS = {
    "--engine": "auto",
    "--upgrade-to": "auto",
    "--sandbox": "auto",
    "--ack": "auto",
    "--rate": str(Workload().rate_per_s),
    "--operations": str(OPERATIONS_PER_S),
}


@dataclass(frozen=True, kw_only=True)
class Request:
    """A request in the terms of the command line. Without ``names`` and ``suite`` it is the suite ``quick``."""

    names: Sequence[str] = ()
    suite: str = ""
    deployment: str = "reference"
    master: str = ""
    """The monitored primary to run them for; empty for every one that the deployment has."""
    engine: str = "auto"
    upgrade_to: str = "auto"
    """What scenarios that upgrade put in the engine's place."""
    sandbox: str = "auto"
    ack: str = "auto"
    overrides: Sequence[str] = ()
    allowed: Allowed = field(default_factory=Allowed)
    """What the deployment's configuration may read and run."""
    workload: Workload = field(default_factory=Workload)
    seeds: range = range(1, 2)
    out: Path = Path("runs")
    skip_proven: bool = False
    """Leave out the trials that the static analysis has proven violated."""
    alerts: AlertsChoice | None = None
    """How trials are monitored; None: they are not."""
    team: TeamRules = field(default_factory=TeamRules)
    """The team's own limits, suites and exclusions."""

    def command(self, scenario: str, seed: int, master: str, secrets: Secrets) -> list[str]:
        """The command line that runs one of these trials again, with marks for secrets.

        :param master: empty where the deployment has only one.
        """
        given = {
            "--engine": self.engine,
            "--upgrade-to": self.upgrade_to,
            "--sandbox": self.sandbox,
            "--ack": self.ack,
            "--rate": str(self.workload.rate_per_s),
            "--operations": str(self.workload.operations_per_s),
        }
        words = ["jsquared", "run", scenario, "--deployment", self.deployment]
        for option, value in given.items():
            if value != DEFAULTS[option]:
                words += [option, value]
        if master:
            words += ["--master", master]
        for override in self.overrides:
            words += ["--with", secrets.setting(override)]
        words += self.alerts.options if self.alerts else []
        return [*words, *self.allowed.options(), "--seed", str(seed)]


Load = Callable[[str, Allowed], Deployment]


@dataclass(frozen=True, kw_only=True)
class Planned:
    """The trials of a request, and what holds for all of them."""

    orders: list[TrialOrder]
    findings: list[Finding]
    not_run: list[NotRun]
    not_reproduced: list[str]
    exclusions: list[Exclusion] = field(default_factory=list)

    @property
    def plans(self) -> list[Plan]:
        """The plans of the trials."""
        return [order.plan for order in self.orders]


def plan_trials(
    request: Request, *, once_read: Callable[[], None] = lambda: None, load: Load = load_deployment
) -> Planned:
    """Every trial that was asked for, static checks first.

    :param once_read: called when the deployment and the scenarios could be read and need servers, before the engine is asked what it is.
    :param load: reads the deployment.
    :raises BadInputError: a name, a file or an option is wrong, or a scenario asked for by name needs what this deployment lacks.
    :raises SandboxError: this machine cannot do what a scenario asked for by name needs.
    """
    chosen = chosen_scenarios(request.names, request.suite, request.team.suites)
    deployment = apply_overrides(load(request.deployment, request.allowed), request.overrides)
    if any(not scenario.rules for scenario in chosen):
        once_read()
    engine = find_engine(request.engine)
    check_features(engine, deployment.features, where=f"--engine {request.engine}")
    check_lines(deployment, engine)
    level = _own_level(chosen) if request.ack == "auto" else Ack.parse(request.ack)
    if request.master:
        deployment = deployment.about(request.master)
    subjects = [deployment.about(name) for name in ([request.master] if request.master else deployment.master_names)]
    for subject in subjects:
        check_ack(level or subject.majority_ack, subject)
    findings = analyse(deployment, engine, level)
    if not request.names and (request.suite or "quick") == "quick":
        chosen += violated_checks(findings)
    chosen, exclusions = without_excluded(chosen, request.team.exclusions, are_named=bool(request.names))
    request = replace_in(request, team=replace_in(request.team, exclusions=exclusions))
    orders: list[TrialOrder] = []
    refused: list[tuple[str, JSquaredError]] = []
    for scenario in sorted(chosen, key=lambda scenario: not scenario.rules):
        for subject in [deployment] if scenario.rules else subjects:  # a static check is about all of them
            try:
                orders += _orders(request, scenario.on(subject), subject, engine, level, findings)
            except (BadInputError, SandboxError) as problem:
                label = trial_label(scenario.name, subject.subject, len(deployment.monitored))
                refused.append((label, problem))
    if refused and (request.names or not orders):
        raise refused[0][1]
    return Planned(
        orders=orders,
        findings=findings,
        not_run=[NotRun(scenario=label, reason=str(problem)) for label, problem in refused],
        not_reproduced=list(dict.fromkeys(sentence for order in orders for sentence in order.plan.not_reproduced)),
        exclusions=exclusions,
    )


def violated_checks(findings: Sequence[Finding]) -> list[Scenario]:
    """The static checks that fail, which the suite ``quick`` shows although it has no room for those that pass."""
    violated = {finding.rule for finding in findings if finding.outcome == "violated"}
    return [scenario for scenario in SCENARIOS.values() if violated & set(scenario.rules)]


def longest_first(orders: Sequence[TrialOrder]) -> list[TrialOrder]:
    """Trials in the order in which many of them are over soonest: those that take longest begin first.

    A trial that fails over, or leaves it to the Sentinels to put something right, waits about 10 s longer than another, until the old
    primary has been demoted; one that has more time to recover needs it; and a long schedule takes its time.
    """
    return sorted(orders, key=lambda order: _haste(order.plan))


def _haste(plan: Plan) -> tuple[bool, int, bool, int]:
    return not plan.rules, -plan.recovery_limit_ms, not _waits_for_sentinels(plan), -_schedule_ms(plan)


def _waits_for_sentinels(plan: Plan) -> bool:
    return plan.expect_failover or any(fault.parameters.get("left_to_sentinels") for fault in plan.faults)


def _schedule_ms(plan: Plan) -> int:
    """How long the faults of a plan last at least: all that their moments name."""
    return sum(Moment.parse(moment).after_ms for fault in plan.faults for moment in (fault.start, fault.heal))


def chosen_scenarios(
    names: Sequence[str], suite: str, own_suites: Mapping[str, Sequence[str]] | None = None
) -> list[Scenario]:
    """Those named or in the files named, or those of the suite.

    :param own_suites: suites of the team beside the shipped ones.
    :raises BadInputError: both are given, there is no such name, or something in a file is wrong.
    """
    if names and suite:
        raise BadInputError("scenarios and --suite together", where="jsquared run", hint="one of the two")
    return [_named(name) for name in names] if names else _of_suites(suite or "quick", own_suites or {})


def _of_suites(text: str, own: Mapping[str, Sequence[str]]) -> list[Scenario]:
    """The scenarios of suites with commas between them, each once: those of shipped suites first, in the order of the catalogue."""
    names = text.split(",")
    shipped = [name for name in names if name not in own]
    chosen = list(suite_named(",".join(shipped), own)) if shipped else []
    chosen += [_named(scenario) for name in names for scenario in own.get(name, ())]
    return list({scenario.source or scenario.name: scenario for scenario in chosen}.values())


def _named(name: str) -> Scenario:
    is_file = name not in SCENARIOS and is_scenario_file(name)
    return read_scenario_file(Path(name)).unresolved() if is_file else scenario_named(name)


def _own_level(chosen: Sequence[Scenario]) -> Ack | None:
    """The acknowledgement level that all of them ask for, None where they ask for none or differ."""
    levels = {scenario.ack for scenario in chosen}
    return levels.pop() if len(levels) == 1 else None


def check_confinement(deployment: Deployment, sandbox: SandboxKind) -> None:
    """Modules are code of whoever wrote the configuration, and are loaded only where they can be kept from everything else.

    :raises BadInputError: the deployment loads some, and this sandbox confines nothing.
    """
    if "modules" in deployment.features and Capability.CONFINED not in sandbox.capabilities:
        raise BadInputError(
            f"the {sandbox.name} sandbox cannot confine the modules that this deployment loads",
            where="--allow-modules",
            hint="--sandbox namespaces, or without --allow-modules",
        )


def needs_beyond(deployment: Deployment, sandbox: str) -> frozenset[Capability]:
    """Return a deployment's needs beyond those of its scenarios; what loopback lacks :func:`check_floating` says better."""
    return frozenset({Capability.FLOATING} if deployment.floating and sandbox != "loopback" else ())


def check_floating(deployment: Deployment, sandbox: SandboxKind) -> None:
    """Addresses that move from host to host take a sandbox with hosts.

    :raises BadInputError: the deployment has some, and this sandbox has one network for all hosts.
    """
    if deployment.floating and Capability.FLOATING not in sandbox.capabilities:
        raise BadInputError(
            f"the {sandbox.name} sandbox cannot move the address {deployment.floating[0].address} from host to host",
            where="floating addresses",
            hint="--sandbox namespaces",
        )


def _check_engine_name(name: str, scenario: Scenario) -> None:
    """A scenario file may come from anybody: it picks among the engines that have a name, and never says which program to run.

    :raises BadInputError: it names something else.
    """
    if name not in NAMES:
        raise BadInputError(
            f"engine '{name}' is not one of {', '.join(NAMES)}",
            where=f"scenario '{scenario.source or scenario.name}', parameter 'engine'",
            hint=f"engine: auto there, and --upgrade-to {name} on the command line if you trust it",
        )


def _watched(plan: Plan, alerts: AlertsChoice | None, scenario: Scenario) -> Plan:
    """A plan with what is asked of its alerts, where it is monitored.

    :raises BadInputError: it is not, and its faults break just the monitoring.
    """
    faults = [fault_named(fault.name) for fault in plan.faults]
    check_monitored(faults, is_monitored=alerts is not None, where=f"scenario '{scenario.source or scenario.name}'")
    return monitored(plan, alerts) if alerts is not None and not scenario.rules else plan


def _orders(
    request: Request,
    scenario: Scenario,
    deployment: Deployment,
    engine: Engine,
    level: Ack | None,
    findings: Sequence[Finding],
) -> list[TrialOrder]:
    """One scenario, once for every seed; a static check once, since nothing in it is left to chance."""
    for name in scenario.engines:
        _check_engine_name(name, scenario)
    others = {name: find_upgrade(request.upgrade_to if name == "auto" else name, engine) for name in scenario.engines}
    for name, other in others.items():
        check_features(other, deployment.features, where=f"engine {name}")
    keep = [request.out.absolute(), *(Path(one.path) for one in (engine, *others.values()))]
    keep += map(Path, deployment.reach.visible)
    keep += [program.path for program in request.alerts.monitoring.programs] if request.alerts else []
    needs = scenario.needs if scenario.rules else scenario.needs | needs_beyond(deployment, request.sandbox)
    sandbox = choose_sandbox(request.sandbox, needs=needs, keep=keep)
    check_confinement(deployment, sandbox)
    if not scenario.rules:
        check_floating(deployment, sandbox)
    plans: Iterable[Plan] = (
        assemble(
            scenario,
            deployment=deployment,
            engine=engine,
            sandbox=sandbox,
            ack=level or scenario.ack,
            workload=request.workload,
            seed=seed,
            command=request.command(
                scenario.source or scenario.name,
                seed,
                deployment.subject if len(deployment.monitored) > 1 else "",
                deployment.secrets,
            ),
            findings=findings,
            other_engines=others,
            team=request.team,
        )
        for seed in (request.seeds[:1] if scenario.rules else request.seeds)
    )
    if request.skip_proven and not scenario.rules:
        [group] = groups_of(deployment, engine, level or scenario.ack)
        plans = (replace(plan, proven_by=proving_rule(plan, group, findings)) for plan in plans)
    plans = [_watched(plan, request.alerts, scenario) for plan in plans]
    return [
        TrialOrder(
            plan=plan,
            deployment=deployment,
            engine=engine,
            other_engines=others,
            monitoring=request.alerts.monitoring if request.alerts and plan.starts_servers else None,
        )
        for plan in plans
    ]

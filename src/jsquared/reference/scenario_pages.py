"""The reference pages of scenarios: one a scenario, their index, and the known ways to break Sentinel that they cover."""

from collections.abc import Iterator
from functools import cache

from jsquared.analysis.analysis import RULES
from jsquared.analysis.rule import Rule
from jsquared.deployment.read.load import SHIPPED, load_deployment
from jsquared.errors import BadInputError
from jsquared.records.plan import Engine, Plan, Workload
from jsquared.reference.cells import cell, table
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.scenario.scenario import ALERTS, Scenario
from jsquared.scenarios.catalogue import SCENARIOS, SUITES
from jsquared.scenarios.known_ways import SEVERITY, WAYS
from jsquared.trial.plan import assemble

ENGINES = (
    Engine(name="valkey", version="9.1.2", path="valkey-server"),
    Engine(name="redis", version="7.0.15", path="redis-server"),
)

LOOK_AT = {
    "lost_writes": "*Lost writes* in the report: each loss with its cause, the node that acknowledged it and when. "
    "[How a loss is explained](../../concepts/how-a-loss-is-explained.md) explains each cause.",
    "failover": "*Where the failover's time went* in the report: a long *detect* is `down-after-milliseconds`; a long *elect* a lost "
    "election, so `failover-timeout` and the number of Sentinels; a long *reconnect* the clients or the replicas that acknowledge.",
    "write_gap": "the clients' lanes in the report: a client that waits long after the others asks the wrong Sentinels, or requires "
    "more replicas than are left.",
    "writes_resume_after_heal": "the data nodes' lanes after healing: clients wait for the nodes that are still being demoted or copied.",
    "convergence": "the last lines of the data nodes' lanes and logs: a node that never follows the primary logs why it is refused.",
    "no_failover": "the Sentinels' events: `+sdown` shows which Sentinel lost sight of the primary and when, `+odown` which ones agreed.",
    "all_failed_over": "the Sentinels' events of the primary that came last: `-failover-abort-not-elected` means that another's election "
    "took the epoch, so it tried again after twice `failover-timeout`.",
    "configuration": "the line that the finding names, and the suggested replacement.",
}
"""Where to look when an objective is violated."""


@cache
def example_plan(name: str) -> tuple[str, Plan]:
    """A scenario planned on ``reference``, or on the first shipped deployment that can have it; nothing is run.

    :raises BadInputError: no shipped deployment can have it.
    """
    problems = []
    for deployment in dict.fromkeys(("reference", *SHIPPED)):
        for engine in ENGINES:
            try:
                return deployment, _plan(SCENARIOS[name], deployment, engine)
            except BadInputError as problem:
                problems.append(problem)
    raise problems[0]


def _plan(scenario: Scenario, deployment: str, engine: Engine) -> Plan:
    return assemble(
        scenario,
        deployment=load_deployment(deployment),
        engine=engine,
        sandbox=NamespacesSandbox.kind,
        ack=None,
        workload=Workload(),
        seed=1,
        command=(),
    )


def index_page() -> str:
    """All scenarios by suite."""
    parts = [
        "# Scenarios\n",
        (
            "Each scenario has a page with its faults, its objectives and why they are fair, the expected results, and advice. For the "
            "faults see [faults](faults.md); for the known ways to break Sentinel that they cover, [known ways](known-ways.md).\n"
        ),
        (
            "Suites: `quick` shows the most in a minute; a sound deployment must pass `standard`, and `reference` does; "
            "`full` also has scenarios that no setting of Sentinel survives, so for some of them *violated* is the "
            "expected outcome of `reference`. `alerts` has one for each kind of fault that a team wants to be told of, and those "
            "that break what monitors the deployment, which takes `--alerts`. Static checks read the configuration before anything "
            "starts; `quick` shows only the violated ones.\n"
        ),
    ]
    return "\n".join([*parts, *_by_suite(), *_group("Static checks", [s for s in SCENARIOS.values() if s.rules])])


def _by_suite() -> Iterator[str]:
    told: set[str] = set()
    for suite in SUITES:
        members = [s for s in SCENARIOS.values() if suite in s.suites and not s.rules and s.name not in told]
        told |= {scenario.name for scenario in members}
        yield from _group(f"In `{suite}`" if suite == SUITES[0] else f"Also in `{suite}`", members)


def _group(title: str, scenarios: list[Scenario]) -> list[str]:
    rows = [[f"[{s.name}](scenarios/{s.name}.md)", cell(s.description), ", ".join(s.tags)] for s in scenarios]
    return [f"## {title}\n", *table(["scenario", "what happens", "tags"], rows), ""]


def scenario_page(scenario: Scenario) -> str:
    """One scenario: what happens, what is asked, what to expect, what to do."""
    deployment, plan = example_plan(scenario.name)
    return "\n".join(
        [
            f"# {scenario.name}\n",
            f"**{scenario.title}.** {scenario.description}\n",
            f"```sh\njsquared run {scenario.name}{' --alerts' if scenario.suites == ALERTS else ''}\n```\n",
            (
                f"Suites: {', '.join(scenario.suites)}. Tags: {', '.join(scenario.tags)}. "
                f"Needs: {', '.join(sorted(scenario.needs)) or 'nothing, not even a server'}.\n"
            ),
            *_what_happens(plan),
            *_what_is_asked(plan, deployment),
            *_what_to_expect(scenario),
            *_what_to_do(scenario, plan),
        ]
    )


def _what_happens(plan: Plan) -> Iterator[str]:
    if plan.rules:
        yield "## What is asked of the configuration\n"
        yield from table(
            ["rule", "what it finds", "outcome"],
            [[f"`{rule.id}`", cell(rule.about), rule.outcome] for rule in map(RULES.__getitem__, plan.rules)],
        )
        yield ""
        return
    yield "## What happens\n"
    rows = []
    for fault in plan.faults:
        given = "".join(f" {name}={value}" for name, value in fault.parameters.items())
        what = f"[{fault.name}](../faults/{fault.name}.md){given}"
        rows.append([f"`{fault.id}`", what, ", ".join(fault.targets), fault.start, fault.heal])
    yield from table(["fault", "what", "targets", "begins", "heals"], rows)
    yield (
        "\n*After load* counts from the clients' first write, *after injection* from the start of this fault, *after* a "
        "fault's name from the start of that fault, *after recovery* from the moment when service had resumed despite the "
        "faults, or the limit for that had passed.\n"
    )


def _what_is_asked(plan: Plan, deployment: str) -> Iterator[str]:
    if plan.rules:
        return
    yield f"## What is asked\n\nOf `{deployment}` at {plan.ack}; elsewhere it depends on the nodes that are left.\n"
    rows = [
        [
            objective.name + (f" ({', '.join(objective.clients)})" if objective.clients else ""),
            f"{objective.limit:,.0f} {objective.unit}",
            cell(objective.reason),
        ]
        for objective in plan.objectives
    ]
    yield from table(["objective", "limit", "why it is fair"], rows)
    yield ""


def _what_to_expect(scenario: Scenario) -> Iterator[str]:
    yield f"## What to expect\n\n{scenario.why_fair}\n"
    for tag in scenario.tags:
        if way := WAYS.get(tag):
            yield f"- {tag}, {way.fault}: sound is *{way.safe}*; a bad deployment shows *{way.shows}* ({SEVERITY[way.severity]})."
    outcomes = [f"[{name}](../deployments.md#{name}) {outcome}" for name, outcome in scenario.expected.items()]
    yield f"- Shipped deployments: {', '.join(outcomes)}.\n"


def _what_to_do(scenario: Scenario, plan: Plan) -> Iterator[str]:
    yield "## What to do when it is violated\n"
    for name in dict.fromkeys(objective.name for objective in plan.objectives):
        yield f"- {name}: look at {LOOK_AT.get(name, 'the reason that the verdict gives for it, and the timeline around it.')}"
    if related := _related(scenario):
        names = ", ".join(f"`{rule.id}`" for rule in related)
        yield f"- Findings of the [static analysis](../findings.md) that explain it, each with the line to try: {names}."
    yield "- Try a changed line at once with `--with`, and [compare](../../guides/run-it-again-and-compare.md).\n"


def _related(scenario: Scenario) -> list[Rule]:
    tags = set(scenario.tags)
    rules = [RULES[name] for name in scenario.rules]
    return rules or [rule for rule in RULES.values() if tags & set(rule.ways) and rule.outcome != "fact"]


def known_ways_page() -> str:
    """Every known way to break Sentinel with the scenarios and rules that are about it."""
    head = [
        "# Known ways to break Sentinel\n",
        (
            "The outcome on a sound deployment, the outcome on a bad one, and the scenarios that "
            "test it. Derived from `sentinel.c` of Redis 6.2 to 7.4 and Valkey 8 and 9, and measured.\n"
        ),
    ]
    rows = [
        [
            tag,
            cell(way.fault),
            cell(way.safe),
            cell(way.shows),
            SEVERITY[way.severity],
            ", ".join(f"[{s.name}](scenarios/{s.name}.md)" for s in SCENARIOS.values() if tag in s.tags),
        ]
        for tag, way in WAYS.items()
    ]
    return "\n".join([*head, *table(["way", "what happens", "sound", "bad", "severity", "scenarios"], rows), ""])

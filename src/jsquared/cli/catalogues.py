"""``jsquared scenarios``, ``faults``, ``deployments``: what there is."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from jsquared.cli.options import (
    AllowPathOption,
    EnvFileOption,
    EnvOption,
    FloatingOption,
    HostOption,
    JsonFlag,
    allowed_by,
)
from jsquared.cli.output import print_json, print_table, print_text
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment, shipped_deployments
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import FAULTS
from jsquared.faults.fault import Fault
from jsquared.sandbox.choose import lacking
from jsquared.scenario.scenario import Scenario
from jsquared.scenarios.catalogue import SCENARIOS, scenario_named
from jsquared.scenarios.scenario_file import file_of, to_yaml


def scenarios(
    name: Annotated[str, typer.Argument(metavar="[SCENARIO]", help="Only this one.")] = "",
    as_yaml: Annotated[
        bool, typer.Option("--yaml", help="Print it as a file for 'jsquared run FILE', to edit and run.")
    ] = False,
    deployment: Annotated[
        str, typer.Option(help="With --yaml: the deployment to calculate times and limits for.")
    ] = "reference",
    allow_paths: AllowPathOption = None,
    env_files: EnvFileOption = None,
    env: EnvOption = None,
    floating: FloatingOption = None,
    hosts: HostOption = None,
    as_json: JsonFlag = False,
) -> None:
    """List the scenarios: what each breaks, why its limits are fair, which deployments pass it.

    Examples:

    jsquared scenarios --json

    jsquared scenarios primary-hang --yaml
    """
    chosen = [scenario_named(name)] if name else list(SCENARIOS.values())
    if as_yaml:
        print_text(yaml_of(chosen, deployment, allowed_by(allow_paths, env_files, env, floating=floating, hosts=hosts)))
        return
    if as_json:
        print_json([describe_scenario(scenario) for scenario in chosen])
        return
    rows = [[s.name, s.description, " ".join(s.tags)] for s in chosen]
    print_table(["scenario", "what happens", "tags"], rows)


def yaml_of(chosen: Sequence[Scenario], deployment: str, allowed: Allowed) -> str:
    """One scenario as a file, with every number worked out for a deployment.

    :raises BadInputError: not one scenario, one without faults, or one that the deployment cannot have.
    """
    if len(chosen) != 1:
        raise BadInputError("prints one scenario", where="--yaml", hint="jsquared scenarios primary-crash --yaml")
    [scenario] = chosen
    if scenario.rules:
        what = "is a static check: it breaks nothing, so there is no schedule to print"
        raise BadInputError(what, where=f"scenario '{scenario.name}'", hint="jsquared scenarios primary-crash --yaml")
    under_test = load_deployment(deployment, allowed)
    return to_yaml(file_of(scenario, under_test))


def describe_scenario(scenario: Scenario) -> dict[str, Any]:
    """A scenario as ``scenarios --json`` shows it."""
    return {
        "name": scenario.name,
        "title": scenario.title,
        "description": scenario.description,
        "why_fair": scenario.why_fair,
        "tags": list(scenario.tags),
        "needs": sorted(scenario.needs),
        "suites": list(scenario.suites),
        "ack": "auto",
        "expected": scenario.expected,
    }


def faults(as_json: JsonFlag = False) -> None:
    """List the faults: parameters, what each needs and whether this machine has it, how it proves that it bit and that it healed.

    Example:  jsquared faults --json
    """
    reasons = {fault.name: unavailable_because(fault) for fault in FAULTS.values()}
    if as_json:
        print_json(
            [
                {**describe_fault(fault), "available": not reasons[name], "unavailable_because": reasons[name]}
                for name, fault in FAULTS.items()
            ]
        )
        return
    rows = [
        [fault.name, fault.description, " ".join(sorted(fault.needs)), reasons[name] or "yes"]
        for name, fault in FAULTS.items()
    ]
    print_table(["fault", "what it does", "needs", "available here"], rows)


def unavailable_because(fault: Fault) -> str:
    """Why this machine cannot have a fault, with what would help; empty where it can."""
    missing = lacking()
    return "; ".join(
        f"no {capability}: {missing[capability].reason}" for capability in sorted(fault.needs) if capability in missing
    )


def describe_fault(fault: Fault) -> dict[str, Any]:
    """A fault as ``faults --json`` shows it."""
    return {
        "name": fault.name,
        "description": fault.description,
        "tags": [],
        "needs": sorted(fault.needs),
        "parameters": [
            {"name": p.name, "default": p.default, "meaning": p.meaning, "choices": list(p.choices)}
            for p in fault.parameters
        ],
        "undo": fault.undo,
        "evidence": fault.evidence,
    }


def deployments(as_json: JsonFlag = False) -> None:
    """List the deployments that come with JSquared; yours is a YAML file or a folder of redis.conf and sentinel.conf.

    Example:  jsquared deployments --json
    """
    if as_json:
        print_json([describe_deployment(deployment) for deployment in shipped_deployments()])
        return
    rows = [[d.name, d.description, _shape(d)] for d in shipped_deployments()]
    print_table(["deployment", "what it is", "shape"], rows)


def _shape(deployment: Deployment) -> str:
    groups = [deployment.about(name).replica_count for name in deployment.master_names]
    data = " and ".join(f"1 + {replicas}" for replicas in groups)
    return f"{data} data, {len(deployment.sentinels)} Sentinels"


def describe_deployment(deployment: Deployment) -> dict[str, Any]:
    """A deployment as ``deployments --json`` shows it."""
    return {
        "name": deployment.name,
        "description": deployment.description,
        "tags": [],
        "needs": sorted(deployment.features),
        "primaries": list(deployment.master_names),
        "data_nodes": len(deployment.data),
        "sentinels": len(deployment.sentinels),
        "quorum": deployment.quorum,
        "down_after_ms": deployment.down_after_ms,
        "failover_timeout_ms": deployment.failover_timeout_ms,
        "majority_ack": str(deployment.majority_ack),
        "files": deployment.input_files,
    }

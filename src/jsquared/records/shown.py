"""The parts of a plan and its placement that may be written where others can read them: everything, with marks in the place of secrets."""

from typing import TypeVar

import msgspec

from jsquared.records.masked_files import masked_files
from jsquared.records.placement import Placement
from jsquared.records.plan import Plan, PlannedFault, PlannedGuard
from jsquared.records.secrets import Secrets

S = TypeVar("S", bound=msgspec.Struct)


def secrets_of(plan: Plan, placement: Placement | None = None) -> Secrets:
    """The secrets of a trial. Words that the plan uses as names are no others' secrets: they are masked by their place alone."""
    parts = (
        plan.scenario, plan.sandbox, *plan.master_names,
        *(word for node in plan.nodes for word in (node.name, node.host, *node.names)),
        *(word for client in plan.clients for word in (client.name, client.host)),
        *(word for fault in plan.faults for word in (fault.id, fault.name)),
    )  # fmt: skip
    return Secrets().and_also(plan.secrets, parts).and_also(placement.secrets if placement else ())


def shown_plan(plan: Plan) -> Plan:
    """The plan as plan.json has it: without texts of configurations, which lie beside it, and with marks for secrets."""
    secrets = secrets_of(plan)
    return msgspec.structs.replace(
        plan,
        nodes=tuple(msgspec.structs.replace(node, renamed=_shown_names(node.renamed, secrets)) for node in plan.nodes),
        faults=tuple(_shown_fault(fault, secrets) for fault in plan.faults),
        guards=tuple(_shown_guard(guard, secrets) for guard in plan.guards),
        deployment_description=secrets.mask(plan.deployment_description),
        not_reproduced=tuple(map(secrets.mask, plan.not_reproduced)),
        unreproduced_lines=tuple(map(secrets.mask, plan.unreproduced_lines)),
        input_files={},
        secrets=(),
    )


def shown_placement(plan: Plan, placement: Placement) -> Placement:
    """The placement as placement.json has it: without texts of configurations, which lie beside it, and with marks for secrets."""
    secrets = secrets_of(plan, placement)
    nodes = tuple(
        msgspec.structs.replace(
            node,
            login=secrets.login(node.login),
            client_login=secrets.login(node.client_login),
            renamed=_shown_names(node.renamed, secrets),
        )
        for node in placement.nodes
    )
    tls = placement.tls and msgspec.structs.replace(
        placement.tls, key_password=secrets.mark(placement.tls.key_password)
    )
    return msgspec.structs.replace(
        placement,
        nodes=nodes,
        tls=tls,
        rewrites=tuple(_shown_texts(rewrite, secrets, "file", "before", "after") for rewrite in placement.rewrites),
        copied_files=tuple(_shown_texts(copied, secrets, "source", "target") for copied in placement.copied_files),
        config_files={},
        authority=None,
        secrets=(),
    )


def shown_configuration(plan: Plan, placement: Placement) -> dict[str, str]:
    """The configuration as rendered, with marks for secrets."""
    secrets = secrets_of(plan, placement)
    return {name: secrets.native(text) for name, text in placement.config_files.items()}


def shown_input(plan: Plan) -> dict[str, str]:
    """The configuration as given, with marks for secrets, in its names too."""
    secrets = secrets_of(plan)
    shown: dict[str, str] = {}
    for name, text in masked_files(plan.input_files, secrets).items():
        called = secrets.mask(name)
        shown[called if called not in shown else f"{called} ({len(shown) + 1})"] = text
    return shown


def _shown_names(renamed: tuple[tuple[str, str], ...], secrets: Secrets) -> tuple[tuple[str, str], ...]:
    """Commands with the names that they have: such a name may keep others out."""
    return tuple((command, secrets.mask(now)) for command, now in renamed)


def _shown_texts(struct: S, secrets: Secrets, *names: str) -> S:
    """With these of its texts masked: lines of a configuration, and paths that it names."""
    return msgspec.structs.replace(struct, **{name: secrets.mask(getattr(struct, name)) for name in names})


def _shown_fault(fault: PlannedFault, secrets: Secrets) -> PlannedFault:
    return msgspec.structs.replace(fault, parameters=secrets.fields(fault.parameters))


def _shown_guard(guard: PlannedGuard, secrets: Secrets) -> PlannedGuard:
    """Mask the login of a guard, which may be the deployment's; checkers need to know what is refused, and not to whom."""
    return msgspec.structs.replace(
        guard, directive=secrets.mask(guard.directive), credentials=secrets.login(guard.credentials)
    )

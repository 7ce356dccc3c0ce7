"""From a plan to its placement: the one module where the text of a deployment and a sandbox meet.

A trial is placed in its own process, in the sandbox that it has opened and not entered yet: until then files are found as they were when
the trial was planned. Planning rehearses it, so that a deployment that cannot be placed is refused before anything starts.
"""

import secrets
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import TypeVar

import msgspec

from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.render.logins import secrets_of_acl_files
from jsquared.deployment.render.render import Rendered, render
from jsquared.deployment.render.rendering_context import Role
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import needs_of
from jsquared.records.placement import PlacedClient, PlacedFloating, PlacedNode, Placement
from jsquared.records.plan import Engine, Plan, PlannedFault
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.facets import given
from jsquared.sandbox.sandbox import Sandbox, SandboxKind
from jsquared.trial.order import TrialOrder

S = TypeVar("S", bound=msgspec.Struct)


def place(order: TrialOrder, sandbox: Sandbox) -> Placement:
    """The placement of a trial in a sandbox that was not entered yet.

    :raises BadInputError: a file that the configuration names has gone since the trial was planned.
    """
    plan, deployment = order.plan, order.deployment
    floating = _floating(order, sandbox)
    here = {one.written: one.address for one in floating}
    rendered = render(
        deployment,
        sandbox.address,
        sandbox.directory,
        order.engine,
        plan.seed,
        floating=here,
        names_served=Capability.NAMES in sandbox.capabilities,
        own_password=_own_password(sandbox.capabilities),
    )
    nodes = with_other_addresses(rendered.nodes, plan.faults, sandbox)
    return Placement(
        engine=order.engine,
        other_engines=dict(order.other_engines),
        nodes=nodes,
        clients=tuple(
            _placed(
                msgspec.structs.replace(client, through=here.get(client.through, "")),
                PlacedClient,
                address=sandbox.address(client.host, "client"),
            )
            for client in plan.clients
        ),
        floating=floating,
        config_files={f"{name}.conf": text for name, text in rendered.files.items()} | rendered.made_files,
        copied_files=rendered.copied_files,
        tls=rendered.tls,
        authority=rendered.authority,
        rewrites=rendered.rewrites,
        secrets=_further_secrets(order, nodes),
    )


def rehearse(deployment: Deployment, engine: Engine, sandbox: SandboxKind) -> Rendered:
    """Render a deployment for no place at all: how it runs in such a sandbox, and what of it cannot be had there.

    Nothing in it that depends on addresses and folders means anything.

    :raises BadInputError: it cannot be placed in such a sandbox.
    """
    nowhere = _Nowhere(sandbox)
    floats = Capability.FLOATING in sandbox.capabilities
    rendered = render(
        deployment,
        nowhere.address,
        nowhere.directory,
        engine,
        0,
        floating={one.address: f"10.0.9.{number}" for number, one in enumerate(deployment.floating, 1)}
        if floats
        else {},
        names_served=Capability.NAMES in sandbox.capabilities,
        own_password=_own_password(sandbox.capabilities),
    )
    check_text(rendered, deployment.name)
    return rendered


class _Nowhere:
    """Addresses and folders of no machine, for as many hosts as a kind of sandbox has room for."""

    def __init__(self, sandbox: SandboxKind) -> None:
        self._sandbox = sandbox
        self._numbers: dict[str, int] = {}

    def address(self, host: str, role: Role) -> str:
        number = self._numbers.setdefault(host, len(self._numbers) + 1)
        if number > self._sandbox.most_hosts:
            raise BadInputError(f"more than {self._sandbox.most_hosts} hosts", where=f"--sandbox {self._sandbox.name}")
        return f"{'127' if self._sandbox.on_loopback else '10'}.0.{('data', 'sentinel', 'client').index(role)}.{number}"

    def directory(self, host: str) -> PurePosixPath:
        return PurePosixPath("/", host)


def _own_password(capabilities: frozenset[Capability]) -> str:
    """A password for a deployment without any, where every account of this machine could reach its servers; empty elsewhere."""
    return "" if Capability.CONFINED in capabilities else secrets.token_hex(16)


def check_text(made: Plan | Rendered, deployment: str) -> None:
    """Refuse what a configuration may hold and no JSON can: words with bytes that are no text, such as ``requirepass "\\xff"``.

    :raises BadInputError: there are such words where the lab itself needs them.
    """
    try:
        msgspec.json.encode(made)
    except UnicodeEncodeError as problem:
        what = "a password, a name or a path in it, or on the command line, has bytes that are not UTF-8"
        raise BadInputError(what, where=f"deployment '{readable(deployment)}'", hint="UTF-8") from problem


def _further_secrets(order: TrialOrder, nodes: Sequence[PlacedNode]) -> tuple[str, ...]:
    """What became known or was made up only here: passwords of the lab's own users, and of ACL files that changed meanwhile."""
    logins = [login for node in nodes for login in (node.login, node.client_login)]
    known = order.deployment.secrets.and_also(secrets_of_acl_files(order.deployment))
    found = known.and_also(login[-1] for login in logins if login).values
    return tuple(value for value in found if value not in order.plan.secrets)


def _floating(order: TrialOrder, sandbox: Sandbox) -> tuple[PlacedFloating, ...]:
    """The addresses that stand here for those that hosts share in turn."""
    if not order.plan.floating:
        return ()
    floating = given(sandbox.floating, Capability.FLOATING)
    return tuple(
        _placed(one, PlacedFloating, address=floating.address(number))
        for number, one in enumerate(order.plan.floating, 1)
    )


def _placed(planned: msgspec.Struct, kind: type[S], **here: str) -> S:
    """A part of the plan with what it has here."""
    return kind(**msgspec.structs.asdict(planned), **here)


def with_other_addresses(
    nodes: Sequence[PlacedNode], faults: Sequence[PlannedFault], sandbox: Sandbox
) -> tuple[PlacedNode, ...]:
    """The nodes, with the addresses that they may get where a fault changes addresses."""
    if Capability.ADDRESSES not in sandbox.capabilities:
        return tuple(nodes)
    if not any(Capability.ADDRESSES in needs_of(fault.name) for fault in faults):
        return tuple(nodes)
    return tuple(
        msgspec.structs.replace(node, other_address=sandbox.other_address(node.host, node.role)) for node in nodes
    )

"""The parts of a deployment that cannot be reproduced here: one sentence each, for the plan and the verdict, which does not cover it."""

from collections.abc import Iterator

from jsquared.deployment.model.addresses import bound_addresses, is_loopback
from jsquared.deployment.model.directives import Directive, is_users
from jsquared.deployment.model.host_claims import HostClaims
from jsquared.deployment.model.host_names import Names, is_name, known_spot
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.model.references import find_file, names_file
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.deployment.model.storage import sharing_nodes
from jsquared.deployment.model.whereabouts import Whereabouts, is_mapped
from jsquared.deployment.render.tls_files import missing_certificates, not_proven

DISKS = "Disks: the real ones are slower, and fail in other ways."
"""Said of the trials whose outcome may hang on them, which the plan knows."""
_SCRIPTS = ("sentinel notification-script", "sentinel client-reconfig-script")


def not_reproduced(deployment: Deployment, names: Names, where: Whereabouts) -> tuple[str, ...]:
    """Return the reader's notes, then the needs of its lines that one machine cannot meet."""
    return tuple(dict.fromkeys([*deployment.not_reproduced, *_not_here(deployment, names, where)]))


def unreproduced_lines(deployment: Deployment, where: Whereabouts) -> tuple[str, ...]:
    """Lines that are not run as they are written and that the outcome of a trial may hang on, each with its place.

    A module that is not loaded may change whatever its server does. An address that floats between hosts by an unknown rule stays
    here where it was at the start, so what is reached through it after a failover is not shown. A server that listens on nothing but
    floating addresses listens on its own here too, or the lab could not see it. A Sentinel that a file knows may be one of the others or
    gone. Each node has its own folder here.
    """
    modules = [
        line for node in deployment.nodes for line in node.all("loadmodule") if _is_absent(line, node, deployment)
    ]
    storage = [
        f"one place for the files of {', '.join(node.name for node in nodes)}" for nodes in sharing_nodes(deployment)
    ]
    lines = (
        *modules,
        *_unresolved(deployment),
        *_through_floating(deployment),
        *_on_floating_alone(deployment),
        *_of_somebody_unknown(deployment, where),
    )
    return (*(f"{line.text} ({line.where})" for line in lines), *storage)


def _unresolved(deployment: Deployment) -> Iterator[Directive]:
    """The names that Sentinels monitor and are not told to resolve: they would not start with them, and get addresses here."""
    for node in deployment.sentinels:
        if not node.is_on("sentinel resolve-hostnames"):
            lines = (line for line in node.all("sentinel monitor") if is_users(line))
            yield from (line for line in lines if is_name(line.arguments[1]))


def _of_somebody_unknown(deployment: Deployment, where: Whereabouts) -> Iterator[Directive]:
    """The Sentinels that files know by an address and an id that no file gives, where it may be that of a host whose address is not given:
    here they are gone."""
    for node in () if where.all_give_addresses else deployment.sentinels:
        for line in node.all("sentinel known-sentinel"):
            spot = known_spot(line, deployment, where)
            if spot is not None and spot.node is None and not spot.is_loopback:
                yield line


def _through_floating(deployment: Deployment) -> Iterator[Directive]:
    """The lines of the user's that lead to data nodes through an address that several hosts may have."""
    floating = [one.address for one in deployment.floating]
    bound = HostClaims(deployment.nodes, deployment.host_names.called, floating).bound
    for node in deployment.nodes:
        lines = [(line, 0) for line in node.all("replicaof")] + [(line, 1) for line in node.all("sentinel monitor")]
        for line, at in lines:
            address = line.arguments[at].lower() if len(line.arguments) > at else ""
            if is_users(line) and len(bound.get(address, ())) > 1 and _floats(bound[address], address, deployment):
                yield line


def _on_floating_alone(deployment: Deployment) -> Iterator[Directive]:
    """The lines that let a server listen on floating addresses and on no other one of its host."""
    for node in deployment.nodes:
        line = node.find("bind")
        if line and line.arguments and all(deployment.floats(word) or is_loopback(word) for word in line.arguments):
            yield from [line] if any(map(deployment.floats, line.arguments)) else []


def _undescribed(deployment: Deployment) -> Iterator[str]:
    """The addresses that seem to float by an unknown rule."""
    floating = [one.address for one in deployment.floating]
    bound = HostClaims(deployment.nodes, deployment.host_names.called, floating).bound
    for address, hosts in bound.items():
        if len(hosts) > 1 and _floats(hosts, address, deployment):
            yield (
                f"Address {readable(address)}: several hosts listen on it, and nothing says when it moves, so it stays where "
                f"it is; --floating {readable(address)}=primary (or host, or manual) declares it."
            )


def _floats(hosts: set[str], address: str, deployment: Deployment) -> bool:
    """True if each of the hosts has another address as well: else they are one machine."""
    return all(
        any(bound_addresses(node) - {address} for node in deployment.nodes if node.host == host) for host in hosts
    )


def not_read(deployment: Deployment) -> tuple[str, ...]:
    """Return the parts unknown to the static analysis, one sentence each: what the reader noted, certificates and ACL files."""
    users = [
        f"Users: the ACL file {readable(line.arguments[0])} ({line.where}) cannot be read here, so nothing is known about them."
        for node in deployment.nodes
        for line in node.all("aclfile")
        if names_file(line) and find_file(line, node, deployment) is None
    ]
    certificates = not_proven(missing_certificates(deployment))
    return tuple(dict.fromkeys(map(deployment.secrets.mask, [*deployment.not_reproduced, *users, *certificates])))


def _not_here(deployment: Deployment, names: Names, where: Whereabouts) -> Iterator[str]:
    keys = {line.key for node in deployment.nodes for line in node.directives}
    if names.lost:
        yield "Host names: this sandbox cannot answer lookups, so names were rewritten to addresses."
    if names.stay:
        yield "The name service: the lab's own answers lookups, at once, instead of the resolvers of the real hosts."
    if keys.intersection(_SCRIPTS):
        yield "Scripts that Sentinel calls (notification-script, client-reconfig-script) are not run."
    yield from _undescribed(deployment)
    if any(is_mapped(node, where.announced_by(node)) for node in deployment.nodes):
        yield "Port mappings: announced ports are those that the servers listen on here."
    for module in dict.fromkeys(_absent_modules(deployment)):
        yield f"Module {readable(module)}: {_why_absent(deployment)}, so its commands and data types are missing here."


def _absent_modules(deployment: Deployment) -> Iterator[str]:
    for node in deployment.nodes:
        yield from (line.arguments[0] for line in node.all("loadmodule") if _is_absent(line, node, deployment))


def _is_absent(module: Directive, node: Node, deployment: Deployment) -> bool:
    """True if a module is not loaded here."""
    absent = not deployment.reach.modules or find_file(module, node, deployment) is None
    return module.arguments[:1] not in ((), ("",)) and absent


def _why_absent(deployment: Deployment) -> str:
    if deployment.reach.modules:
        return "it is neither in the deployment's folder nor in one that --allow-path names"
    return "modules run code, and are not loaded without --allow-modules"

"""What of a deployment cannot be had here: one sentence each, for the plan and the verdict, which does not cover it."""

from collections.abc import Iterator

from jsquared.topology.input_files import readable
from jsquared.topology.names import Names
from jsquared.topology.rewriting import find_file, names_file
from jsquared.topology.spec import Deployment
from jsquared.topology.tls_files import missing_certificates, not_proven
from jsquared.topology.whereabouts import Whereabouts, is_mapped

_SCRIPTS = ("sentinel notification-script", "sentinel client-reconfig-script")


def not_reproduced(deployment: Deployment, names: Names, where: Whereabouts) -> tuple[str, ...]:
    """What its reader noted, then what its lines ask for and one machine does not have."""
    return tuple(dict.fromkeys([*deployment.not_reproduced, *_not_here(deployment, names, where)]))


def not_read(deployment: Deployment) -> tuple[str, ...]:
    """What the static analysis knows nothing of, one sentence each: what the reader noted, certificates and ACL files."""
    users = [
        f"Users: the ACL file {readable(line.arguments[0])} ({line.where}) cannot be read here, so nothing is known of them."
        for node in deployment.nodes
        for line in node.all("aclfile")
        if names_file(line) and find_file(line, node, deployment) is None
    ]
    certificates = not_proven(missing_certificates(deployment))
    return tuple(dict.fromkeys([*deployment.not_reproduced, *users, *certificates]))


def _not_here(deployment: Deployment, names: Names, where: Whereabouts) -> Iterator[str]:
    keys = {line.key for node in deployment.nodes for line in node.directives}
    if names.lost:
        yield "Host names: this sandbox cannot answer lookups, so names were rewritten to addresses."
    if names.stay:
        yield "The name service: names are answered by the lab's own, at once, not by the resolvers of the real hosts."
    if keys.intersection(_SCRIPTS):
        yield "Scripts that Sentinel calls (notification-script, client-reconfig-script) are not run."
    if any(is_mapped(node, where.announced_by(node)) for node in deployment.nodes):
        yield "Port mappings: announced ports are those that the servers listen on here."
    for module in dict.fromkeys(_absent_modules(deployment)):
        yield f"Module {readable(module)}: {_why_absent(deployment)}, so its commands and data types are missing here."
    yield "Disks: the real ones are slower, and fail in ways of their own."


def _absent_modules(deployment: Deployment) -> Iterator[str]:
    for node in deployment.nodes:
        for line in node.all("loadmodule"):
            absent = not deployment.reach.modules or find_file(line, node, deployment) is None
            if line.arguments[:1] not in ((), ("",)) and absent:
                yield line.arguments[0]


def _why_absent(deployment: Deployment) -> str:
    if deployment.reach.modules:
        return "it is neither in the deployment's folder nor in one that --allow-path names"
    return "modules run code, and are not loaded without --allow-modules"

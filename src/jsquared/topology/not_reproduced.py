"""What of a deployment cannot be had here: one sentence each, for the plan and the verdict, which does not cover it."""

from collections.abc import Iterator

from jsquared.topology.directives import Directive
from jsquared.topology.input_files import readable
from jsquared.topology.names import Names
from jsquared.topology.rewriting import find_file, names_file
from jsquared.topology.spec import Deployment, Node
from jsquared.topology.tls_files import missing_certificates, not_proven

_SCRIPTS = ("sentinel notification-script", "sentinel client-reconfig-script")
_ANNOUNCED_PORTS = ("replica-announce-port", "sentinel announce-port")


def not_reproduced(deployment: Deployment, names: Names) -> tuple[str, ...]:
    """What its reader noted, then what its lines ask for and one machine does not have."""
    return tuple(dict.fromkeys([*deployment.not_reproduced, *_not_here(deployment, names)]))


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


def _not_here(deployment: Deployment, names: Names) -> Iterator[str]:
    keys = {line.key for node in deployment.nodes for line in node.directives}
    if names.lost:
        yield "Host names: this sandbox cannot answer lookups, so names were rewritten to addresses."
    if names.stay:
        yield "The name service: names are answered by the lab's own, at once, not by the resolvers of the real hosts."
    if keys.intersection(_SCRIPTS):
        yield "Scripts that Sentinel calls (notification-script, client-reconfig-script) are not run."
    if any(line.arguments[:1] not in ((), ("0",)) for node in deployment.nodes for line in _lines(node)):
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


def _lines(node: Node) -> Iterator[Directive]:
    return (line for key in _ANNOUNCED_PORTS for line in node.all(key))

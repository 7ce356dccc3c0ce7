"""Commands under other names: what ``rename-command`` lines make of them, and what cannot be taken away for a trial."""

from collections.abc import Iterable

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.records.plan import Ack

# What the lab asks every server, and what clients send, whatever the scenario.
OF_LAB_TO_DATA = ("PING", "INFO", "MGET", "DBSIZE")
OF_CLIENTS = ("ROLE", "SET")
OF_LAB_TO_SENTINEL = ("PING", "SENTINEL", "PSUBSCRIBE")


def renamed_commands(node: Node) -> dict[str, tuple[str, Directive]]:
    """Commands in upper case to the names that they have at a node (empty: taken away), with the line that does it."""
    found: dict[str, tuple[str, Directive]] = {}
    for line in node.all("rename-command"):
        if len(line.arguments) == 2:
            before, after = line.arguments
            # A second line may rename what the first one made.
            first = next((name for name, (now, _) in found.items() if now.upper() == before.upper()), before.upper())
            found[first] = (after, line)
    return found


def names_at(node: Node) -> tuple[tuple[str, str], ...]:
    """The same as a plan has it, without the lines."""
    return tuple((command, now) for command, (now, _) in renamed_commands(node).items())


def check_commands(deployment: Deployment, ack: Ack, of_faults: Iterable[tuple[str, str]]) -> None:
    """Refuse a deployment that takes away what a trial cannot be without.

    :param of_faults: names of faults, each with a command that it gives data nodes.
    :raises BadInputError: it does; the line names the directive.
    """
    wait = [] if ack.mode == "async" else [ack.mode.upper()]
    needed = [(command, "JSquared cannot monitor a server without it") for command in OF_LAB_TO_DATA]
    needed += [(command, "clients cannot write without it") for command in OF_CLIENTS]
    needed += [(command, f"clients need it for --ack {ack}") for command in wait]
    needed += [(command, f"fault '{fault}' needs it") for fault, command in of_faults]
    to_sentinels = [(command, "JSquared cannot monitor a Sentinel without it") for command in OF_LAB_TO_SENTINEL]
    for node in deployment.nodes:
        taken = {command: line for command, (now, line) in renamed_commands(node).items() if not now}
        for command, why in needed if isinstance(node, DataNode) else to_sentinels:
            if command in taken:
                line = taken[command]
                raise line.bad(f"{command} is removed by '{line.text}', and {why}", "a copy without this line")

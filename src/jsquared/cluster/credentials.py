"""How the lab authenticates at a node: with what its own configuration says."""

from jsquared.records.plan import Plan, PlannedNode
from jsquared.topology.passwords import password_in


def credentials_of(plan: Plan, node: PlannedNode) -> tuple[str, ...]:
    """``()`` or ``(password,)``: the default user's password in the node's rendered configuration.

    :raises BadInputError: the password is known only as a hash.
    """
    password = password_in(plan.config_files.get(f"{node.name}.conf", ""))
    return (password,) if password else ()

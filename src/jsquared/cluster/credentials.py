"""How the lab authenticates at a node: with what its own configuration says."""

from jsquared.records.plan import Plan, PlannedNode


def credentials_of(plan: Plan, node: PlannedNode) -> tuple[str, ...]:
    """``()`` or ``(password,)``: the ``requirepass`` of the node's rendered configuration."""
    password = ""
    for line in plan.config_files.get(f"{node.name}.conf", "").splitlines():
        name, _, value = line.strip().partition(" ")
        if name.lower() == "requirepass":
            password = value.strip().strip('"')
    return (password,) if password else ()

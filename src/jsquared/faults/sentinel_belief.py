"""What a Sentinel believes: which node is the primary, and since which epoch."""

from typing import NamedTuple

from jsquared.resp.replies import pairs
from jsquared.running.view import DeploymentView


class Belief(NamedTuple):
    """The primary that a Sentinel names, and the epoch of that."""

    primary: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.primary or 'nobody of ours'} in epoch {self.epoch}"


def belief(deployment: DeploymentView, sentinel: str) -> Belief:
    """What a Sentinel believes now."""
    fields = pairs(deployment.ask(sentinel, "SENTINEL", "MASTER", deployment.master_name))
    return Belief(deployment.node_at(f"{fields['ip']}:{fields['port']}"), int(fields["config-epoch"]))

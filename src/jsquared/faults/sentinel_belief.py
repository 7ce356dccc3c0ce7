"""A Sentinel's belief: the primary, and its epoch."""

from typing import NamedTuple

from jsquared.resp.replies import pairs
from jsquared.running.view import DeploymentView


class Belief(NamedTuple):
    """The primary that a Sentinel names, and the epoch of that."""

    primary: str
    epoch: int

    def __str__(self) -> str:
        return f"{self.primary or 'no known node'} in epoch {self.epoch}"


def belief(deployment: DeploymentView, sentinel: str) -> Belief:
    """Return a Sentinel's present belief."""
    fields = pairs(deployment.ask(sentinel, "SENTINEL", "MASTER", deployment.master_name))
    return Belief(deployment.node_at(f"{fields['ip']}:{fields['port']}"), int(fields["config-epoch"]))

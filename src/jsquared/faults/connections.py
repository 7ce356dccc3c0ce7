"""Shared code of faults on connections: the clients of a node, by the ids that it gives them."""

import re
from collections.abc import Sequence

from jsquared.running.view import DeploymentView

_ID = re.compile(r"^id=(\d+) ", re.MULTILINE)
TYPES = ("normal", "replica", "pubsub")
"""The kinds of clients as CLIENT KILL TYPE and CLIENT LIST TYPE name them, in every engine from 5.0 on."""
OWN_PRIMARY = "master"
"""The same commands' word for the connection that a replica has to its primary."""


def connected(deployment: DeploymentView, name: str, types: Sequence[str] = TYPES) -> set[int]:
    """The ids of a node's connections of these kinds; ids only ever grow.

    :raises LabError: it does not answer.
    """
    lists = [deployment.ask(name, "CLIENT", "LIST", "TYPE", kind) for kind in types]
    return {int(number) for text in lists for number in _ID.findall(text)}

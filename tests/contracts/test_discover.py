"""A real deployment is found from one of its Sentinels, and followed through a failover."""

import signal

import pytest

from jsquared.errors import BadInputError
from jsquared.running.access import Access
from jsquared.running.discover import discover, rediscover
from jsquared.running.discovered import place


def test_a_real_deployment_is_found_and_followed(either_lab) -> None:
    """Everybody is found from one address; after the primary's crash the new one is named, and the old one is told to be down."""
    lab = either_lab
    lab.stand_up(2, 3)
    access, seeds = Access(), [lab.servers.sentinel(1)]
    lab.wait_until(lambda: not discover(seeds, access).problems, what="all Sentinels are connected")
    before = discover(seeds, access)
    [master] = before.masters
    assert master.primary == place(*lab.servers.data(0))
    assert {node.where for node in before.data} == {place(*lab.servers.data(number)) for number in range(3)}
    assert {node.where for node in before.sentinels} == {place(*lab.servers.sentinel(number)) for number in range(3)}
    assert (master.quorum, master.agreed) == (2, True)

    lab.servers.signal("data-0", signal.SIGKILL)
    moved = lambda: rediscover(before, seeds, access).masters[0]  # noqa: E731
    lab.wait_until(lambda: moved().agreed and moved().primary not in ("", master.primary), what="a new primary")
    after = rediscover(before, seeds, access)
    assert any(node.where == master.primary and node.role == "replica" for node in after.data)
    assert any(f"replica {master.primary} is" in problem for problem in after.problems)


def test_a_data_node_is_no_sentinel(either_lab) -> None:
    """The error says so, with the port at which Sentinels usually are."""
    either_lab.servers.start_data(0)
    where = either_lab.servers.data(0)
    either_lab.wait_until(lambda: either_lab.servers.ask(where, ("PING",)) == "PONG", what="the server answers")
    with pytest.raises(BadInputError, match="is no Sentinel"):
        discover([where], Access())

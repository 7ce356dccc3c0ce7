"""Plans and verdicts: words in, words out."""

import msgspec
import pytest

from jsquared.errors import BadInputError
from jsquared.records.plan import Ack
from jsquared.records.verdict import worst
from support.records import Story


@pytest.mark.parametrize("text", ["async", "wait:1", "wait:12", "waitaof:0,1", "waitaof:1,0", "waitaof:1,2"])
def test_acknowledgement_levels_read_as_they_are_written(text: str) -> None:
    """Parsing and printing are inverse."""
    assert str(Ack.parse(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "auto", "async:", "async:1", "wait", "wait:", "wait:0", "wait:-1", "wait:x", "wait:1,1", "waitaof:1",
     "waitaof:2,1", "waitaof:0,0", "waitaof:1,,1"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_forms(text: str) -> None:
    """One line that names the three forms."""
    with pytest.raises(BadInputError, match=r"is no acknowledgement level.*wait:N"):
        Ack.parse(text)


def test_nodes_are_found_by_name_and_role() -> None:
    """Data nodes keep the order that node numbers in the history refer to."""
    plan = Story(hosts=2).plan()
    assert plan.node("redis-n2").host == "n2"
    assert [node.name for node in plan.data_nodes()] == ["redis-n1", "redis-n2"]
    assert [node.name for node in plan.sentinels()] == ["sentinel-n1", "sentinel-n2"]
    with pytest.raises(KeyError):
        plan.node("redis-n9")


def test_the_worst_outcome_wins() -> None:
    """Violated outranks inconclusive, which outranks pass; nothing at all shows nothing."""
    assert worst(["pass", "violated", "inconclusive"]) == "violated"
    assert worst(["pass", "inconclusive"]) == "inconclusive"
    assert worst(["pass"]) == "pass"
    assert worst([]) == "inconclusive"


def test_a_node_is_known_by_every_address_of_its_own() -> None:
    """Its address, the one that it gets where a fault changes it, and its names in any case; nothing else, and no empty word."""
    node = msgspec.structs.replace(Story().placement().nodes[0], address="10.0.0.1", names=("n1",))
    assert [node.is_at(word) for word in ("10.0.0.1", "N1", "10.0.0.2", "")] == [True, True, False, False]
    moving = msgspec.structs.replace(node, other_address="10.0.0.2")
    assert [moving.is_at(word) for word in ("10.0.0.1", "10.0.0.2", "")] == [True, True, False]

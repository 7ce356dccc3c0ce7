"""min-replicas-to-write at run time: shown, not only said, and set back where a node runs."""

from typing import Any

import pytest

from jsquared.errors import LabError
from jsquared.faults.set_min_replicas import SetMinReplicas

DIRECTIVE = SetMinReplicas.directive


@pytest.fixture
def settled(nodes: Any) -> Any:
    """Every node asks for one replica."""
    for node in nodes.nodes.values():
        node.config[DIRECTIVE] = "1"
    return nodes


def test_the_number_is_changed_everywhere_and_changed_back(settled: Any) -> None:
    """Each target shows the new number, and after healing the old one."""
    active = settled.inject(SetMinReplicas(), "primary", "replicas", replicas=2)
    assert active.targets == ["redis-n1", "redis-n2", "redis-n3"]
    assert active.details == {"before": {name: {DIRECTIVE: "1"} for name in active.targets}}
    bit = active.bit()
    assert bit.ok
    assert "redis-n2 has min-replicas-to-write 2, which was 1" in bit.sentence
    active.heal()
    assert active.healed().ok
    assert {node.config[DIRECTIVE] for node in settled.nodes.values()} == {"1"}


def test_without_an_effect_it_did_not_bite(settled: Any) -> None:
    """A server that says OK and changes nothing is found out."""
    settled["redis-n1"].deaf.add("CONFIG")
    assert not settled.inject(SetMinReplicas(), replicas=2).bit().ok


def test_what_was_so_before_is_no_change(settled: Any) -> None:
    """Setting what is set already breaks nothing."""
    assert not settled.inject(SetMinReplicas(), replicas=1).bit().ok


def test_an_undo_without_effect_did_not_heal(settled: Any) -> None:
    """The old number must be back."""
    active = settled.inject(SetMinReplicas(), replicas=2)
    settled["redis-n1"].deaf.add("CONFIG")
    active.heal()
    assert not active.healed().ok


def test_a_node_that_is_down_starts_with_its_file(settled: Any) -> None:
    """Nothing is set back where nobody runs."""
    active = settled.inject(SetMinReplicas(), "primary", "replica:1", replicas=2)
    settled["redis-n2"].code = -9
    active.heal()
    assert active.healed().sentence == "redis-n1 has min-replicas-to-write 1"


def test_an_unknown_directive_is_said(nodes: Any) -> None:
    """An engine without the directive is no engine for this fault."""
    with pytest.raises(LabError, match="knows no directive 'min-replicas-to-write'"):
        nodes.inject(SetMinReplicas(), replicas=2)


def test_where_one_refuses_none_is_changed(settled: Any) -> None:
    """A fault that could not be injected leaves nothing behind, as nobody heals it."""
    settled["redis-n2"].refused["CONFIG"] = "ERR no"
    with pytest.raises(LabError, match="ERR no"):
        settled.inject(SetMinReplicas(), "primary", "replica:1", replicas=2)
    assert settled["redis-n1"].config[DIRECTIVE] == "1"
    assert [words[1] for words in settled["redis-n1"].received] == ["GET"]


def test_where_one_refuses_in_the_midst_the_others_are_changed_back(settled: Any) -> None:
    """What was changed before the refusal is undone."""

    def refuse_to_set(_: Any, words: tuple[Any, ...]) -> None:
        if words[1:2] == ("SET",) and words[-1] == 2:
            raise LabError("ERR no")

    settled["redis-n2"].hooks["CONFIG"] = refuse_to_set
    with pytest.raises(LabError, match="ERR no"):
        settled.inject(SetMinReplicas(), "primary", "replica:1", replicas=2)
    assert [node.config[DIRECTIVE] for node in settled.nodes.values()] == ["1", "1", "1"]

"""Names that Sentinels answer: looked up in the background, believed for a while, and followed to the node."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from jsquared.workload import resolver as module
from jsquared.workload.resolver import Resolver, is_address

Wait = Callable[..., None]


@pytest.mark.parametrize(
    ("text", "address"),
    [("10.0.0.1", True), ("fe80::1", True), ("redis-1", False), ("10.example", False), ("n1", False)],
)
def test_addresses_are_told_from_names(text: str, address: bool) -> None:
    """What a Sentinel answers is an address or a name."""
    assert is_address(text) is address
    assert not address or Resolver(lambda _: "").address(text) == text


def test_a_name_is_looked_up_once_at_a_time(wait_until: Wait) -> None:
    """While a lookup is under way nothing is known and no second one starts; then its address counts."""
    asked: list[str] = []
    may_answer = threading.Event()

    def lookup(name: str) -> str:
        asked.append(name)
        may_answer.wait(20)
        return "10.0.0.1"

    resolver = Resolver(lookup)
    assert [resolver.address("redis-1") for _ in range(3)] == ["", "", ""]
    may_answer.set()
    wait_until(lambda: resolver.address("redis-1") == "10.0.0.1")
    assert asked == ["redis-1"]


def test_a_failed_lookup_is_tried_again(wait_until: Wait) -> None:
    """A name that could not be resolved is asked for again at the next question."""
    answers = iter([OSError("no such name"), "10.0.0.2"])

    def lookup(_: str) -> str:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    resolver = Resolver(lookup)
    wait_until(lambda: resolver.address("redis-2") == "10.0.0.2")


def test_an_old_answer_is_looked_up_again(monkeypatch: pytest.MonkeyPatch, wait_until: Wait) -> None:
    """An answer counts for a while only, so that a name that has moved is noticed."""
    moved = iter(["10.0.0.1", "10.0.0.2", *["10.0.0.3"] * 10_000])
    monkeypatch.setattr(module, "VALID_NS", 0)
    resolver = Resolver(lambda _: next(moved))
    assert resolver.address("redis-1") == ""
    wait_until(lambda: resolver._known.get("redis-1", ("", 0))[0] != "")
    assert resolver.address("redis-1") == ""


def test_a_named_primary_is_followed(lab: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Sentinel that answers a name is followed to the node whose address the name has, and to no other."""
    lab.serve(2, 1)
    address, port = lab.nodes[1].address
    monkeypatch.setattr(module.Resolver.__init__, "__defaults__", (lambda name: {"redis-2": address}[name],))
    lab.sentinels[0].named = ("redis-2", port)
    lab.begin()
    lab.until(lambda: lab.acknowledged(1) > 5, "writes at the named node")
    lab.finish()
    assert any("for redis-2" in line.get("detail", "") for line in lab.said() if line["action"] == "asked")

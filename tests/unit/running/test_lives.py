"""The lives of processes: whose end was ordered, and which ends are new."""

from typing import Any, cast

from jsquared.running.lives import Lives
from jsquared.sandbox import process as processes


class Process:
    """A process that ends when its code is set."""

    def __init__(self) -> None:
        self.code: int | None = None

    def poll(self) -> int | None:
        """How it ended."""
        return self.code


def began(lives: Lives, name: str) -> Process:
    """A new process of that name."""
    process = Process()
    lives.begin(name, cast("processes.Process", process))
    return process


def ends(lives: Lives) -> list[tuple[str, bool]]:
    """New ends: name, and whether it was ordered."""
    return [(life.name, life.ordered) for life in lives.take_ends()]


def test_an_order_counts_for_the_process_that_runs_then() -> None:
    """The next process of the same name has no order yet, and an order that comes too late is none."""
    lives = Lives()
    first = began(lives, "redis-n1")
    lives.order_end("redis-n1")
    second = began(lives, "redis-n1")
    late = began(lives, "redis-n2")
    late.code = -9
    lives.order_end("redis-n2")
    lives.order_end("redis-n3")
    first.code = second.code = -9
    assert ends(lives) == [("redis-n1", True), ("redis-n1", False), ("redis-n2", False)]
    assert ends(lives) == []


def test_a_process_that_is_known_already_is_known_once() -> None:
    """Helpers are met again at every look; names without a life have none."""
    lives = Lives()
    helper: Any = began(lives, "impair-relay")
    lives.begin("impair-relay", helper)
    helper.code = 1
    lives.begin("impair-relay", helper)
    assert ends(lives) == [("impair-relay", False)]
    assert [life.name for life in lives.all_newest()] == ["impair-relay"]
    assert lives.newest("redis-n9") is None

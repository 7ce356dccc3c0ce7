"""The exhaustive enumeration of splits, against one that is written without any shortcut."""

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jsquared.analysis.analysis import split_safety_of
from jsquared.analysis.splits import Site, split_safety
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.read.yaml.yaml_form import from_yaml


def deployment(text: str) -> Deployment:
    """A deployment of a YAML text."""
    return from_yaml(text, Source("d.yaml", "d.yaml"), Path())


def loses(primary: Site, others: list[Site], needed: int, level: int) -> bool:
    """Whether any split loses a write that ``level`` replicas confirmed: every subset, every choice of who confirmed, every promotion."""
    replicas = [(site.name, at, number) for site in (primary, *others) for at, number in enumerate(site.priorities)]
    for size in range(len(others) + 1):
        for far in combinations(others, size):
            names = {site.name for site in far}
            if sum(site.sentinels for site in far) < needed:
                continue
            for holders in combinations(replicas, level):
                # Those that confirmed are ahead of those that did not; among equals any may be taken
                reachable = [replica for replica in replicas if replica[0] in names and replica[2] > 0]
                order = sorted(reachable, key=lambda replica: (replica[2], replica not in holders))
                if order and order[0] not in holders:
                    return True
    return False


def lowest_safe(primary: Site, others: list[Site], needed: int) -> int:
    """The lowest level that :func:`loses` finds no split against."""
    total = sum(len(site.priorities) for site in (primary, *others))
    return next(level for level in range(total + 1) if not loses(primary, others, needed, level))


def sites(data: int, beside: int, elsewhere: int) -> tuple[Site, list[Site]]:
    """That many data nodes, of which so many have a Sentinel beside them, and Sentinels on hosts of their own."""
    primary = Site("n1", (), int(beside > 0))
    replicas = [Site(f"n{number}", (100,), int(number <= beside)) for number in range(2, data + 1)]
    return primary, replicas + [Site(f"s{number}", (), 1) for number in range(elsewhere)]


SHAPES = [
    (data, beside, elsewhere)
    for data in (2, 3, 5, 7)
    for beside in range(data + 1)
    for elsewhere in (0, 1, 2, 3, 5 if data < 7 else 4)
    if 1 <= beside + elsewhere <= 7
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_lowest_safe_level_is_that_of_brute_force(shape: tuple[int, int, int]) -> None:
    """For 2, 3, 5 and 7 data nodes with Sentinels beside them and elsewhere, for every quorum."""
    primary, others = sites(*shape)
    count = shape[1] + shape[2]
    for quorum in {1, count // 2 + 1, count}:
        needed = max(quorum, count // 2 + 1)
        assert split_safety(primary, others, needed).lowest_safe == lowest_safe(primary, others, needed)


@settings(max_examples=150, derandomize=True)
@given(
    others=st.lists(st.tuples(st.lists(st.sampled_from([0, 50, 100]), max_size=2), st.integers(0, 2)), max_size=5),
    own=st.integers(0, 2),
    needed=st.integers(1, 5),
)
def test_uneven_machines_and_priorities_too(others: list[tuple[list[int], int]], own: int, needed: int) -> None:
    """Machines with several nodes, replicas of different priority and such that are never promoted."""
    primary = Site("p", (), own)
    rest = [Site(f"h{number}", tuple(priorities), count) for number, (priorities, count) in enumerate(others)]
    assert split_safety(primary, rest, needed).lowest_safe == lowest_safe(primary, rest, needed)


@settings(max_examples=100, derandomize=True)
@given(shape=st.sampled_from(SHAPES))
def test_the_split_that_is_named_breaks_the_level(shape: tuple[int, int, int]) -> None:
    """Its sides have every machine once, the far one can fail over, and it loses just that level by itself."""
    primary, others = sites(*shape)
    needed = (shape[1] + shape[2]) // 2 + 1
    for level, split in split_safety(primary, others, needed).breaking.items():
        assert sorted((*split.primary_side, *split.other_side)) == sorted(site.name for site in (primary, *others))
        assert sum(site.sentinels for site in others if site.name in split.other_side) >= needed
        assert len(split.confirming) >= level
        assert set(split.confirming) <= set(split.primary_side)
        assert set(split.candidates) <= set(split.other_side)


@pytest.mark.parametrize(
    ("name", "lowest", "broken"),
    [
        ("reference", 1, "{n1, a client} | {n2, n3}"),
        ("apart", 2, "{n1, n2, a client} | {n3, s1, s2, s3}"),
        ("stock", 1, "{n1, a client} | {n2, n3}"),
        ("classic-2013", 2, "{n1, n2, a client} | {n3, n4, n5}"),
    ],
)
def test_the_shipped_deployments(name: str, lowest: int, broken: str) -> None:
    """The lowest safe level, and the split that breaks the one below."""
    (safety,) = split_safety_of(load_deployment(name)).values()
    assert safety.lowest_safe == lowest
    assert str(safety.breaking[lowest - 1]) == broken


def test_many_machines_take_no_time() -> None:
    """32 machines have two thousand million splits; those of equal machines are one."""
    data = ", ".join(f"n{number}" for number in range(16))
    sentinels = ", ".join(f"s{number}" for number in range(16))
    (safety,) = split_safety_of(deployment(f"data: [{data}]\nsentinels: [{sentinels}]")).values()
    assert safety.lowest_safe == 15
    assert safety.replicas == 15


def test_many_priorities_take_no_time() -> None:
    """Sixteen machines of which no two are equal."""
    others = [Site(f"n{number}", (number,), number % 2) for number in range(1, 16)]
    assert split_safety(Site("n0", (), 1), others, 5).lowest_safe == 15


def test_without_a_failover_nothing_is_lost() -> None:
    """Two Sentinels beside the data: no side without the primary has both."""
    (safety,) = split_safety_of(deployment("data: [n1, n2, n3]\nsentinels: [n1, n2]")).values()
    assert (safety.lowest_safe, safety.breaking) == (0, {})


def test_hosts_of_one_machine_are_on_one_side(tree: Callable[[dict[str, str]], Path]) -> None:
    """Sentinels in folders of their own, with the addresses of the data nodes, are not on hosts of their own."""
    files = {}
    for number in (1, 2, 3):
        follows = "" if number == 1 else "replicaof 10.0.0.1 6379\n"
        files[f"n{number}/redis.conf"] = f"bind 10.0.0.{number}\n{follows}"
        files[f"s{number}/sentinel.conf"] = f"bind 10.0.0.{number}\nsentinel monitor mymaster 10.0.0.1 6379 2\n"
    (safety,) = split_safety_of(read_folder(tree(files))).values()
    assert safety.lowest_safe == 1
    assert str(safety.breaking[0]) == "{n1+s1, a client} | {n2+s2, n3+s3}"

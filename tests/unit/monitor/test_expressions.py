"""What is proven of expressions: ranges of values under arithmetic and comparisons, and trees that are read and shown again."""

import itertools
import math
import operator

import pytest

from jsquared.errors import BadInputError
from jsquared.monitor.expressions.ranges import (
    ANYTHING,
    COMPARISONS,
    NOT_NEGATIVE,
    NOTHING,
    Range,
    always,
    arithmetic,
    as_truth,
    of_points,
    passing,
)
from jsquared.monitor.expressions.tree import Series, shown
from jsquared.monitor.promql import parsed

INF = math.inf
RANGES = [
    of_points([0.0, 1.0]),
    of_points([2.0]),
    of_points([-1.0, 0.5, 7.0]),
    NOT_NEGATIVE,
    ANYTHING,
    Range(-2.0, 3.0, None, nan=False),
    Range(5.0, INF, None, nan=False),
    Range(-INF, -4.0, None, nan=False),
]
SAMPLES = [-INF, -9.0, -4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 1e300, INF, math.nan]
COMPARED = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
COMPUTED = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%": math.fmod}


def members(values: Range) -> list[float]:
    """The samples that are in a range."""
    return [sample for sample in SAMPLES if has(values, sample)]


def has(values: Range, sample: float) -> bool:
    """Whether a range has a value."""
    if math.isnan(sample):
        return values.nan
    return sample in values.points if values.points is not None else values.low <= sample <= values.high


@pytest.mark.parametrize(("left", "right"), list(itertools.product(RANGES, RANGES)))
def test_no_value_that_is_possible_is_left_out(left: Range, right: Range) -> None:
    """Of a filter, of a truth, and of arithmetic, for each pair of values in each pair of ranges."""
    for one, other in itertools.product(members(left), members(right)):
        for op, compare in COMPARED.items():
            holds = compare(one, other)
            assert not holds or has(passing(op, left, right), one), (op, one, other)
            assert holds or not always(op, left, right), (op, one, other)
            assert has(as_truth(op, left, right), float(holds)), (op, one, other)
        for op, compute in COMPUTED.items():
            try:
                value = compute(one, other)
            except (ZeroDivisionError, ValueError, OverflowError):
                value = math.nan
            assert has(arithmetic(op, left, right), value), (op, one, other)


@pytest.mark.parametrize("values", RANGES)
def test_sums_and_means_stay_within(values: Range) -> None:
    """For each one and two of its values."""
    some = members(values)
    for chosen in [*itertools.combinations(some, 1), *itertools.combinations_with_replacement(some, 2)]:
        assert has(values.total(), sum(chosen))
        assert has(values.mean(), sum(chosen) / len(chosen))
        assert all(has(values | NOTHING, value) and has(NOTHING | values, value) for value in chosen)


def test_a_range_says_what_it_is() -> None:
    """In words that follow the name of a series."""
    assert [str(values) for values in RANGES[:6]] == [
        "is 0 or 1",
        "is 2",
        "is -1 or 0.5 or 7",
        "is never below 0",
        "can be anything",
        "is from -2 to 3",
    ]
    assert str(RANGES[7]) == "is never above -4"
    assert of_points([math.nan]) == ANYTHING
    assert of_points(map(float, range(100))).points is None
    assert set(COMPARED) == COMPARISONS


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('redis_up{job="a", role!~"b"} == bool 0', 'redis_up{job="a", role!~"b"} == bool 0'),
        ("sum by (job, instance) (rate(a[5m]))", "sum by (job, instance) (rate(a[300s]))"),
        ("-a and b unless 1 + time() > c", "(-a and b) unless ((1 + time()) > c)"),
        ('label_replace(a, "b", "c", "d", "e")', 'label_replace(a, "b", "c", "d", "e")'),
        ("topk without (job) (3, -(a + b))", "topk without (job) (-(a + b))"),
        ("max_over_time((a == 1)[5m:1m])", "max_over_time((a == 1)[…])"),
    ],
)
def test_an_expression_is_shown_for_a_sentence(text: str, words: str) -> None:
    """With brackets around what an operator joins, and without what would make it long."""
    assert shown(parsed(text).tree) == words


def test_a_long_expression_is_cut() -> None:
    """Where it would fill a line."""
    assert shown(parsed("a" * 100).tree) == "a" * 59 + "…"


def test_trees_compare_by_what_they_say() -> None:
    """Times are part of it, and brackets are not."""
    assert parsed("((a))").tree == parsed("a").tree == Series("a")
    trees = {
        parsed(text).tree for text in ("a", "a offset 5m", "a offset -5m", "a @ 7", "a @ start()", "a[5m:1m]", "a[5m:]")
    }
    assert len(trees) == 7
    with pytest.raises(BadInputError, match="'or' between labels"):
        parsed('a{b="c" or d="e"}')

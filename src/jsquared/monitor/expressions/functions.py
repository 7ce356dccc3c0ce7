"""What functions and aggregations make of the values that go into them.

All of them are empty of nothing, except absent() and what needs no series at all.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial

from jsquared.monitor.expressions.ranges import ANYTHING, INF, NOT_NEGATIVE, Range, of_points
from jsquared.monitor.expressions.tree import Aggregation, Function, Number, Series

TWO_NEEDED = frozenset({"delta", "idelta", "deriv", "increase", "rate", "irate"})
"""Functions that have no result of a single sample."""
DIFFERENCES = TWO_NEEDED | {"changes", "resets"}
"""Functions that compare the samples of one series; of a single one changes() and resets() make 0."""
ABSENCE = frozenset({"absent", "absent_over_time"})
PICKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
"""Aggregations whose elements are those of what goes in."""
SAME_LABELS = frozenset(
    (
        "rate increase irate delta idelta deriv changes resets avg_over_time min_over_time max_over_time sum_over_time "
        "last_over_time count_over_time quantile_over_time stddev_over_time stdvar_over_time present_over_time abs ceil floor "
        "round clamp clamp_min clamp_max sgn sort sort_desc timestamp exp sqrt ln log2 log10"
    ).split()
)
"""Functions whose elements have the labels of what goes in, but for its name."""
COUNTED = Range(1.0, INF, None, nan=False)
_TIMES: Mapping[str, tuple[int, int]] = {
    "hour": (0, 23),
    "minute": (0, 59),
    "month": (1, 12),
    "day_of_month": (1, 31),
    "day_of_week": (0, 6),
    "days_in_month": (28, 31),
    "day_of_year": (1, 366),
}
NEEDS_NO_SERIES = frozenset({*_TIMES, "year"})
"""Functions that take the time of now where nothing is given."""


def _growth(values: Range) -> Range:
    return NOT_NEGATIVE if values.low >= 0 else ANYTHING


def _sign(value: float) -> float:
    return float((value > 0) - (value < 0))


def _absolute(values: Range) -> Range:
    if values.points is not None:
        return of_points(map(abs, values.points), nan=values.nan)
    least = 0.0 if values.low <= 0 <= values.high else min(abs(values.low), abs(values.high))
    return Range(least, max(abs(values.low), abs(values.high)), None, values.nan)


def _between(first: int, last: int, _: Range) -> Range:
    return of_points(map(float, range(first, last + 1)))


def _whole(rounding: Callable[[float], int]) -> Callable[[float], float]:
    return lambda value: float(rounding(value)) if math.isfinite(value) else value


_MADE: Mapping[str, Callable[[Range], Range]] = {
    **dict.fromkeys(("rate", "increase", "irate"), _growth),
    **dict.fromkeys(("changes", "resets", "stddev_over_time", "stdvar_over_time"), lambda _: NOT_NEGATIVE),
    **dict.fromkeys(("min_over_time", "max_over_time", "last_over_time", "sort", "sort_desc"), lambda values: values),
    **dict.fromkeys(("label_replace", "label_join", "sort_by_label", "sort_by_label_desc"), lambda values: values),
    "avg_over_time": Range.mean,
    "sum_over_time": Range.total,
    "count_over_time": lambda _: COUNTED,
    "present_over_time": lambda _: of_points([1.0]),
    "abs": _absolute,
    "ceil": lambda values: values.mapped(_whole(math.ceil)),
    "floor": lambda values: values.mapped(_whole(math.floor)),
    "sgn": lambda values: values.mapped(_sign),
    **{name: partial(_between, first, last) for name, (first, last) in _TIMES.items()},
}
_AGGREGATED: Mapping[str, Callable[[Range], Range]] = {
    "sum": Range.total,
    "avg": Range.mean,
    "min": lambda values: values,
    "max": lambda values: values,
    "group": lambda _: of_points([1.0]),
    "count": lambda _: COUNTED,
    "count_values": lambda _: COUNTED,
    "stddev": lambda _: NOT_NEGATIVE,
    "stdvar": lambda _: NOT_NEGATIVE,
    **dict.fromkeys(PICKING, lambda values: values),
}


def made(node: Function, values: Range, scrape_s: float | None) -> Range:
    """Return the values that a function gives, of what goes in.

    :param scrape_s: how often the series is scraped; None where nobody knows.
    """
    result = _MADE[node.name](values) if node.name in _MADE else ANYTHING
    match node.name, node.args:
        case "changes" | "resets", (Series() as series,) if scrape_s is not None and series.range_s < scrape_s:
            result = of_points([0.0])
        case "clamp_max", (_, Number(most)):
            result = values.mapped(lambda value: min(value, most))
        case "clamp_min", (_, Number(least)):
            result = values.mapped(lambda value: max(value, least))
        case "clamp", (_, Number(least), Number(most)) if least <= most:
            result = values.mapped(lambda value: max(least, min(value, most)))
        case "round", (_,):
            result = values.mapped(_whole(lambda value: math.floor(value + 0.5)))
        case "quantile_over_time", (Number(share), _) if 0 <= share <= 1:
            result = values.mean()
    return result


def aggregated(node: Aggregation, values: Range) -> Range:
    """Return the values of an aggregation, of those of what goes in."""
    if node.op == "quantile":
        share = node.parameter
        return values.mean() if isinstance(share, Number) and 0 <= share.value <= 1 else ANYTHING
    return _AGGREGATED[node.op](values) if node.op in _AGGREGATED else ANYTHING


def picks_nothing(node: Aggregation) -> bool:
    """True for topk(0, …) and its like."""
    return node.op in PICKING - {"limit_ratio"} and isinstance(node.parameter, Number) and node.parameter.value < 1

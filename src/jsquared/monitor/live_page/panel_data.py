"""The panels' numbers from Prometheus, on one grid of times, as the page draws them.

It asks the fixed queries of the panels and nothing else. Names of series come from servers and are made safe to show.
"""

import http.client
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec

from jsquared.errors import LabError
from jsquared.monitor.panel import Panel, Query, Shape
from jsquared.monitor.panel_catalogue import FAILOVERS, PANELS
from jsquared.monitor.profile import Profile
from jsquared.text import one_line

SPANS_MIN = (5, 15, 60, 360, 1440)
"""The spans that can be looked at, in minutes."""
POINTS = 400
FAILOVER_STEP_S = 30
"""The annotation lasts a minute, so it is looked for at least this often."""
MOST_SERIES = 100
ANSWER_LIMIT_S = 20.0
LARGEST_ANSWER_BYTES = 32 << 20
_LABEL = re.compile(r"\{\{(\w+)\}\}")


class Series(msgspec.Struct, frozen=True):
    """A series by its name, with a value for each time of the grid, None where there is none; of a number the last value alone."""

    name: str
    values: list[float | None]


class Span(msgspec.Struct, frozen=True):
    """Something that lasted, in seconds since 1970."""

    name: str
    begin: float
    end: float


class PanelData(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the page draws: panels by name, on a grid of times in seconds since 1970."""

    times: list[float]
    panels: dict[str, list[Series]]
    failovers: list[Span]


def read_panels(port: int, profile: Profile, minutes: int, now_s: float) -> PanelData:
    """Return the data of every panel.

    :param port: where Prometheus listens on 127.0.0.1.
    :param minutes: the span that is looked at, one of ``SPANS_MIN``.
    :param now_s: its end, in seconds since 1970.
    :raises LabError: Prometheus does not answer, or says that a query is wrong.
    """
    step = max(profile.scrape_s, math.ceil(minutes * 60 / POINTS))
    end = int(now_s) // step * step
    times = [float(t) for t in range(end - minutes * 60 // step * step, end + step, step)]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_LIMIT_S)
    try:
        prometheus = _Prometheus(connection, profile)
        return PanelData(
            times=times,
            panels={panel.name: list(prometheus.series(panel, times, step))[:MOST_SERIES] for panel in PANELS},
            failovers=list(prometheus.failovers(times, min(step, FAILOVER_STEP_S))),
        )
    except (OSError, http.client.HTTPException) as problem:
        raise LabError(f"does not answer ({one_line(str(problem))})", where="Prometheus") from problem
    finally:
        connection.close()


class _Prometheus:
    """One connection, for all queries of one answer."""

    def __init__(self, connection: http.client.HTTPConnection, profile: Profile) -> None:
        self._connection = connection
        self._profile = profile

    def series(self, panel: Panel, times: Sequence[float], step: int) -> Iterator[Series]:
        """Give a panel's series, sorted by name within each query."""
        for query in panel.queries:
            if panel.shape is Shape.NUMBER:
                answer = self._asked("query", query=query.filled(self._profile), time=times[-1])
                yield from sorted(
                    (Series(name, [_number(one["value"][1])]) for name, one in _named(query, answer)), key=_name
                )
            else:
                yield from sorted(
                    (Series(name, _on_grid(one["values"], times)) for name, one in self._range(query, times, step)),
                    key=_name,
                )

    def failovers(self, times: Sequence[float], step: int) -> Iterator[Span]:
        """Give a span for each stretch of samples of the annotation."""
        for name, one in self._range(FAILOVERS, times, step):
            begin = before = 0.0
            for at, _ in one["values"]:
                if at - before > step:
                    if begin:
                        yield Span(name, begin, before)
                    begin = at
                before = at
            yield Span(name, begin, before)

    def _range(self, query: Query, times: Sequence[float], step: int) -> Iterator[tuple[str, Any]]:
        answer = self._asked("query_range", query=query.filled(self._profile), start=times[0], end=times[-1], step=step)
        return _named(query, answer)

    def _asked(self, what: str, **words: Any) -> list[Any]:
        self._connection.request("GET", f"/api/v1/{what}?{urlencode(words)}")
        data = self._connection.getresponse().read(LARGEST_ANSWER_BYTES)
        try:
            answer = json.loads(data)
            if answer["status"] == "success":
                found: list[Any] = answer["data"]["result"]
                return found
            problem = str(answer["error"])
        except (ValueError, KeyError, TypeError):
            problem = "no answer in its own form"
        raise LabError(f"refuses a query ({one_line(problem)[:300]})", where="Prometheus")


def _named(query: Query, answer: list[Any]) -> Iterator[tuple[str, Any]]:
    return ((_legend(query.legend, one["metric"]), one) for one in answer)


def _legend(legend: str, labels: Mapping[str, str]) -> str:
    return one_line(_LABEL.sub(lambda match: labels.get(match[1], ""), legend))


def _name(series: Series) -> str:
    return series.name


def _on_grid(samples: Sequence[tuple[float, str]], times: Sequence[float]) -> list[float | None]:
    values = {round(at): _number(text) for at, text in samples}
    return [values.get(round(at)) for at in times]


def _number(text: str) -> float | None:
    """A value; None for what JSON has no word for."""
    value = float(text)
    return value if math.isfinite(value) else None

"""The runs' part of the server: the list, one run, trends, two runs side by side, and reports in frames.

A report may be somebody else's, with a script of its own. It is given with a policy that makes its origin a foreign one and lets it load
nothing, so that it can neither read the page nor ask the server. No path of a request is ever opened: the name of a run is looked up.
"""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from jsquared.errors import BadInputError, JSquaredError
from jsquared.journal.period import Period
from jsquared.journal.trend_page import trend_page
from jsquared.records.reading import read_bounded
from jsquared.report.words import objective_name, quantity
from jsquared.service import compare, runs
from jsquared.web.answers import refusal
from jsquared.web.lab_routes import told

MOST_LISTED = 1_000
MOST_JUDGED = 2
"""Comparisons at once: each judges two runs again."""
FRAME_HEADERS = {
    "Content-Security-Policy": "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
}
STILL_HEADERS = FRAME_HEADERS | {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
}
"""The same for pages without any script."""
HTML = "text/html; charset=utf-8"


class RunRoutes:
    """Answers questions about the run folders of one folder, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._judging = asyncio.Semaphore(MOST_JUDGED)

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/runs/list", self.list),
            Route("/runs/one/{run}", self.one),
            Route("/runs/compared/{old}/{new}", self.compared),
            Route("/frames/report/{run}", self.report),
            Route("/frames/trend/{period}", self.trend),
        ]

    async def list(self, request: Request) -> Response:  # noqa: ARG002 -- as every route
        """The newest runs."""
        return await told(self._list)

    def _list(self) -> Any:
        if not self._folder.is_dir():
            return {"folder": str(self._folder), "total": 0, "runs": []}
        found = runs.list_runs(runs.RunsRequest(runs=self._folder))
        return {"folder": found.folder, "total": found.total, "runs": found.runs[:MOST_LISTED]}

    async def one(self, request: Request) -> Response:
        """All that is known of one run, and whether it has a report."""
        return await told(lambda: self._one(request.path_params["run"]))

    def _one(self, run: str) -> Any:
        folder = runs.folder_of(self._folder, run)
        shown = msgspec.to_builtins(runs.show(self._folder, run))
        objectives = [
            {
                "name": objective_name(one["name"]),
                "value": quantity(one["value"], one["unit"]),
                "limit": quantity(one["limit"], one["unit"]),
                "outcome": one["outcome"],
            }
            for one in shown["facts"]["objectives"]
        ]
        return shown | {"objectives": objectives, "has_report": (folder / "report.html").is_file()}

    async def compared(self, request: Request) -> Response:
        """Two runs, objective by objective."""
        old, new = request.path_params["old"], request.path_params["new"]
        async with self._judging:
            return await told(lambda: self._compared(old, new))

    def _compared(self, old: str, new: str) -> Any:
        found = compare.compare(runs.folder_of(self._folder, old), runs.folder_of(self._folder, new))
        differences = [
            {
                "scenario": one.scenario,
                "objective": objective_name(one.objective),
                "old": quantity(one.old, one.unit),
                "new": quantity(one.new, one.unit),
                "change": one.change,
                "reason": one.reason,
            }
            for one in found.differences
        ]
        return {"outcome": found.outcome, "differences": differences}

    async def report(self, request: Request) -> Response:
        """A run's report, for a frame."""
        run = request.path_params["run"]
        return await _framed(
            request, lambda: read_bounded(runs.folder_of(self._folder, run) / "report.html"), FRAME_HEADERS
        )

    async def trend(self, request: Request) -> Response:
        """Failover times, losses and outcomes over time, for a frame."""
        period = request.path_params["period"]
        return await _framed(request, lambda: self._trend(period), STILL_HEADERS)

    def _trend(self, period: str) -> bytes:
        known = [str(one) for one in Period]
        if period not in known:
            raise BadInputError(f"'{period[:80]}' is not a period", where="the trend", hint=", ".join(known))
        request = runs.RunsRequest(runs=self._folder)
        return trend_page(runs.trend(request, Period(period), None)).encode("utf-8", "backslashreplace")


async def _framed(request: Request, read: Callable[[], bytes], headers: dict[str, str]) -> Response:
    """Answer a frame of this page alone: in a window of its own a report could lead its reader elsewhere."""
    if request.headers.get("sec-fetch-dest", "iframe") != "iframe":
        return PlainTextResponse("this is shown within the page alone\n", HTTPStatus.FORBIDDEN)
    try:
        return Response(await run_in_threadpool(read), HTTPStatus.OK, headers, media_type=HTML)
    except JSquaredError as problem:
        return refusal(problem)

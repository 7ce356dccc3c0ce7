"""The lab's part of the server: what is new as a stream, what can be broken, the end of a log, and changes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from jsquared.errors import JSquaredError
from jsquared.text import printable
from jsquared.web.answers import answer, refusal
from jsquared.web.lab_watch import CHART, STATUS, LabWatch
from jsquared.web.page_changes import Changes

MOST_STREAMS = 8
MOST_CHANGES = 4
"""At once; the lab does them one after the other anyway."""
LOOK_S = 0.1
KEEP_ALIVE_S = 10.0
"""A line without meaning: it finds out that the browser has gone."""


class LabRoutes:
    """Answers questions about one lab, until it is closed."""

    def __init__(self, watch: LabWatch, changes: Changes) -> None:
        self._watch = watch
        self._changes = changes
        self._streams = 0
        self._changing = 0
        self._closing = False

    def routes(self) -> list[Route]:
        """Return the routes."""
        return [
            Route("/lab/stream", self.stream),
            Route("/lab/faults", self.faults),
            Route("/lab/log/{node:path}", self.log),
            Route("/change", self.change, methods=["POST"]),
        ]

    def close(self) -> None:
        """Let every stream end."""
        self._closing = True

    async def stream(self, request: Request) -> Response:  # noqa: ARG002 -- as every route
        """What is new, as server-sent events, each the whole newest state of its kind."""
        if self._streams >= MOST_STREAMS:
            return PlainTextResponse("too many pages look at the lab\n", HTTPStatus.SERVICE_UNAVAILABLE)
        return StreamingResponse(self._news(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})

    async def _news(self) -> AsyncIterator[bytes]:
        seen = {STATUS: 0, CHART: 0}
        self._streams += 1
        quiet_s = 0.0
        try:
            with self._watch.viewer():
                while not self._closing:
                    for kind, number in seen.items():
                        if (newest := self._watch.newest(kind, number)) is not None:
                            seen[kind], text = newest
                            quiet_s = 0.0
                            yield b"event: %s\ndata: %s\n\n" % (kind.encode(), text)
                    if quiet_s > KEEP_ALIVE_S:
                        quiet_s = 0.0
                        yield b": still here\n\n"
                    await asyncio.sleep(LOOK_S)
                    quiet_s += LOOK_S
        finally:
            self._streams -= 1

    async def faults(self, request: Request) -> Response:  # noqa: ARG002 -- as every route
        """Every fault of the catalogue, with its targets in this lab."""
        return await told(lambda: self._watch.lab().fault_kinds())

    async def log(self, request: Request) -> Response:
        """The end of a server's or client's log, with marks for secrets."""
        node = request.path_params["node"]
        return await told(lambda: {"node": node, "text": printable(self._watch.lab().logs(node), keep="\n\t")})

    async def change(self, request: Request) -> Response:
        """Do a change, and say what came of it."""
        if self._changing >= MOST_CHANGES:
            return answer({"problem": "it is still busy", "where": "", "hint": ""}, HTTPStatus.TOO_MANY_REQUESTS)
        self._changing += 1
        try:
            return await told(partial(self._changes.do, await request.body()))
        finally:
            self._changing -= 1


async def told(ask: Callable[[], Any]) -> Response:
    """Return the answer of something that takes its time, or the line that says why there is none."""
    try:
        return answer(await run_in_threadpool(ask))
    except JSquaredError as problem:
        return refusal(problem)

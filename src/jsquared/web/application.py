"""The application: all routes below the room, behind the guard."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from jsquared.web.access_keys import AccessKeys
from jsquared.web.guard import Guard
from jsquared.web.lab_routes import LabRoutes
from jsquared.web.page_files import HTML, file_of, page_of
from jsquared.web.run_routes import RunRoutes

Answer = Callable[[Request], Awaitable[Response]]


def application(keys: AccessKeys, port: int, lab: LabRoutes, runs: RunRoutes) -> ASGIApp:
    """Return the application of a server that listens on this port of 127.0.0.1."""
    routes = [
        Route("/", _page("lab", keys)),
        Route("/runs", _page("runs", keys)),
        Route("/run/{run}", _page("run", keys)),
        Route("/compare/{old}/{new}", _page("compare", keys)),
        Route("/files/{name}", _file),
        *lab.routes(),
        *runs.routes(),
    ]
    return Guard(Starlette(routes=[Mount(f"/{keys.room}", routes=routes)]), keys, port)


def _page(name: str, keys: AccessKeys) -> Answer:
    text = page_of(name, keys.room, keys.change_mark)

    async def page(request: Request) -> Response:  # noqa: ARG001 -- as every route
        return Response(text, media_type=HTML)

    return page


async def _file(request: Request) -> Response:
    found = file_of(request.path_params["name"])
    if found is None:
        return PlainTextResponse("there is nothing here\n", HTTPStatus.NOT_FOUND)
    return Response(found[0], media_type=found[1])

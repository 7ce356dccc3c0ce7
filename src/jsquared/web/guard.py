"""Looks at every request before anything else does: who asks, from where, under which name, with how much.

Refused are other names than this server's own (a foreign page may have had its name point here), requests without the cookie, requests of
other sites, changes without the mark and without the own origin, and bodies that are too long.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jsquared.report.page_headers import page_headers
from jsquared.web.access_keys import AccessKeys

COOKIE = "jsquared"
MARK_HEADER = "x-jsquared-change"
LARGEST_BODY_BYTES = 16 << 10
BODY_LIMIT_S = 10.0
"""A body that comes more slowly is not waited for."""
OWN_SITES = ("", "same-origin", "none")
"""What Sec-Fetch-Site says of a request of this page, or of a person who types an address; browsers of old say nothing."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Of the page: its own files alone, no script and no style within markup, and no frame around it."""


@dataclass(frozen=True)
class Refused:
    """Why a request is refused, in words for whoever has sent it."""

    status: HTTPStatus
    words: str


class Guard:
    """Lets the application see only what may be asked, and puts the headers of every answer."""

    def __init__(self, app: ASGIApp, keys: AccessKeys, port: int) -> None:
        self._app = app
        self._keys = keys
        self._hosts = frozenset(f"{name}:{port}" for name in ("127.0.0.1", "localhost"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request, or pass it on."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        answer = with_headers(send)
        if (refused := self.refusal_of(scope["method"], scope["path"], request.headers)) is not None:
            await PlainTextResponse(f"{refused.words}\n", refused.status)(scope, receive, answer)
        elif scope["path"] == "/":
            await self._let_in(request.query_params.get("token", ""))(scope, receive, answer)
        else:
            await self._pass_on(scope, receive, answer)

    def refusal_of(self, method: str, path: str, headers: Mapping[str, str]) -> Refused | None:
        """Return why a request may not be answered; None: it may."""
        if headers.get("host", "") not in self._hosts:
            return Refused(HTTPStatus.FORBIDDEN, "this server has another name")
        if method not in ("GET", "POST"):
            return Refused(HTTPStatus.METHOD_NOT_ALLOWED, "only GET and POST are answered")
        return None if method == "GET" and path == "/" else self._refusal_in_room(method, path, headers)

    def _refusal_in_room(self, method: str, path: str, headers: Mapping[str, str]) -> Refused | None:
        if not path.startswith(f"/{self._keys.room}/"):
            return Refused(HTTPStatus.NOT_FOUND, "there is nothing here")
        if not self._keys.knows(cookie_in(headers.get("cookie", ""))):
            return Refused(HTTPStatus.UNAUTHORIZED, "open the address that 'jsquared serve' has printed")
        if headers.get("sec-fetch-site", "") not in OWN_SITES:
            return Refused(HTTPStatus.FORBIDDEN, "another site asks")
        return self._refusal_of_change(headers) if method == "POST" else None

    def _refusal_of_change(self, headers: Mapping[str, str]) -> Refused | None:
        if headers.get("origin", "") != f"http://{headers.get('host', '')}":
            return Refused(HTTPStatus.FORBIDDEN, "a change comes from this page alone")
        if not self._keys.allows_change(headers.get(MARK_HEADER, "")):
            return Refused(HTTPStatus.FORBIDDEN, "a change needs the mark of this page")
        if headers.get("content-type", "") != "application/json":
            return Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a change is JSON")
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return Refused(HTTPStatus.LENGTH_REQUIRED, "a change says how long it is")
        if len(length) > 9 or int(length) > LARGEST_BODY_BYTES:
            return Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"more than {LARGEST_BODY_BYTES:,} bytes")
        return None

    def _let_in(self, token: str) -> Response:
        """Exchange the token of the address for the cookie, and lead to the page without it."""
        if not self._keys.opens(token):
            return PlainTextResponse("open the address that 'jsquared serve' has printed\n", HTTPStatus.UNAUTHORIZED)
        room = f"/{self._keys.room}/"
        answer = RedirectResponse(room, HTTPStatus.SEE_OTHER)
        answer.set_cookie(COOKIE, self._keys.cookie, path=room, httponly=True, samesite="strict")
        return answer

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] == "GET":
            await self._app(scope, receive, send)
            return
        body = await _body(receive)
        if body is None:
            refused = PlainTextResponse("the body is too long or too slow\n", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            await refused(scope, receive, send)
            return
        told = False

        async def replay() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)


async def _body(receive: Receive) -> bytes | None:
    """The whole body; None where it is longer than it may be, or comes too slowly."""
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(BODY_LIMIT_S):
            while True:
                message = await receive()
                parts.append(message.get("body", b""))
                if message["type"] != "http.request" or sum(map(len, parts)) > LARGEST_BODY_BYTES:
                    return None
                if not message.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        return None


def cookie_in(header: str) -> str:
    """Return the value of our cookie; empty where there is none."""
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return found.value if found is not None else ""


def with_headers(send: Send) -> Send:
    """Put the headers of all pages into an answer; a policy of its own, which frames have, stays."""

    async def put(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(raw=message.setdefault("headers", []))
            policy = Headers(raw=message["headers"]).get("content-security-policy", POLICY)
            for name, value in page_headers(policy).items():
                headers.setdefault(name, value)
        await send(message)

    return put

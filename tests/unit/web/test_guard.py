"""The guard of the live page: who gets in, which requests are refused, and the headers of every answer."""

import socket

import pytest

from jsquared.web.access_keys import AccessKeys
from jsquared.web.guard import LARGEST_BODY_BYTES, POLICY, cookie_in

HEAL = {"do": "heal", "id": ""}


def test_the_token_is_exchanged_for_a_cookie(served) -> None:
    """The printed address leads to the page without the token; its cookie is for this page alone and out of reach of scripts."""
    token = served.server.url.partition("token=")[2]
    answer = served.request("GET", f"/?token={token}", room=False, Cookie=None, Sec_Fetch_Site="none", Origin=None)
    room = f"/{served.server.keys.room}/"
    assert (answer.status, answer.headers["location"]) == (303, room)
    kept = answer.headers["set-cookie"]
    assert kept.startswith(f"jsquared={served.server.keys.cookie};")
    assert {"HttpOnly", f"Path={room}", "SameSite=strict"} <= set(kept.split("; "))
    assert token not in served.get("/").body.decode()
    assert served.get("/").status == 200


def test_without_the_token_there_is_no_cookie(served) -> None:
    """Whatever else is in the address."""
    for query in ("", "?token=", "?token=wrong", "?token=%ff", "?token=%C3%A9", "?Token=x&token=y"):
        answer = served.request("GET", "/" + query, room=False, Cookie=None)
        assert (answer.status, "set-cookie" in answer.headers) == (401, False)


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Host": "attacker.example"}, 403),
        ({"Host": "127.0.0.1"}, 403),
        ({"Host": "127.0.0.1:1"}, 403),
        ({"Host": "localhost.:{port}"}, 403),
        ({"Host": None}, 400),
        ({"Cookie": None}, 401),
        ({"Cookie": "jsquared=wrong"}, 401),
        ({"Cookie": "jsquared"}, 401),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
    ],
)
def test_reading_is_for_this_page_alone(served, changed: dict[str, str | None], status: int) -> None:
    """A foreign name, a missing or wrong cookie and another site are refused, whatever is asked for."""
    given = {name: value and value.format(port=served.server.port) for name, value in changed.items()}
    for path in ("/", "/lab/faults", "/lab/stream", "/runs/list", "/files/report.css", "/frames/trend/day"):
        assert served.get(path, **given).status == status
    assert served.get("/lab/faults", Host=f"localhost:{served.server.port}").status == 200


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Origin": None}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://attacker.example"}, 403),
        ({"Origin": "https://{own}"}, 403),
        ({"Origin": "http://{own}.attacker.example"}, 403),
        ({"X_JSquared_Change": None}, 403),
        ({"X_JSquared_Change": "wrong"}, 403),
        ({"Cookie": None}, 401),
        ({"Host": "attacker.example", "Origin": "http://attacker.example"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Content_Type": "text/plain"}, 415),
        ({"Content_Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content_Length": "x"}, 400),
        ({"Content_Length": str(LARGEST_BODY_BYTES + 1)}, 413),
    ],
)
def test_a_change_comes_from_this_page_alone(served, changed: dict[str, str | None], status: int) -> None:
    """Without the own origin, the mark, the cookie, JSON or a short body nothing is changed."""
    given = {name: value and value.format(own=served.own) for name, value in changed.items()}
    before = len([one for one in served.lab.asked if "Heal" in type(one).__name__])
    assert served.change(HEAL, **given).status == status
    assert len([one for one in served.lab.asked if "Heal" in type(one).__name__]) == before
    assert served.change(HEAL).status == 200


def test_other_methods_are_refused(served) -> None:
    """Only GET reads and only POST changes."""
    for method in ("HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"):
        assert served.request(method, "/lab/faults").status == 405


def test_reading_changes_nothing(served) -> None:
    """The address of changes is not there for GET, nor is any other for POST."""
    assert served.get("/change").status == 405
    assert served.request("POST", "/runs/list", b"{}").status == 405


@pytest.mark.parametrize(
    "path", ["/../", "/files/..%2f..%2fpyproject.toml", "/files/lab.html", "/nothing", "//", "/%00"]
)
def test_nothing_else_is_there(served, path: str) -> None:
    """No path of a request is one of the machine, and outside of the room there is nothing at all."""
    assert served.get(path).status == 404
    assert served.request("GET", "/runs/list", room=False).status == 404
    assert served.request("GET", "/x/runs/list", room=False).status == 404


def test_every_answer_has_the_headers(served) -> None:
    """No inline script, no frame around the page, no referrer, nothing kept, and no other site is let in."""
    answers = [
        served.get("/"),
        served.get("/runs/list"),
        served.get("/nothing"),
        served.get("/", Host="x"),
        served.change(HEAL),
    ]
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers
        assert "server" not in answer.headers
    assert "unsafe" not in POLICY
    assert "frame-ancestors 'none'" in POLICY


def test_a_body_that_never_ends_is_refused(served) -> None:
    """Chunks without a length are no change."""
    answer = served.request("POST", "/change", Transfer_Encoding="chunked", Content_Length=None)
    assert answer.status == 411


def test_long_headers_are_refused(served) -> None:
    """A request whose head does not end is cut off."""
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=30) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * (40 << 10))
        assert b"400" in connection.recv(100)


def test_secrets_are_in_no_representation() -> None:
    """Every server has its own, and none of them is printed by accident."""
    first, second = AccessKeys(), AccessKeys()
    assert (
        len({first.token, second.token, first.cookie, second.cookie, first.change_mark, first.room, second.room}) == 7
    )
    assert first.token not in repr(first)
    assert not first.opens(second.token)
    assert first.opens(first.token)


@pytest.mark.parametrize(
    ("header", "value"),
    [("", ""), ("a=b", ""), ("a=b; jsquared=c", "c"), ("jsquared=c; jsquared=d", "d"), ("\x00=;", "")],
)
def test_only_our_cookie_is_read(header: str, value: str) -> None:
    """What is no cookie is none."""
    assert cookie_in(header) == value

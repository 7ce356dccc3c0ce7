"""The lab's part of the live page: its stream, its faults, logs, and every change, each with what is refused."""

import http.client
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import pytest

from jsquared.faults.catalogue import FAULTS
from jsquared.records import lab_messages as messages
from jsquared.records.event_lines import line_of
from jsquared.records.event_types import RoleChanged, SentinelEvent
from jsquared.records.lab_messages import LabLoad, LabNode
from jsquared.web import lab_routes
from support.fake_lab import FakeLab

MARKUP = "<img src=x onerror=alert(1)>\u202e"


class Stream:
    """An open stream of what is new."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.answer = answer

    def next(self, kind: str) -> Any:
        """The next event of a kind."""
        while True:
            name, data = self._event()
            if name == kind:
                return json.loads(data)

    def _event(self) -> tuple[str, str]:
        found = {"event": "", "data": ""}
        while line := self.answer.readline().decode().strip():
            name, _, value = line.partition(": ")
            found[name] = value
        return found["event"], found["data"]


@contextmanager
def streaming(served: Any) -> Iterator[Stream]:
    """Open a stream, and leave it."""
    connection = http.client.HTTPConnection("127.0.0.1", served.server.port, timeout=30)
    path = f"/{served.server.keys.room}/lab/stream"
    connection.request("GET", path, headers={"Cookie": f"jsquared={served.server.keys.cookie}"})
    try:
        yield Stream(connection.getresponse())
    finally:
        connection.close()


def test_a_stream_begins_with_the_newest_state(served) -> None:
    """And goes on with what changes: the status as it is, and the chart as the report's scripts draw it."""
    with streaming(served) as stream:
        assert stream.answer.getheader("content-type") == "text/event-stream; charset=utf-8"
        assert stream.next("status")["lab"]["primary"] == "redis-n1"
        assert {"groups", "events", "clients", "end"} <= set(stream.next("chart"))
        served.lab.primaries = ["redis-n2"]
        while stream.next("status")["lab"]["primary"] != "redis-n2":
            pass
        served.lab.lines = [line_of(RoleChanged("primary", source="redis-n1", t_ms=5.0))]
        while not (told := stream.next("chart"))["groups"][1]["lanes"][0]["segments"]:
            pass
        assert told["groups"][1]["lanes"][0]["segments"][0][2] == "primary"


def test_a_lab_that_ends_is_told_and_found_again(served) -> None:
    """The page says that none is up, refuses changes, and follows the next one by itself."""
    with streaming(served) as stream:
        served.lab.close()
        while (told := stream.next("status"))["up"]:
            pass
        assert "jsquared lab up" in told["problem"]
        answer = served.change({"do": "heal"})
        assert (answer.status, answer.told["hint"]) == (400, "jsquared lab up")
        FakeLab(name="next").start()
        while not stream.next("status")["up"]:
            pass


def test_streams_are_few(served, monkeypatch: pytest.MonkeyPatch, wait_until: Callable[..., None]) -> None:
    """One more than allowed is refused until another one has ended."""
    monkeypatch.setattr(lab_routes, "MOST_STREAMS", 1)
    with streaming(served) as stream:
        assert stream.next("status")["up"]
        with streaming(served) as another:
            assert another.answer.status == 503
    monkeypatch.setattr(lab_routes, "KEEP_ALIVE_S", 0.01)

    def is_free() -> bool:
        with streaming(served) as again:
            return again.answer.status == 200

    wait_until(is_free, 20, "the stream that was left has ended")


def test_every_fault_is_offered(served) -> None:
    """As the catalogue of the command line has it, with parameters, targets, and why it cannot be had."""
    offered = {one["name"]: one for one in served.get("/lab/faults").told}
    assert list(offered) == list(FAULTS)
    assert offered["kill"]["usual_targets"] == ["primary"]
    assert offered["cut"]["unavailable_because"] == "the memory sandbox lacks links"
    assert offered["cut"]["parameters"][0]["choices"][0] == "all"


def test_a_fault_is_injected_and_healed(served) -> None:
    """With its targets, its parameters and a time after which it heals by itself; what was measured comes back."""
    told = served.change(
        {
            "do": "break",
            "fault": "kill",
            "targets": ["primary"],
            "parameters": {"between_fsyncs": True},
            "heal_after_s": 2.5,
        }
    ).told
    assert (told["id"], told["evidence"]) == ("kill", "it")
    [asked] = [one for one in served.lab.asked if isinstance(one, messages.AskToBreak)]
    assert (asked.targets, asked.parameters, asked.heal_after_ms) == (("primary",), {"between_fsyncs": True}, 2500)
    [healed] = served.change({"do": "heal", "id": "kill"}).told
    assert healed["heal_evidence"] == "it answers"


def test_what_did_not_bite_is_no_success(served) -> None:
    """It is told apart from what was wrongly asked, and both in one line with what to try."""
    served.lab.bites = False
    answer = served.change({"do": "break", "fault": "kill", "targets": ["primary"]})
    assert (answer.status, answer.told["problem"]) == (409, "did not bite: it runs")
    answer = served.change({"do": "break", "fault": "nonsense"})
    assert (answer.status, answer.told["hint"]) == (400, "kill")


def test_the_load_is_driven(served) -> None:
    """It begins at a rate, goes on at another one, and ends; a rate that no client can have is refused."""
    assert served.change({"do": "load", "action": "start", "rate_per_s": 50}).told["state"] == "running"
    assert served.change({"do": "load", "action": "rate", "rate_per_s": 700}).told["rate_per_s"] == 700
    assert served.change({"do": "load", "action": "rate"}).status == 400
    assert served.change({"do": "load", "action": "rate", "rate_per_s": 10**9}).status == 400
    assert served.change({"do": "load", "action": "stop"}).told["state"] == "ended"
    [began] = [one for one in served.lab.asked if isinstance(one, messages.AskForLoad)]
    assert began.rate_per_s == 50


def test_a_session_is_saved_among_the_runs(served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a name of its own, judged; then another one begins."""
    saved: list[Any] = []
    monkeypatch.setattr(FakeLab, "save", lambda lab, path: saved.append(path) or lab.saved)
    told = served.change({"do": "save"}).told
    assert (told["outcome"], told["reasons"]) == ("pass", ["a reason"])
    assert [path.parent for path in saved] == [served.runs]
    assert saved[0].name == told["run"]
    assert told["run"].endswith("-lab-1")
    assert served.change({"do": "again"}).told is None
    assert served.lab.session == 2


@pytest.mark.parametrize(
    "body",
    [
        b"", b"nonsense", b"[]", b"{}", b'{"do": "everything"}', b'{"do": "heal", "more": 1}', b'{"do": "break"}',
        b'{"do": "load", "action": "explode"}', b'{"do": "break", "fault": "kill", "heal_after_s": -1}',
        b'{"do": "break", "fault": "kill", "heal_after_s": 1e99}', b'{"do": "break", "fault": "kill", "targets": "primary"}',
        b'{"do": "report", "run": "../../etc"}', b'{"do": "heal", "id": "\xff"}', b"[" * 5000,
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_one_line(served, body: bytes) -> None:
    """And changes nothing."""
    answer = served.request("POST", "/change", body)
    assert answer.status == 400
    assert "\n" not in answer.told["problem"]
    assert not any(isinstance(one, messages.AskToBreak | messages.AskToHeal) for one in served.lab.asked)


def test_changes_at_once_are_few(served, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more than allowed is told to come again."""
    monkeypatch.setattr(lab_routes, "MOST_CHANGES", 0)
    assert served.change({"do": "heal"}).status == 429


def test_a_log_is_text(served) -> None:
    """The end of a log comes as text in which nothing is hidden or obeyed."""
    assert served.get("/lab/log/redis-n1").told["text"] == "the log of redis-n1\n<b>\\x1b[2J"
    assert served.get("/lab/log/" + "%3Cb%3E").told["node"] == "<b>"


def test_hostile_names_stay_text(served, wait_until: Callable[..., None]) -> None:
    """Names of nodes and words of Sentinels with markup come as JSON in ASCII, and what a browser would reorder is an escape."""
    node = LabNode(name=MARKUP, role="data", host=MARKUP, address="10.0.0.1", port=1, is_running=True, says="primary")
    served.lab.nodes = (node,)
    served.lab.state = LabLoad(state="running", clients=(MARKUP,))
    served.lab.lines = [
        line_of(SentinelEvent("+sdown", MARKUP, "log", source="sentinel-n1", t_ms=5.0)),
        "no event",
        "{}",
    ]
    with streaming(served) as stream:
        while not (told := stream.next("status"))["lab"]["nodes"]:
            pass
        assert told["lab"]["nodes"][0]["name"] == MARKUP.replace("\u202e", "\\u202e")
        while not (told := stream.next("chart"))["events"]:
            pass
        assert told["events"][0]["payload"] == MARKUP.replace("\u202e", "\\u202e")
    status = served.server._watch.newest("status")
    assert status is not None
    assert status[1].isascii()
    assert b"\n" not in status[1]


def test_a_slow_reader_costs_nothing(served) -> None:
    """Only the newest state is kept, however many there were."""
    watch = served.server._watch
    for number in range(500):
        watch._publish("chart", {"number": number})
    newest = watch.newest("chart")
    assert newest is not None
    assert msgspec.json.decode(newest[1]) == {"number": 499} or b"groups" in newest[1]
    assert len(watch._states) == 2

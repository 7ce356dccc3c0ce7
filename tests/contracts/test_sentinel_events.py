"""What real Sentinels publish reaches the store and the counters once each, through failovers and lost connections."""

import contextlib
import json
import queue
import re
import signal
import subprocess
import threading
import urllib.request
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jsquared.cli.main import main
from jsquared.errors import BadInputError
from jsquared.logs.sentinel_events import KNOWN_EVENTS
from jsquared.monitor.log_store.event_store import LogStore
from jsquared.monitor.log_store.log_event import StoredLine
from jsquared.monitor.log_store.log_query import parse_query
from jsquared.monitor.log_store.store_search import Wanted, matching
from jsquared.running.discovered import place
from jsquared.service.access import AccessRequest
from jsquared.service.count_events import EventCountRequest, count_events
from jsquared.service.search_logs import LogSearchRequest, search_logs


class Running:
    """Something that goes on in a thread until it is told to end; what it raised comes out there."""

    def __init__(self, work: Callable[[Callable[[], bool]], Any]) -> None:
        self.is_over = threading.Event()
        self.ended: queue.Queue[Any] = queue.Queue()
        self.thread = threading.Thread(target=self._run, args=(work,))
        self.thread.start()

    def _run(self, work: Callable[[Callable[[], bool]], Any]) -> None:
        try:
            self.ended.put(work(lambda: not self.is_over.is_set()))
        except BaseException as problem:
            self.ended.put(problem)

    def end(self) -> Any:
        """End it, and give what it returned."""
        self.is_over.set()
        self.thread.join()
        result = self.ended.get()
        if isinstance(result, BaseException):
            raise result
        return result


def access(lab, sentinel: int = 0) -> AccessRequest:
    """One Sentinel of the lab's deployment, from which all others are found."""
    return AccessRequest(sentinels=[place(*lab.servers.sentinel(sentinel))])


def test_a_failover_reaches_the_store_once_for_each_sentinel(either_lab, tmp_path: Path) -> None:
    """Each Sentinel's +switch-master is kept once from its channel and once from its log, and printed as it comes."""
    lab = either_lab
    lab.stand_up(1, 3)
    shown: list[StoredLine] = []
    store = tmp_path / "events.db"
    logs = [lab.servers.folder / f"sentinel-{number}" / "log" for number in range(3)]
    request = LogSearchRequest(
        words=["switch-master"], inputs=logs, access=access(lab), store=store, follow=True, events=["+switch-master"]
    )
    running = Running(lambda goes_on: search_logs(request, shown.extend, goes_on))
    try:
        lab.wait_until(lambda: begun(store) == 3, what="three subscriptions")
        lab.servers.signal("data-0", signal.SIGKILL)
        lab.wait_until(lambda: len(shown) >= 6, what="+switch-master of all, twice")
        lab.wait_until(lambda: len(events(store, "+slave")) >= 3, what="what follows a switch")
    finally:
        running.end()
    switches = Counter((line.source == "pubsub", line.node) for line in events(store, "+switch-master"))
    assert Counter(line.source == "pubsub" for line in shown) == {True: 3, False: 3}
    assert set(switches.values()) == {1}
    assert {node for is_pushed, node in switches if is_pushed} == {place(*lab.servers.sentinel(n)) for n in range(3)}
    assert {line.master for line in shown} == {"mymaster"}


def begun(store: Path) -> int:
    """How many subscriptions have begun, as the store has it; 0 while there is none."""
    with contextlib.suppress(BadInputError):  # it is not there, or is being made
        return len(events(store, "subscription-begun"))
    return 0


def events(store: Path, event: str) -> list[StoredLine]:
    """The lines of a kind in a store that another thread writes to."""
    with LogStore(store, is_written=False) as kept:
        return matching(kept, Wanted(query=parse_query([]), events=[event]), 1000)[0]


def counters(url: str, accept: str = "") -> dict[str, float]:
    """The samples of a page of metrics."""
    request = urllib.request.Request(url, headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line[:1] not in ("", "#")}


def switch(lab, sentinel: int) -> str:
    """The series of a Sentinel's switches."""
    labels = f'event="+switch-master",master_name="mymaster",instance="{place(*lab.servers.sentinel(sentinel))}"'
    return f"redis_sentinel_events_total{{{labels}}}"


def test_a_failover_is_counted_once_for_each_sentinel(either_lab) -> None:
    """All counters are there at 0 before it, and a Sentinel that was away is listened to again under its name."""
    lab = either_lab
    lab.stand_up(1, 3)
    said: list[str] = []
    pages: list[str] = []
    request = EventCountRequest(access=access(lab, 1), listen="127.0.0.1:0", rediscover_every_s=0.2)
    running = Running(lambda goes_on: count_events(request, goes_on, pages.append, said.append))
    try:
        lab.wait_until(lambda: sum("subscription-begun" in line for line in said) == 3, what="three subscriptions")
        [url] = pages
        before = counters(url)
        assert [before[switch(lab, number)] for number in range(3)] == [0, 0, 0]
        lab.servers.signal("data-0", signal.SIGKILL)
        lab.wait_until(lambda: all(counters(url)[switch(lab, n)] for n in range(3)), what="three switches are counted")
        now = counters(url)
        assert [now[switch(lab, number)] for number in range(3)] == [1, 1, 1]
        assert sum(count for name, count in now.items() if 'event="other"' in name) == 0
        lab.servers.signal("sentinel-2", signal.SIGKILL)
        lab.servers.processes["sentinel-2"].wait()
        up = f'redis_sentinel_events_subscribed{{instance="{place(*lab.servers.sentinel(2))}"}}'
        lab.wait_until(lambda: counters(url)[up] == 0, what="the loss is on the page")
        again(lab, 2)
        lab.wait_until(lambda: counters(url)[up] == 1, what="the Sentinel is listened to again")
        assert counters(url)[switch(lab, 2)] == 1
    finally:
        running.end()
    assert any("subscription-lost" in line for line in said)


def again(lab, number: int) -> None:
    """Start a Sentinel again with the configuration that it has written itself."""
    folder = lab.servers.folder / f"sentinel-{number}"
    with (folder / "log").open("ab") as log:
        argv = [str(lab.servers.engine), str(folder / "server.conf"), "--sentinel"]
        lab.servers.processes[f"sentinel-{number}"] = subprocess.Popen(argv, stdout=log, stderr=log)


def test_a_silent_sentinel_is_a_lost_subscription(lab) -> None:
    """One that is stopped, and answers no PING, is told to be lost, and begins again by itself."""
    lab.stand_up(0, 1)
    said: list[str] = []
    request = EventCountRequest(access=access(lab), listen="127.0.0.1:0")
    running = Running(lambda goes_on: count_events(request, goes_on, lambda _: None, said.append))
    try:
        lab.wait_until(lambda: any("subscription-begun" in line for line in said), what="a subscription")
        lab.servers.signal("sentinel-0", signal.SIGSTOP)
        lab.wait_until(lambda: any("is silent" in line for line in said), what="the silence is told")
        lab.servers.signal("sentinel-0", signal.SIGCONT)
        lab.wait_until(lambda: sum("subscription-begun" in line for line in said) == 2, what="it begins again")
    finally:
        lab.servers.signal("sentinel-0", signal.SIGCONT)
        running.end()


def test_the_page_is_what_promtool_takes(lab, tool) -> None:
    """Both text forms have the same samples, and promtool has nothing to say about the older one."""
    lab.stand_up(0, 1)
    pages: list[str] = []
    request = EventCountRequest(access=access(lab), listen="127.0.0.1:0")
    running = Running(lambda goes_on: count_events(request, goes_on, pages.append, lambda _: None))
    try:
        lab.wait_until(lambda: bool(pages), what="the page")
        with urllib.request.urlopen(pages[0], timeout=5) as answer:
            plain = answer.read()
        assert counters(pages[0]) == counters(pages[0], "application/openmetrics-text;version=1.0.0")
    finally:
        running.end()
    promtool = tool("promtool").path
    checked = subprocess.run([promtool, "check", "metrics"], input=plain, capture_output=True, check=False)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, b"", b"")


NO_EVENTS = {"-dirty", "-inf", "-nan"}
"""Other words of an engine's program that begin with a sign."""


def test_every_event_of_the_engines_is_known(either_lab) -> None:
    """No engine has the name of an event in its program that is not counted by its name."""
    program = Path(either_lab.servers.engine).read_bytes()
    names = {name.decode() for name in re.findall(rb"(?<=\0)([+-][a-z]{3,}(?:-[a-z]{2,})*)(?=\0)", program)}
    assert {"+switch-master", "+sdown", "-odown"} <= names
    assert names - KNOWN_EVENTS - NO_EVENTS == set()


def test_what_is_found_can_be_followed_by_another_process(lab, tmp_path: Path, capsys) -> None:
    """A store that one process writes to is searched by the command line of another at the same time."""
    lab.stand_up(0, 1)
    store = tmp_path / "events.db"
    request = LogSearchRequest(access=access(lab), store=store, follow=True)
    running = Running(lambda goes_on: search_logs(request, goes_on=goes_on))
    try:
        lab.wait_until(lambda: begun(store) == 1, what="the subscription")
        assert main(["logs", "--store", str(store), "--event", "subscription-begun", "--json"]) == 0
    finally:
        running.end()
    assert [line["event"] for line in json.loads(capsys.readouterr().out)["lines"]] == ["subscription-begun"]

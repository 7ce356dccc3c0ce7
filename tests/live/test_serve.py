"""The live page in a real browser: a failover by a click, hostile texts, hostile sites, and nothing left however it ends."""

import http.client
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browsing import WIDTHS, look_at, requested
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

import jsquared
from jsquared.records.event_lines import line_of
from jsquared.records.event_types import RoleChanged, SentinelEvent
from jsquared.records.lab_messages import AskToHeal, LabNode
from jsquared.records.private_files import make_private_folder
from jsquared.web.lab_watch import LabWatch
from jsquared.web.page_server import LivePageServer
from support.command_lines import UNMEASURED
from support.fake_lab import FakeLab
from support.process_tree import Traces
from support.sample_run import write_sample_run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

Wait = Callable[..., None]
MARKUP = '<img src=x onerror="document.title=1"><script>document.title=1</script>'
OVERFLOW = "return document.documentElement.scrollWidth - window.innerWidth"
SERVE = [sys.executable, "-m", "jsquared", "serve", "--json"]
REACHING = """<!doctype html><title>report</title><p id="told">asking</p><script>
const told = {};
const tried = (name, act) => { try { told[name] = String(act()); } catch (problem) { told[name] = "refused"; } };
tried("cookie", () => document.cookie);
tried("parent", () => parent.document.title);
tried("storage", () => localStorage.length);
tried("top", () => { top.location = "about:blank"; });
fetch(location.href).then(() => { told.fetch = "answered"; }, () => { told.fetch = "refused"; }).then(() => {
  document.getElementById("told").textContent = JSON.stringify(told);
});
</script>"""


class Page:
    """The page in the browser."""

    def __init__(self, browser: webdriver.Chrome, wait_until: Wait) -> None:
        self.browser = browser
        self._wait_until = wait_until

    def find(self, selector: str) -> WebElement:
        """The first element of a selector."""
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        """What is to be read there; empty while there is none."""
        found = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return str(self.browser.execute_script("return arguments[0].textContent", found[0])) if found else ""

    def click(self, selector: str) -> None:
        """Click, once it can be clicked."""
        clickable = f"{selector}:not([disabled])"
        self.wait(lambda: bool(self.browser.find_elements(By.CSS_SELECTOR, clickable)), f"{selector} can be clicked")
        found = self.find(clickable)
        # The pages scroll smoothly, and what still moves cannot be clicked
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})", found)
        found.click()

    def wait(self, holds: Callable[[], bool], what: str, limit_s: float = 60) -> None:
        """Wait for a condition."""
        self._wait_until(holds, limit_s, what)


@pytest.fixture
def page(browser: webdriver.Chrome, wait_until: Wait) -> Iterator[Page]:
    """The browser, whose console must stay clean, and which may ask nobody but loopback."""
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    yield Page(browser, wait_until)
    asked = requested(browser.get_log("performance"))
    browser.get("about:blank")
    assert {urlsplit(url).hostname for url in asked if url != "about:blank"} <= {"127.0.0.1", None}


@pytest.fixture
def own_labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of labs that no one else sees."""
    folder = tmp_path / "run"
    make_private_folder(folder)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def served(tmp_path: Path, own_labs: Path) -> Iterator["tuple[subprocess.Popen[str], str]"]:
    """``jsquared serve`` as a process of its own, and the address that it has printed."""
    environment = {**UNMEASURED, "XDG_RUNTIME_DIR": str(own_labs), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    process = subprocess.Popen(
        SERVE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment
    )
    with process:
        assert process.stdout is not None
        lines = iter(process.stdout.readline, "")
        told = next(lines) + "".join(line for line in iter(lambda: next(lines), "}\n")) + "}"
        yield process, json.loads(told)["url"]
        process.kill()


@pytest.mark.namespaces
def test_a_failover_by_a_click(page: Page, served, tmp_path: Path) -> None:
    """Kill primary shows the gap and the next primary as they come; saved, the verdict passes, and its report is among the runs."""
    browser = page.browser
    look_at(browser, "desktop", "light")
    browser.get(served[1])
    page.wait(lambda: "No lab is up" in page.find("main").text, "no lab")
    with jsquared.Lab(name="clicked", rate_per_s=50, operations_per_s=20):
        page.wait(lambda: page.text("#figure-primary dd") == "redis-n1", "its primary")
        assert "token" not in browser.current_url
        page.click("#load-start")
        page.wait(lambda: page.text("#figure-gap dd") == "none", "writes")
        page.click('[data-quick="kill"]')
        page.wait(lambda: page.find("#figure-gap").get_attribute("class") == "figure warn", "a gap")
        page.wait(lambda: "kill on redis-n1" in page.text("#active"), "the fault")
        page.wait(lambda: page.text("#figure-primary dd") in ("redis-n2", "redis-n3"), "the next primary")
        page.wait(lambda: page.text("#figure-gap dd") == "none", "writes again")
        said = "return timeline.data.groups[1].lanes.map((lane) => lane.segments.map((segment) => segment[2]).join())"
        page.wait(lambda: browser.execute_script(said)[0].endswith("primary,down"), "the lanes have grown")
        assert any(lane.endswith("primary") for lane in browser.execute_script(said)[1:])
        _change_the_rate(page)
        page.click('[data-heal="kill"]')
        page.wait(lambda: "Nothing." in page.text("#active"), "it has healed")
        page.click("#save")
        page.wait(lambda: "pass" in page.text("#saved"), "the verdict", 120)
        page.click("#saved a")
        page.wait(lambda: "failover" in page.text("#objectives"), "the run")
        browser.switch_to.frame(page.find("#report"))
        page.wait(
            lambda: browser.execute_script("return document.querySelectorAll('.uplot canvas').length") > 0, "charts"
        )
        browser.switch_to.default_content()
    assert browser.get_log("browser") == []
    [run] = (tmp_path / "runs").iterdir()
    assert run.name.endswith("-lab-1")
    assert "load-rate" in (run / "events.jsonl").read_text()


def _change_the_rate(page: Page) -> None:
    """By the keyboard, as a slider is moved."""
    before = page.text("#rate-shown")
    page.browser.execute_script("document.getElementById('rate').focus()")
    page.browser.switch_to.active_element.send_keys("\ue014")  # the right arrow
    page.wait(lambda: "rate:" in page.text("#done") and page.text("#rate-shown") != before, "another rate")


@pytest.fixture
def in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeLab, LivePageServer, Path]]:
    """The page of a lab without servers, with a folder of runs."""
    monkeypatch.setattr(FakeLab, "up", [], raising=False)
    lab = FakeLab(name="memory")
    lab.start()
    runs = tmp_path / "runs"
    make_private_folder(runs)
    server = LivePageServer(LabWatch(attach=FakeLab.attach), runs)
    yield lab, server, runs
    server.close()


def nodes(*names: str) -> tuple[LabNode, ...]:
    """A primary, a replica and a Sentinel with these names."""
    common = {"address": "10.0.0.1", "port": 6379, "is_running": True}
    return (
        LabNode(name=names[0], role="data", host=names[0], says="primary", **common),
        LabNode(
            name=names[1], role="data", host="n2", says="replica", follows=names[0], link_up=True, lag_bytes=7, **common
        ),
        LabNode(name=names[2], role="sentinel", host="n3", says="sentinel", names=names[0], **common),
    )


def test_hostile_texts_stay_text(page: Page, in_memory) -> None:
    """Names, logs, evidence and events with markup are shown as they are, and nothing of them is run."""
    lab, server, runs = in_memory
    lab.nodes = nodes(MARKUP, "<b>two</b>", "<i>three</i>")
    lab.primaries = [MARKUP]
    lab.lines = [line_of(SentinelEvent("+sdown", MARKUP, "log", source="sentinel-n1", t_ms=5.0))]
    write_sample_run(runs / "20260101T120000-crash-1")
    (runs / "20260102T120000-<b>bold-1").mkdir()
    (runs / "20260102T120000-<b>bold-1" / "plan.json").write_text(MARKUP)
    page.browser.get(server.url)
    page.wait(lambda: MARKUP in page.text("#figure-primary dd"), "the name")
    page.click("details.inline summary")
    page.click("#log-read")
    page.wait(lambda: "<b>" in page.text("#log-text"), "the log")
    page.click('[data-quick="kill"]')
    page.wait(lambda: "kill" in page.text("#done"), "what was done")
    page.wait(lambda: bool(page.browser.execute_script("return timeline && timeline.data.events.length")), "the event")
    page.browser.get(f"{page.browser.current_url}runs")
    page.wait(lambda: "<b>bold" in page.text("#rows"), "the run")
    count = "return document.querySelectorAll('main img, main b, main script, main i:not(.line)').length + document.title.length"
    assert page.browser.execute_script(count) == len("Runs · JSquared")
    assert page.browser.get_log("browser") == []


def test_a_hostile_report_reaches_nothing(page: Page, in_memory) -> None:
    """Its script has a foreign origin: no cookie, no page around it, no request, no window of its own; the page stays where it is."""
    _, server, runs = in_memory
    write_sample_run(runs / "20260101T120000-crash-1")
    (runs / "20260101T120000-crash-1" / "report.html").write_text(REACHING)
    page.browser.get(server.url)
    page.browser.get(f"{page.browser.current_url}run/20260101T120000-crash-1")
    page.wait(lambda: bool(page.find("#report").get_attribute("src")), "the frame")
    page.browser.switch_to.frame(page.find("#report"))
    page.wait(lambda: page.text("#told").startswith("{"), "what it has tried")
    told = json.loads(page.text("#told"))
    page.browser.switch_to.default_content()
    assert set(told.values()) == {"refused"}
    assert "/run/" in page.browser.current_url
    page.browser.get(page.find("#report").get_attribute("src") or "")
    assert page.find("body").text == "this is shown within the page alone"


class Attacker(ThreadingHTTPServer):
    """Another server on loopback, whose page tries to read and to change ours."""

    daemon_threads = True

    def __init__(self, victim: str) -> None:
        super().__init__(("127.0.0.1", 0), _AttackersAnswer)
        self.cookies: list[str] = []
        self.html = (
            f'<!doctype html><title>wait</title><iframe src="{victim}"></iframe><img src="{victim}"><script>'
            f'const ask = (path, how) => fetch("{victim}" + path, how).then((a) => a.type + a.status, () => "refused");'
            'const heal = {method: "POST", credentials: "include", body: JSON.stringify({do: "heal", id: ""})};'
            'Promise.all([ask("runs/list", {credentials: "include"}), ask("lab/faults", {credentials: "include", mode: "no-cors"}),'
            'ask("change", {...heal, headers: {"Content-Type": "application/json"}}), ask("change", {...heal, mode: "no-cors"})])'
            ".then((told) => { document.title = told.join(); });</script>"
        ).encode()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _AttackersAnswer(BaseHTTPRequestHandler):
    server: Attacker

    def do_GET(self) -> None:
        """Note the cookies that come, and give the page."""
        self.server.cookies.append(self.headers.get("Cookie", ""))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.server.html)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_foreign_page_is_refused(page: Page, in_memory) -> None:
    """A site on another port gets neither the cookie nor an answer, frames nothing, and changes nothing, though it knows the path."""
    lab, server, _ = in_memory
    page.browser.get(server.url)
    page.wait(lambda: page.text("#state") == "live", "the page")
    attacker = Attacker(page.browser.current_url)
    page.browser.get(f"http://127.0.0.1:{attacker.server_port}/")
    page.wait(lambda: page.browser.title not in ("", "wait"), "what it has tried")
    assert page.browser.title == "refused,refused,refused,refused"
    assert set(attacker.cookies) == {""}
    assert not any(isinstance(one, AskToHeal) for one in lab.asked)
    page.browser.switch_to.frame(page.find("iframe"))
    assert page.browser.find_elements(By.ID, "lab") == []
    page.browser.switch_to.default_content()
    attacker.shutdown()
    attacker.server_close()
    page.browser.get_log("browser")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", WIDTHS)
def test_every_page_fits(page: Page, in_memory, size: str, scheme: str) -> None:
    """At desktop and phone width, in light and dark, nothing is wider than the screen, and the console stays clean."""
    lab, server, runs = in_memory
    lab.nodes = nodes("redis-n1", "redis-n2-with-a-name-that-is-rather-long", "sentinel-n1")
    lab.lines = [line_of(RoleChanged("primary", source="redis-n1", t_ms=1.0))]
    for number in (1, 2):
        write_sample_run(runs / f"2026010{number}T120000-crash-{number}")
    look_at(page.browser, size, scheme)
    page.browser.get(server.url)
    page.wait(lambda: page.text("#state") == "live" and bool(page.text("#faults")), "the lab")
    page.wait(
        lambda: page.browser.execute_script("return document.querySelectorAll('.uplot canvas').length") > 0, "charts"
    )
    assert page.browser.execute_script(OVERFLOW) <= 0
    page.click('[data-fault="restart"]')
    assert page.find("#fault-command").text == "jsquared lab break restart primary"
    assert page.browser.execute_script(OVERFLOW) <= 0
    page.click('#fault-form [value="cancel"]')
    home = page.browser.current_url
    one, other = "20260101T120000-crash-1", "20260102T120000-crash-2"
    for path, selector in (
        ("runs", "#rows tr"),
        (f"run/{one}", "#objectives tr"),
        (f"compare/{one}/{other}", "#differences tr"),
    ):
        page.browser.get(home + path)
        page.wait(lambda selector=selector: bool(page.text(selector)), path)
        assert page.browser.execute_script(OVERFLOW) <= 0, path
    assert page.browser.get_log("browser") == []


def test_the_keyboard_is_enough(page: Page, in_memory) -> None:
    """A slash leads to the search, a fault is found and injected with keys alone, and Escape leaves the dialog."""
    lab, server, _ = in_memory
    look_at(page.browser, "desktop", "light")
    page.browser.get(server.url)
    page.wait(lambda: bool(page.text("#faults")), "the faults")
    page.find("body").send_keys("/")
    assert page.browser.switch_to.active_element.get_attribute("id") == "fault-search"
    page.browser.switch_to.active_element.send_keys("restart-empty\t")
    page.wait(lambda: page.text("#faults") == "restart-empty", "one fault")
    assert page.browser.switch_to.active_element.text == "restart-empty"
    page.browser.switch_to.active_element.send_keys("\ue007")
    page.wait(lambda: page.browser.execute_script("return document.getElementById('fault-dialog').open"), "the dialog")
    page.browser.switch_to.active_element.send_keys("\ue00c")
    page.wait(
        lambda: not page.browser.execute_script("return document.getElementById('fault-dialog').open"), "it is closed"
    )
    assert lab.faults == []
    page.browser.execute_script("document.querySelector('[data-fault]').focus()")
    page.browser.switch_to.active_element.send_keys("\ue007")
    page.wait(
        lambda: page.browser.execute_script("return document.getElementById('fault-dialog').open"), "the dialog again"
    )
    page.browser.execute_script("document.getElementById('fault-break').focus()")
    page.browser.switch_to.active_element.send_keys("\ue007")
    page.wait(lambda: [one.name for one in lab.faults] == ["restart-empty"], "the fault")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGKILL, -9), (signal.SIGINT, 0), (signal.SIGTERM, 0)])
def test_nothing_is_left(
    served, tmp_path: Path, own_labs: Path, wait_until: Wait, number: signal.Signals, code: int
) -> None:
    """However the command ends, its port is closed, no process and no file stays; and it has listened on 127.0.0.1 alone."""
    process, url = served
    port = urlsplit(url).port
    assert port is not None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/")
    assert connection.getresponse().status == 401
    connection.close()
    listening = [
        line.split()[1]
        for line in Path(f"/proc/{process.pid}/net/tcp").read_text().splitlines()[1:]
        if f":{port:04X} " in line
    ]
    assert {address.partition(":")[0] for address in listening if address.endswith(f":{port:04X}")} == {"0100007F"}
    traces = Traces(process.pid)
    process.send_signal(number)
    assert process.wait(30) == code
    wait_until(lambda: not traces.left(), 30, "everything has ended")
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", port, timeout=5).connect()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
    assert list(own_labs.iterdir()) == []

"""The parts of what ``jsquared monitor up`` runs: passwords, arguments, restarts, and the page's server."""

import http.client
import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jsquared.errors import LabError
from jsquared.monitor.live_page.page import page, policy
from jsquared.monitor.live_page.panel_data import SPANS_MIN, read_panels
from jsquared.monitor.live_page.server import PageServer
from jsquared.monitor.local_stack.exporter_login import (
    ExporterTls,
    PasswordFile,
    exporter_arguments,
    exporter_passwords,
)
from jsquared.monitor.local_stack.kept_program import MOST_RESTARTS, KeptProgram, Part
from jsquared.monitor.own_process import free_port
from jsquared.monitor.panel_catalogue import PANELS
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.prometheus_file import Places, prometheus_file
from jsquared.programs.find import Program
from support.fake_prometheus import FakePrometheus

FAST = PROFILES["1s"]


def test_passwords_are_found_by_either_version() -> None:
    """By the address alone and by the user at the address; servers without a login are not in it, and users are escaped."""
    logins = [("10.0.0.1:6379", ("a b", "p")), ("[fd00::1]:26379", ("q",)), ("10.0.0.2:6379", ())]
    assert json.loads(exporter_passwords(logins, tls=False)) == {
        "redis://10.0.0.1:6379": "p",
        "redis://a%20b@10.0.0.1:6379": "p",
        "redis://[fd00::1]:26379": "q",
    }
    assert list(json.loads(exporter_passwords(logins[1:2], tls=True))) == ["rediss://[fd00::1]:26379"]


def test_passwords_are_in_memory_and_another_process_reads_them(tmp_path: Path, wait_until) -> None:
    """A program that inherits the descriptor reads what was written last, at each start from the beginning; others have no such path."""
    passwords = PasswordFile()
    passwords.write("a longer text before")
    passwords.write("the last")
    part = replace(python_part(f"print(open('{passwords.path}').read())"), inherits=[passwords.descriptor])
    kept = KeptProgram(part, tmp_path)
    kept.start()
    wait_until(lambda: kept.ended, what="its end")
    kept.restart()
    wait_until(lambda: kept.ended, what="its second end")
    kept.stop()
    assert [(tmp_path / name).read_text() for name in ("thing.log", "thing-2.log")] == ["the last\n"] * 2
    passwords.close()
    assert not passwords.path.exists()


def test_the_exporter_is_told_of_certificates() -> None:
    """Files by their absolute paths; without an authority nothing is checked, and without TLS nothing is said."""
    own = exporter_arguments(9121, Path("/p.json"), "", None)
    assert own == ["-web.listen-address", "127.0.0.1:9121", "-redis.addr", "", "-redis.password-file", "/p.json"]
    checked = exporter_arguments(
        9121, Path("/p.json"), "u", ExporterTls(authority=Path("/ca"), certificate=Path("c"), key=Path("k"))
    )
    assert checked[len(own) :] == [
        "-redis.user", "u", "-tls-ca-cert-file", "/ca",
        "-tls-client-cert-file", str(Path("c").absolute()), "-tls-client-key-file", str(Path("k").absolute()),
    ]  # fmt: skip
    assert exporter_arguments(9121, Path("/p.json"), "", ExporterTls())[-1] == "-skip-tls-verification"


def test_sentinels_may_have_an_exporter_of_their_own() -> None:
    """The job for Sentinels asks it, and the other job does not; without one both ask the same."""
    places = Places(targets="t", rules=[], exporter="e:1", sentinel_exporter="s:2")
    text = prometheus_file(FAST, places)
    assert (text.count("replacement: e:1"), text.count("replacement: s:2")) == (1, 1)
    assert prometheus_file(FAST, Places(targets="t", rules=[], exporter="e:1")).count("replacement: e:1") == 2


def python_part(code: str) -> Part:
    """A part that runs some Python."""
    program = Program("python", Path(sys.executable), "3", "", "given")
    return Part(name="thing", program=program, arguments=["-c", code], port=free_port(), ready="/")


def test_a_program_that_ends_is_started_again_and_then_given_up(tmp_path: Path, wait_until) -> None:
    """Three times, each with its code and its last words and a log of its own; then it is an error."""
    kept = KeptProgram(python_part("print('level=error msg=full'); raise SystemExit(7)"), tmp_path)
    told: list[str] = []
    kept.start()
    for _ in range(MOST_RESTARTS):
        wait_until(lambda: kept.ended, what="its end")
        kept.keep(told.append)
    assert told == [
        f"thing has ended (exit code 7; its log says: level=error msg=full); started again, {number} of {MOST_RESTARTS}"
        for number in (1, 2, 3)
    ]
    wait_until(lambda: kept.ended, what="its last end")
    with pytest.raises(LabError, match=r"4 times, and is not started again"):
        kept.keep(told.append)
    kept.stop()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "thing-2.log",
        "thing-3.log",
        "thing-4.log",
        "thing.log",
    ]


def test_one_that_does_not_start_is_told(tmp_path: Path, wait_until) -> None:
    """While it is silent it is not ready; once it has ended, its last words say why."""
    kept = KeptProgram(python_part("import sys; sys.stdin.read(); sys.exit('no such option')"), tmp_path)
    kept.start()
    wait_until(lambda: kept.ended, what="its end")
    with pytest.raises(LabError, match=r"thing: does not start \(exit code 1; its log says: no such option\)"):
        kept.is_ready()
    kept.stop()
    assert kept.pid == 0


@pytest.fixture
def prometheus() -> Iterator[FakePrometheus]:
    """Something that answers as Prometheus does."""
    made = FakePrometheus()
    yield made
    made.close()


def test_every_panel_has_its_series_on_one_grid(prometheus: FakePrometheus) -> None:
    """Sorted by name, with a value or nothing for each time, and the failover as a span."""
    data = read_panels(prometheus.server_port, FAST, 5, 10_000.0)
    assert set(data.panels) == {panel.name for panel in PANELS}
    assert data.times == [float(t) for t in range(9_700, 10_001)]
    first = data.panels["primary"][0]
    assert (first.name, len(first.values), set(first.values)) == ("10.0.0.1:6379", len(data.times), {0.0, 1.0})
    assert data.panels["primary-since"][0].values == [754.5]
    [failover] = data.failovers
    assert (failover.name, failover.begin, failover.end) == ("failover of mymaster to 10.0.0.2:6379", 9_850.0, 9_910.0)


@pytest.fixture
def served(prometheus: FakePrometheus) -> Iterator[PageServer]:
    """The page's server."""
    made = PageServer(prometheus.server_port, FAST)
    yield made
    made.close()


def got(server: PageServer, path: str, method: str = "GET", **headers: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", int(server.url.rstrip("/").rpartition(":")[2]), timeout=20)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    return answer.status, body, dict(answer.getheaders())


def test_the_server_gives_the_page_and_its_numbers(served: PageServer, prometheus: FakePrometheus) -> None:
    """With a policy that lets our own script run and nothing else, and for the spans that there are."""
    status, body, headers = got(served, "/")
    assert (status, body) == (200, page(FAST))
    assert headers["Content-Security-Policy"] == policy()
    assert "unsafe" not in policy()
    assert "http" not in policy()
    status, body, _ = got(served, f"/data?minutes={SPANS_MIN[0]}")
    assert status == 200
    assert set(json.loads(body)["panels"]) == {panel.name for panel in PANELS}
    prometheus.error = "too many samples"
    assert got(served, "/data?minutes=15")[:2] == (
        502,
        '{\n  "problem": "Prometheus: refuses a query (too many samples)"\n}',
    )


ELSEWHERE = (
    "/data /data?minutes=16 /data?minutes=15&query=up /data?minutes=15&minutes=5 /data?minutes=015 /api/v1/query?query=up "
    "/?x=1 //x //[x /../ /data?a&b&c"
).split()


@pytest.mark.parametrize("path", ELSEWHERE)
def test_nothing_else_is_passed_on(served: PageServer, prometheus: FakePrometheus, path: str) -> None:
    """No query of anybody else reaches Prometheus."""
    assert got(served, path)[0] in (400, 404)
    assert prometheus.asked == []


def test_foreign_names_and_other_methods_are_refused(served: PageServer, prometheus: FakePrometheus) -> None:
    """A page elsewhere whose name points here learns nothing, and nothing can be sent."""
    assert got(served, "/data?minutes=15", Host="attacker.example:80")[0] == 403
    assert got(served, "/", method="POST")[0] == 501
    assert prometheus.asked == []


def test_a_prometheus_that_has_ended_is_told() -> None:
    """In one line."""
    with pytest.raises(LabError, match="Prometheus: does not answer"):
        read_panels(free_port(), FAST, 5, 10_000.0)

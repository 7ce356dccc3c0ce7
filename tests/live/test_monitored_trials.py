"""Trials that a real exporter, Prometheus and Alertmanager watch, and what becomes of them when a part of that ends."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.faults.catalogue import FAULTS
from jsquared.programs.find import Program
from jsquared.reference.scenario_pages import example_plan
from support.command_lines import RATE, Finished
from support.process_tree import PROC, descendants

pytestmark = [pytest.mark.namespaces, pytest.mark.apt, pytest.mark.timeout(400)]

OF_MONITORING = {name for name, fault in FAULTS.items() if fault.of_monitoring}
NAMES = {"exporter": "redis-exporter", "prometheus": "prometheus", "alertmanager": "alertmanager"}


@pytest.fixture
def programs(tool: Callable[[str], Program]) -> dict[str, Program]:
    """The three programs, by the options that name them."""
    return {option: tool(name) for option, name in NAMES.items()}


def cache_of(programs: dict[str, Program]) -> dict[str, str]:
    """The variable that says where programs were fetched to: Alertmanager has files there that it reads."""
    folders = [parent for program in programs.values() for parent in program.path.parents]
    return next(({"XDG_CACHE_HOME": str(one)} for one in folders if (one / "jsquared" / "tools").is_dir()), {})


def options(programs: dict[str, Program], **others: Path) -> list[str]:
    """The options for them, with others in the place of some."""
    return [f"--{name}={others.get(name, program.path)}" for name, program in programs.items()]


def test_the_matrix_has_what_fired_and_arrived(
    jsquared: Callable[..., Finished], programs: dict[str, Program], tmp_path: Path
) -> None:
    """A crash is told by what must fire, a slow command by nothing, and the page shows both."""
    words = ("alerts", "matrix", "primary-crash", "slow-command", *options(programs), "--json", "--out", str(tmp_path))
    done = jsquared(*words, environment=cache_of(programs))
    found = done.document
    assert (done.code, found["missed"], found["false"]) == (0, [], []), found
    crash, slow = sorted(found["rows"], key=lambda row: row["scenario"])
    must = {one["alert"]: one for one in crash["alerts"] if one["expected"]}
    assert set(must) == {"RedisDown", "FailoverHappened"}
    assert all(0 < one["fired_ms"] < one["within_ms"] and one["delivered_ms"] for one in must.values())
    assert slow["alerts"] == []
    assert found["silent"] == ["slow-command"]
    page = Path(found["page"]).read_text(encoding="utf-8")
    assert all(word in page for word in ("primary-crash", "slow-command", "RedisDown", "FailoverHappened"))


def test_servers_with_host_names_are_monitored(
    jsquared: Callable[..., Finished], programs: dict[str, Program], tmp_path: Path
) -> None:
    """Each is scraped under one instance, the Sentinels' name for it, though this machine knows none, and slow lookups are the fault."""
    words = ("slow-names", "--deployment", "hostnames", "--alerts", *RATE, *options(programs), "--json")
    done = jsquared("run", *words, "--out", str(tmp_path), environment=cache_of(programs))
    assert done.code == 0, done.trial["reasons"]
    happened = next(one for one in done.trial["alerts"] if one["alert"] == "FailoverHappened")
    assert happened["fired_ms"] > 0, done.trial["alerts"]
    assert not any(one["missed"] or one["false"] for one in done.trial["alerts"])
    events = [json.loads(line) for line in (Path(done.trial["run_dir"]) / "events.jsonl").read_text().splitlines()]
    instances = {one["labels"].get("instance") for one in events if one["kind"] == "alert"}
    assert "n1:6379" in instances
    assert instances <= {None, "n1:6379", "n2:6379", "n3:6379"}


@pytest.mark.parametrize("part", NAMES)
def test_monitoring_that_ends_costs_no_other_verdict(
    jsquared: Callable[..., Finished], programs: dict[str, Program], tmp_path: Path, part: str
) -> None:
    """The alerts are inconclusive with the reason; everything else was measured and met, and nothing runs on."""
    real = programs[part].path
    said = subprocess.run([real, "--version"], capture_output=True, text=True, check=False, timeout=60)
    # Beside the real one, so that it has the same files; it says its version, works for a while, and is killed.
    dying = real.with_name(f"{real.name}-that-ends")
    version = shlex.quote(said.stdout + said.stderr)
    dying.write_text(
        f'#!/bin/sh\ncase "$1" in *version*) printf %s {version}; exit;; esac\nexec timeout -s KILL 16 {real} "$@"\n'
    )
    dying.chmod(0o755)
    try:
        words = (
            "replica-crash",
            "--alerts",
            *RATE,
            *options(programs, **{part: dying}),
            "--json",
            "--out",
            str(tmp_path),
        )
        done = jsquared("run", *words, environment=cache_of(programs))
    finally:
        dying.unlink()
    assert done.code == 3, done.stderr
    outcomes = {one["name"]: one["outcome"] for one in done.trial["objectives"]}
    assert outcomes.pop("missed_alerts") == outcomes.pop("false_alerts") == "inconclusive"
    assert set(outcomes.values()) == {"pass"}, done.trial["reasons"]
    assert f"nothing is known of alerts: {part} failed" in done.trial["reasons"][0]
    # The exporter is always told by its end; the others may be silent for long enough before that is seen.
    assert part != "exporter" or "(its process ended: signal 9)" in done.trial["reasons"][0]
    assert {(one["missed"], one["false"]) for one in done.trial["alerts"]} == {(None, None)}


def exporter_of(run: int) -> int:
    """The process of a run's exporter."""
    return next(
        pid for pid in descendants(run) if b"-redis.password-file" in (PROC / str(pid) / "cmdline").read_bytes()
    )


def test_an_exporter_that_hangs_costs_no_other_verdict(
    start_jsquared: Callable[..., "subprocess.Popen[str]"],
    finish_jsquared: Callable[..., Finished],
    wait_until: Callable[..., None],
    programs: dict[str, Program],
    tmp_path: Path,
) -> None:
    """Stopped from the fault on, it makes all servers seem to hang; it is named, and the alerts alone are inconclusive."""
    words = ("replica-crash", "--alerts", "--scrape", "1s", *RATE, *options(programs), "--json", "--out", str(tmp_path))
    run = start_jsquared("run", *words, environment=cache_of(programs))
    stopped: set[Path] = set()

    def ended() -> bool:
        """Whether the command has ended; a trial that the machine disturbed is run again, and its exporter is stopped too."""
        for events in set(tmp_path.glob("*/events.jsonl")) - stopped:
            if "fault-bit" in events.read_text():
                os.kill(exporter_of(run.pid), signal.SIGSTOP)
                stopped.add(events)
        return run.poll() is not None

    wait_until(ended, 200, "the command has ended")
    done = finish_jsquared(run)
    assert done.code == 3, done.stderr
    outcomes = {one["name"]: one["outcome"] for one in done.trial["objectives"]}
    assert outcomes.pop("missed_alerts") == outcomes.pop("false_alerts") == "inconclusive"
    assert set(outcomes.values()) == {"pass"}, done.trial["reasons"]
    assert "nothing is known of alerts: exporter failed" in done.trial["unmonitored"]
    assert "it hangs: it has not answered /health for" in done.trial["unmonitored"]
    assert {(one["missed"], one["false"]) for one in done.trial["alerts"]} == {(None, None)}


RULES = """
groups:
- name: theirs
  rules:
  - {alert: Down, expr: redis_up == 0}
  - {alert: Duplicates, expr: '{__name__=~"redis_up|redis_uptime_in_seconds"}'}
- {name: rare, interval: 1h, rules: [{alert: Rarely, expr: vector(1)}]}
"""


def test_rules_that_cannot_be_computed_are_no_silent_ones(
    jsquared: Callable[..., Finished], programs: dict[str, Program], tmp_path: Path
) -> None:
    """A rule that fails is named with the reason, and the matrix is inconclusive; one that is computed fired all the same."""
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES, encoding="utf-8")
    words = ("replica-crash", "--scrape", "1s", "--rules", str(rules), *options(programs), "--out", str(tmp_path))
    done = jsquared("alerts", "matrix", *words, "--json", environment=cache_of(programs))
    assert done.code == 3, done.stderr
    [row] = done.document["rows"]
    assert (row["unproven"], row["trial"]) == ("", "pass")
    assert {one["alert"] for one in row["alerts"] if one["delivered_ms"]} == {"Down"}
    errors = {one["rule"]: one["error"] for one in done.document["failed_rules"]}
    assert set(errors) <= {
        "Duplicates",
        "Rarely",
    }  # when a rule of one hour is computed depends on the clock of the wall
    assert "same labelset" in errors["Duplicates"]
    page = Path(done.document["page"]).read_text(encoding="utf-8")
    assert "could not be computed" in page


LIAR = r"""
import re, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"\x00{nonsense 1e999 <b>")
    do_POST = do_GET
    def log_message(self, *_):
        pass
port = re.search(r"web\.listen-address[ =][^ ]*:(\d+)", " ".join(sys.argv))[1]
ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()
"""
"""A program that answers everything with nonsense and does nothing."""


@pytest.mark.parametrize("part", ["exporter", "alertmanager"])
def test_monitoring_that_answers_nonsense_costs_no_other_verdict(
    jsquared: Callable[..., Finished], programs: dict[str, Program], tmp_path: Path, part: str
) -> None:
    """It is found out before anything is broken, and the alerts alone are inconclusive."""
    said = subprocess.run([programs[part].path, "--version"], capture_output=True, text=True, check=False, timeout=60)
    script, liar = tmp_path / "liar.py", tmp_path / "liar"
    script.write_text(LIAR)
    version = shlex.quote(said.stdout + said.stderr)
    # Asked for its version it is confined, and has no Python but the system's.
    liar.write_text(
        f'#!/bin/sh\ncase "$1" in *version*) printf %s {version}; exit;; esac\nexec {sys.executable} {script} "$@"\n'
    )
    liar.chmod(0o755)
    words = ("replica-crash", "--alerts", "--scrape", "1s", *RATE, *options(programs, **{part: liar}), "--json")
    done = jsquared("run", *words, "--out", str(tmp_path / "runs"), environment=cache_of(programs))
    assert done.code == 3, done.stderr
    outcomes = {one["name"]: one["outcome"] for one in done.trial["objectives"]}
    assert outcomes.pop("missed_alerts") == outcomes.pop("false_alerts") == "inconclusive"
    assert set(outcomes.values()) == {"pass"}, done.trial["reasons"]
    why = {"exporter": "not every server could be scraped", "alertmanager": "a test alert did not arrive"}[part]
    assert why in done.trial["reasons"][0]
    assert part != "exporter" or "redis-n1, redis-n2" in done.trial["reasons"][0]


def test_alerts_survive_what_breaks_the_monitoring_itself(
    jsquared: Callable[..., Finished], programs: dict[str, Program], tmp_path: Path
) -> None:
    """A dead exporter is told as such; a failover is told although Prometheus was blind or the receiver refused meanwhile."""
    broken = ["exporter-down", "receiver-fails-then-crash", "prometheus-disk-full-then-crash"]
    assert {step.name for name in broken for step in example_plan(name)[1].faults} >= OF_MONITORING
    words = ("alerts", "matrix", *broken, *options(programs), "--json", "--out", str(tmp_path))
    done = jsquared(*words, environment=cache_of(programs))
    found = done.document
    assert (done.code, found["missed"], found["false"]) == (0, [], []), found
    rows = {row["scenario"]: row for row in found["rows"]}
    assert set(rows) == set(broken)
    assert {row["trial"] for row in rows.values()} == {"pass"}  # so every fault has proven that it bit and healed
    for name, row in rows.items():
        expected = "RedisExporterDown" if name == "exporter-down" else "FailoverHappened"
        assert expected in {one["alert"] for one in row["alerts"] if one["expected"] and one["delivered_ms"]}


def test_what_is_missing_is_said_before_anything_starts(jsquared: Callable[..., Finished], tmp_path: Path) -> None:
    """Options that need --alerts, and a program that is none."""
    refused = jsquared("run", "primary-crash", "--scrape", "1s", "--out", str(tmp_path))
    assert (refused.code, refused.stderr.count("\n")) == (2, 1)
    assert "--alerts" in refused.stderr
    unwatched = jsquared("run", "exporter-down", "--out", str(tmp_path))
    assert (unwatched.code, unwatched.stderr.count("\n")) == (2, 1)
    assert "it breaks what monitors a trial, and nothing does" in unwatched.stderr
    none = jsquared("alerts", "matrix", "primary-crash", "--exporter", str(tmp_path / "none"), "--out", str(tmp_path))
    assert (none.code, none.stderr.count("\n")) == (2, 1)

"""Rendered stacks hold by the programs' own judgement: promtool, amtool, a real Prometheus, and what Debian's units start."""

import json
import re
import shlex
import subprocess
import urllib.request
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from jsquared.monitor.alert_catalogue import ALERTS
from jsquared.monitor.own_process import free_port, running
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.recorded import RECORDED
from jsquared.monitor.render.forms import FORMS
from jsquared.monitor.render.stack import PORTS
from jsquared.monitor.rule_tests import TESTS_FILE, rule_tests
from jsquared.monitor.rules import RULES_FILE, rule_file
from jsquared.running.discovered import place
from jsquared.service.monitoring_stack import StackRequest, write_stack
from support import quick_yaml

pytestmark = pytest.mark.distribution

CONTACTS = """
smtp: {host: "mail.example.org:587", from: alerts@example.org, user: alerts, password_file: /etc/secrets/smtp}
teams:
  DevOps: {slack: {channel: "#ops", url_file: /etc/secrets/slack}, pagerduty: {key_file: /etc/secrets/pagerduty}}
  Security Architect: {email: security@example.org}
  Backend: {webhook: "https://hooks.example.org/backend"}
  Full-stack: {email: [ui@example.org, web@example.org]}
watchdog: {webhook: "https://deadman.example.org/ping"}
"""
RULES = len(RECORDED) + len(ALERTS)
EACH = pytest.mark.parametrize("form", FORMS)


def written(folder: Path, form: str, *, contacts: bool = True, sentinels: list[str] | None = None) -> dict[str, str]:
    """A rendered stack: its texts by file name, those inside of manifests too."""
    given = folder / "contacts.yml"
    given.write_text(CONTACTS)
    out = folder / form
    write_stack(
        StackRequest(
            form=form, out=out, deployment="shop", contacts=given if contacts else None, sentinels=sentinels or []
        )
    )
    texts = {path.name: path.read_text() for path in out.rglob("*") if path.is_file()}
    for path in out.glob("*.yaml"):
        for one in quick_yaml.load_all(path.read_text()) if form == "kubernetes" else ():
            texts |= one.get("data", {}) | one.get("stringData", {})
    return texts


def told(*words: object, folder: Path) -> str:
    """What a program says that succeeds."""
    done = subprocess.run(
        [str(word) for word in words], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def answer(url: str) -> Any:
    """The data of an answer of Prometheus' API."""
    with urllib.request.urlopen(url, timeout=10) as reply:
        return json.load(reply)["data"]


def answers(url: str) -> Callable[[], bool]:
    """A condition: something answers there."""

    def ask() -> bool:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            return False
        return True

    return ask


@EACH
def test_promtool_accepts_configuration_and_rules(tool, tmp_path: Path, form: str) -> None:
    """With the paths of this test in the place of those of the form."""
    texts = written(tmp_path, form)
    config = re.sub(r"/\S*/(redis-sentinel\.rules\.yml|targets\.json)", r"\1", texts["prometheus.yml"])
    folder = tmp_path / "checked"
    folder.mkdir()
    for name in (RULES_FILE, "targets.json"):
        (folder / name).write_text(texts[name])
    (folder / "prometheus.yml").write_text(config)
    said = told(tool("promtool").path, "check", "config", "prometheus.yml", folder=folder)
    assert f"{RULES} rules found" in said
    assert f"{RULES} rules found" in told(tool("promtool").path, "check", "rules", RULES_FILE, folder=folder)
    # tests/contracts/test_alert_rules.py has promtool run these tests against these rules
    assert texts[RULES_FILE] == rule_file(PROFILES["5s"])
    assert texts.get(TESTS_FILE, rule_tests(PROFILES["5s"], RULES_FILE)) == rule_tests(PROFILES["5s"], RULES_FILE)


@EACH
@pytest.mark.parametrize("contacts", [True, False], ids=["contacts", "nobody"])
def test_amtool_accepts_who_is_told(tool, tmp_path: Path, form: str, contacts: bool) -> None:
    """With contacts and without."""
    file = tmp_path / "alertmanager.yml"
    file.write_text(written(tmp_path, form, contacts=contacts)["alertmanager.yml"])
    assert "SUCCESS" in told(tool("amtool").path, "check-config", file, folder=tmp_path)


def test_a_real_prometheus_starts_with_the_compose_form(tool, tmp_path: Path, wait_until) -> None:
    """It loads all rules, evaluates them, and scrapes a target that was filled in through the exporter's address."""
    written(tmp_path, "compose")
    folder = tmp_path / "compose" / "prometheus"
    port = free_port()
    config = (folder / "prometheus.yml").read_text().replace("/etc/prometheus/", f"{folder}/")
    config = config.replace(f"localhost:{PORTS['prometheus']}", f"127.0.0.1:{port}")
    config = re.sub(r"(redis-exporter|alertmanager|grafana|loki|alloy):\d+", "127.0.0.1:1", config)
    assert "/etc/" not in config
    (folder / "prometheus.yml").write_text(config)
    groups = json.loads((folder / "targets" / "targets.json").read_text())
    groups[0]["targets"] = ["10.0.0.1:6379"]
    (folder / "targets" / "targets.json").write_text(json.dumps(groups))
    arguments = [
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={tmp_path / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(tool("prometheus"), arguments, tmp_path / "prometheus.log"):
        wait_until(answers(f"{url}/-/ready"), what="Prometheus is ready")
        [group] = answer(f"{url}/api/v1/rules")["groups"]
        assert len(group["rules"]) == RULES
        wait_until(
            lambda: (
                [
                    one["labels"]
                    for one in answer(f"{url}/api/v1/targets")["activeTargets"]
                    if one["scrapePool"] == "redis"
                ]
                == [{"deployment": "shop", "instance": "10.0.0.1:6379", "job": "redis", "master_name": "mymaster"}]
            ),
            what="the target that was filled in",
        )
        watchdog = f"{url}/api/v1/query?query=ALERTS%7Balertname%3D%22Watchdog%22%7D"
        wait_until(lambda: answer(watchdog)["result"], what="the alert that always fires")


def test_the_units_commands_start_what_debian_has(
    tool, tmp_path: Path, wait_until, lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their own options, other paths and other ports: servers that want a password are scraped, and Alertmanager is found."""
    for folder in tool("alertmanager").path.parents:  # where it was fetched to, there are the templates that it reads
        if (folder / "jsquared" / "tools").is_dir():
            monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    lab.stand_up(1, 3)
    data = place(*lab.servers.data(0))
    for number in range(2):
        lab.servers.ask(lab.servers.data(number), ("CONFIG", "SET", "masterauth", "secret", "requirepass", "secret"))
    written(tmp_path, "systemd", contacts=False)
    etc = tmp_path / "systemd" / "etc" / "redis-monitoring"
    ports = {part: free_port() for part in ("redis-exporter", "prometheus", "alertmanager")}

    def moved(text: str) -> str:
        text = (
            text.replace("/etc/redis-monitoring", str(etc))
            .replace("/var/lib", str(tmp_path))
            .replace("%d", str(etc / "secrets"))
        )
        for part, port in ports.items():
            text = text.replace(f"127.0.0.1:{PORTS[part]}", f"127.0.0.1:{port}")
        return text

    (etc / "secrets" / "redis-passwords.json").write_text(json.dumps({f"redis://{data}": "secret"}))
    config = etc / "prometheus" / "prometheus.yml"
    config.write_text(moved(config.read_text()))
    targets = etc / "prometheus" / "targets.json"
    groups = json.loads(targets.read_text())
    groups[0]["targets"], groups[1]["targets"] = [data], [place(*lab.servers.sentinel(0))]
    targets.write_text(json.dumps(groups))
    url = f"http://127.0.0.1:{ports['prometheus']}"
    with ExitStack() as started:
        for part in ports:
            unit = (
                tmp_path / "systemd" / "etc" / "systemd" / "system" / f"redis-monitoring-{part}.service"
            ).read_text()
            [command] = re.findall(r"^ExecStart=((?:.*\\\n)*.*)$", unit, re.MULTILINE)
            program, *arguments = shlex.split(moved(command).replace("\\\n", " "))
            assert program == f"/usr/bin/{'prometheus' if part == 'prometheus' else f'prometheus-{part}'}"
            started.enter_context(running(tool(part), arguments, tmp_path / f"{part}.log"))
        for part, port in ports.items():
            wait_until(answers(f"http://127.0.0.1:{port}/metrics"), what=f"{part} listens")
        wait_until(answers(f"{url}/-/ready"), what="Prometheus has read what it had stored")

        def up() -> dict[str, str]:
            result = answer(f"{url}/api/v1/query?query=redis_up")["result"]
            return {one["metric"]["job"]: one["value"][1] for one in result}

        wait_until(lambda: up() == {"redis": "1", "sentinel": "1"}, timeout_s=40, what="both kinds of servers are up")
        wait_until(lambda: answer(f"{url}/api/v1/alertmanagers")["activeAlertmanagers"], what="Alertmanager is found")

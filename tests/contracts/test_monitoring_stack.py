"""A real exporter, Prometheus and Alertmanager watch a real deployment through failovers, survive kills, and leave nothing running."""

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jsquared.deployment.render.certificates import make_material
from jsquared.monitor.panel_catalogue import FAILOVERS, PANELS
from jsquared.monitor.profile import PROFILES
from jsquared.running.discovered import place
from support.watched import Watched

pytestmark = pytest.mark.distribution
FAST = PROFILES["1s"]
LONG_S = 90


@pytest.fixture
def watch_of(tool, tmp_path: Path, wait_until) -> Iterator[Callable[..., Watched]]:
    """Runs ``monitor up`` on a lab's deployment with real programs, and waits until they answer."""
    made: list[Watched] = []

    def begin(lab: Any, *words: str, **environment: str) -> Watched:
        programs = {name: tool(name) for name in ("redis-exporter", "prometheus", "alertmanager")}
        folders = [folder for program in programs.values() for folder in program.path.parents]
        fetched = [str(folder) for folder in folders if folder.name == "fetched"]
        given = [f"--{name.removeprefix('redis-')}={program.path}" for name, program in programs.items()]
        sentinel = ["--sentinel", place(*lab.servers.sentinel(0)), "--deployment", "shop", "--profile", "1s"]
        made.append(Watched([*sentinel, *given, *words], tmp_path, (fetched or [""])[0], environment))
        wait_until(made[-1].is_up, LONG_S, what="everything answers")
        return made[-1]

    yield begin
    for each in made:
        each.close()


@pytest.fixture
def watch(lab, watch_of: Callable[..., Watched]) -> Callable[..., Watched]:
    """The same on the lab of the test."""
    return partial(watch_of, lab)


def test_it_follows_failovers_and_every_panel_has_data(lab, watch, tmp_path: Path) -> None:
    """Targets carry their labels, a new replica is found, a failover is seen and alerted, and each query of each panel has an answer."""
    lab.stand_up(1, 3, "maxmemory 64mb")
    up = watch("--out", str(tmp_path / "kept"))
    nodes = [place(*lab.servers.data(number)) for number in range(3)]
    lab.wait_until(lambda: up.labels("redis:is_primary == 1", "instance") == {nodes[0]}, what="the primary is known")
    lab.wait_until(lambda: len(up.ask('redis_up{job="sentinel", deployment="shop"} == 1')) == 3, what="all Sentinels")
    assert up.labels('up{job="redis"}', "master_name") == {"mymaster"}

    lab.servers.start_data(2, "maxmemory 64mb")
    lab.wait_until(lambda: up.labels('redis_up{job="redis"} == 1', "instance") == set(nodes), LONG_S, "a third node")
    lab.servers.ask(lab.servers.data(2), ("SET", "k", "v"))

    lab.servers.signal("data-0", signal.SIGKILL)
    moved = lambda: up.labels("redis:named_primary", "instance")  # noqa: E731
    lab.wait_until(lambda: moved() and nodes[0] not in moved(), LONG_S, "the Sentinels name another one")
    [primary] = moved()
    lab.wait_until(lambda: up.labels("redis:is_primary == 1", "instance") == {primary}, what="it says so too")
    fires = lambda: up.labels('ALERTS{alertstate="firing"}', "alertname")  # noqa: E731
    lab.wait_until(lambda: {"FailoverHappened", "RedisDown"} <= fires(), LONG_S, "alerts fire")
    heard = lambda: {each["labels"]["alertname"] for each in up.get("alertmanager", "/api/v2/alerts")}  # noqa: E731
    lab.wait_until(lambda: "FailoverHappened" in heard(), what="Alertmanager has heard")

    queries = [query for panel in PANELS for query in panel.queries]

    def unanswered() -> list[str]:
        asked = {query.expr: f"last_over_time(({query.filled(FAST)})[5m:1s])" for query in (*queries, FAILOVERS)}
        return [name for name, expr in asked.items() if not up.ask(expr)]

    lab.wait_until(lambda: not unanswered(), LONG_S, f"data for {unanswered()}")
    shown = up.get("page", "/data?minutes=15")
    assert [name for name, series in shown["panels"].items() if not series] == []
    words = [word for series in shown["panels"].values() for one in series for word in re.split("[ :,]+", one["name"])]
    assert all(words), "a legend names a label that its series do not have"
    lab.wait_until(
        lambda: any(primary in one["name"] for one in up.get("page", "/data?minutes=15")["failovers"]),
        LONG_S,
        "the page marks the failover",
    )
    assert sorted(json.loads((tmp_path / "kept/targets.json").read_text())[0]["targets"]) == sorted(nodes)
    assert up.stop() == 0
    assert (tmp_path / "kept/prometheus.log").is_file()


def test_the_dead_that_are_still_listed_are_ghosts(lab, watch) -> None:
    """A replica and a Sentinel that died before are one too many until they are back; one that hangs is one row, and no ghost at once."""
    lab.stand_up(2, 3)
    for name in ("data-2", "sentinel-2"):
        lab.servers.signal(name, signal.SIGKILL)
    up = watch()
    expected = {"GhostReplica", "SentinelCountWrong"}
    waits = lambda: expected & up.labels('ALERTS{alertstate="pending"}', "alertname")  # noqa: E731
    lab.wait_until(lambda: waits() == expected, LONG_S, "both wait until it has lasted")
    dead = {place(*lab.servers.data(2)), place(*lab.servers.sentinel(2))}
    lab.wait_until(lambda: up.labels("redis_up == 0", "instance") == dead, LONG_S, "both are seen dead")

    for name in ("data-2", "sentinel-2"):
        lab.servers.again(name)
    lab.wait_until(lambda: not waits(), LONG_S, "neither does")
    lab.servers.signal("sentinel-2", signal.SIGSTOP)
    silent = place(*lab.servers.sentinel(2))
    lab.wait_until(lambda: up.labels('up{job="sentinel"} == 0', "instance") == {silent}, LONG_S, "it hangs")
    rows = [one["name"] for one in up.get("page", "/data?minutes=5")["panels"]["servers"]]
    lab.servers.signal("sentinel-2", signal.SIGCONT)
    assert sorted(rows) == sorted(
        place(*where(n)) for where in (lab.servers.data, lab.servers.sentinel) for n in range(3)
    )
    assert not waits()


def test_passwords_reach_the_exporter_alone_and_what_ends_is_started_again(lab, watch, tmp_path: Path) -> None:
    """No argument and no variable has a password; a killed exporter comes back three times, and the fourth end is the end of all."""
    secret = "f8b21c-of-the-data"
    lab.servers.start_data(0, f"requirepass {secret}", f"masterauth {secret}")
    lab.servers.start_sentinel(0, f"sentinel auth-pass mymaster {secret}", quorum=1)
    lab.wait_until(lambda: lab.servers.sentinels_know(1, 0), what="the Sentinel answers")
    file = tmp_path / "password"
    file.write_text(secret + "\n")
    up = watch("--password-file", str(file))
    answers = lambda: up.ask('redis_up{job="redis"} == 1')  # noqa: E731
    lab.wait_until(answers, what="the exporter is let in")
    assert not any(secret.encode() in each for both in up.children().values() for each in both)
    assert files_with(secret, Path(up.addresses["folder"])) == []

    for number in (1, 2, 3):
        before = up.child("-redis.addr")
        os.kill(before, signal.SIGKILL)
        told = rf"exporter has ended \(signal 9.*; started again, {number} of 3"
        lab.wait_until(lambda: re.search(told, up.said), what="it is told")  # noqa: B023 -- awaited here
        lab.wait_until(lambda: up.child("-redis.addr") not in (0, before), what="another one")  # noqa: B023 -- awaited here
    lab.wait_until(answers, what="it is let in again")
    os.kill(up.child("-redis.addr"), signal.SIGKILL)
    assert up.process.wait(30) == 4
    assert "4 times, and is not started again" in up.said
    assert not Path(up.addresses["folder"]).exists()
    assert secret not in up.said


def files_with(secret: str, folder: Path) -> list[Path]:
    """The files below a folder that have a secret in them; there are some without."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    return [path for path in files if secret.encode() in path.read_bytes()]


def test_no_password_is_left_by_a_kill(lab, watch, tmp_path: Path) -> None:
    """The folder of --out has none after SIGKILL, and what it had started ends with it."""
    secret = "a70c11-of-the-data"
    lab.servers.start_data(0, f"requirepass {secret}", f"masterauth {secret}")
    lab.servers.start_sentinel(0, f"sentinel auth-pass mymaster {secret}", quorum=1)
    lab.wait_until(lambda: lab.servers.sentinels_know(1, 0), what="the Sentinel answers")
    up = watch("--out", str(tmp_path / "kept"), JSQUARED_PASSWORD=secret)
    lab.wait_until(lambda: up.ask('redis_up{job="redis"} == 1'), what="the exporter is let in")
    children = list(up.children())
    os.kill(up.process.pid, signal.SIGKILL)
    up.process.wait()
    lab.wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), what="the end of its programs")
    assert files_with(secret, tmp_path / "kept") == []


def test_different_users_have_exporters_of_their_own(lab, watch, tmp_path: Path) -> None:
    """Data nodes know one user and Sentinels another, and both are measured; SIGTERM ends everything, with exit code 0."""
    lab.servers.start_data(0, "user watcher on >first ~* +@all", "requirepass root")
    lab.servers.start_sentinel(
        0, "user guard on >second ~* +@all", "sentinel auth-pass mymaster root", "requirepass other", quorum=1
    )
    words = ("--user", "watcher", "--sentinel-user", "guard")
    up = watch(*words, JSQUARED_PASSWORD="first", JSQUARED_SENTINEL_PASSWORD="second")
    lab.wait_until(lambda: up.labels("redis_up == 1", "job") == {"redis", "sentinel"}, what="both are measured")
    assert not any(b"second" in arguments for arguments, _ in up.children().values())
    assert up.stop(signal.SIGTERM) == 0
    assert not Path(up.addresses["folder"]).exists()


@pytest.mark.redis
def test_certificates_are_checked(make_lab, redis_engine: Path, watch_of, tmp_path: Path) -> None:
    """With their authority, data nodes and Sentinels that speak TLS alone are measured; without it nobody checks, and that works too."""
    lab = make_lab(redis_engine)
    material = make_material([lab.servers.data(0)[0], lab.servers.sentinel(0)[0]])
    for name, text in {"ca": material.authority, "crt": material.certificate, "key": material.key("")}.items():
        (tmp_path / name).write_text(text)
    own = ("port 0", "tls-replication yes", "tls-auth-clients no")
    tls = (
        *own,
        *(
            f"tls-{word} {tmp_path / name}"
            for word, name in (("ca-cert-file", "ca"), ("cert-file", "crt"), ("key-file", "key"))
        ),
    )
    lab.servers.start_data(0, *tls, "tls-port 6379")
    lab.servers.start_sentinel(0, *tls, "tls-port 26379", quorum=1)
    for words in (["--tls-ca", str(tmp_path / "ca")], ["--tls"]):
        up = watch_of(lab, *words)
        lab.wait_until(lambda: up.labels("redis_up == 1", "job") == {"redis", "sentinel"}, what="both are measured")  # noqa: B023
        assert up.stop() == 0

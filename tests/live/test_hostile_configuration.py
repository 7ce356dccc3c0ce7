"""A deployment of somebody who means no good, stood up for real: it works as far as it may, and reaches nothing else."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.hostile_trees import CANARY, VARIABLE

pytestmark = [pytest.mark.namespaces, pytest.mark.redis, pytest.mark.timeout(240)]


def hostile(folder: Path, home: Path) -> Path:
    """Three hosts whose lines name files of the home, by links, dots, patterns and absolute paths."""
    (folder / "s").mkdir(parents=True)
    (folder / "out").symlink_to(home)
    (folder / "users.acl").write_text("user default on nopass ~* &* +@all\n")
    lines = [
        f"include {home}/*.conf", "include ../out/*", "include /proc/*/environ", f"loadmodule {home}/m.so", "loadmodule ../m.so",
        f"dir {home}", f"logfile {home}/log", f"pidfile {home}/pid", "aclfile ../users.acl", f"tls-dh-params-file {home}/id",
        "protected-mode no",
        "appendonly yes", "min-replicas-to-write 1", "min-replicas-max-lag 3",
    ]  # fmt: skip
    (folder / "m.so").write_bytes(b"\x7fELF")
    for number in (1, 2, 3):
        host = folder / f"n{number}"
        host.mkdir()
        upstream = "replicaof 10.0.0.1 6379\n" if number > 1 else ""
        (host / "redis.conf").write_text("\n".join([f"bind 10.0.0.{number}", *lines, upstream]))
        (host / "sentinel.conf").write_text(
            f"bind 10.0.0.{number}\nsentinel monitor m 10.0.0.1 6379 2\nsentinel down-after-milliseconds m 3500\n"
            f"sentinel failover-timeout m 6000\nsentinel notification-script m {home}/script\nlogfile {home}/log\n"
        )
    return folder


def test_a_hostile_deployment_reaches_nothing(tmp_path: Path, jsquared: Callable[..., Any]) -> None:
    """It fails over like any other; home and files stay as they were, nothing of them is in any output, and what was left out is told."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("id", "a.conf", "m.so"):
        (home / name).write_text(f"requirepass {CANARY}\n")
    (home / "script").write_text(f"#!/bin/sh\ntouch {home}/ran\n")
    (home / "script").chmod(0o755)
    folder = hostile(tmp_path / "tree", home)
    before = {path: path.read_bytes() for root in (home, folder) for path in root.rglob("*") if path.is_file()}
    out = tmp_path / "runs"
    done = jsquared(
        "run", "primary-crash", "--deployment", str(folder), "--engine", "redis", "--out", str(out), "--json",
        environment={"HOME": str(home), VARIABLE: CANARY},
    )  # fmt: skip
    assert done.code == 3, done.stderr  # nothing is proven of a server without its module
    assert any("a line that does not run as written: loadmodule" in reason for reason in done.trial["reasons"])
    said = " ".join(done.document["not_reproduced"])
    for words in ("--allow-modules", f"{home}/*", "out/", "lies outside the folders that may be read"):
        assert words in said
    after = {path: path.read_bytes() for root in (home, folder) for path in root.rglob("*") if path.is_file()}
    assert after == before
    assert CANARY not in done.stdout + done.stderr
    assert not [path for path in out.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]

"""A module that a configuration loads gets at nothing of its user's, as root and as a user without privileges."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import jsquared

PACKAGE = Path(jsquared.__file__).parent
SOURCE = Path(__file__).parents[1] / "fixtures" / "hostile_module.c"
NOBODY = pwd.getpwnam("nobody")
TRIED = "the module has tried everything"

# Standard library only, so that any user can run it: a server with the module in the namespaces sandbox, until it serves.
SERVER = """
import shutil, sys, time
from pathlib import Path
from jsquared.sandbox.linux.local_process import LocalLog
from jsquared.sandbox.namespaces import NamespacesSandbox

module, server, log = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
sandbox = NamespacesSandbox(keep=[module.parent, log.parent])
sandbox.enter(["n1"])
folder = sandbox.directory("n1") / "redis-n1"
folder.mkdir()
shutil.copy(module, folder)
argv = [server, "--port", "6379", "--loadmodule", str(folder / module.name)]
process = sandbox.spawn("n1", argv, cwd=folder, log=LocalLog(log))
deadline = time.monotonic() + 30
while "eady to accept" not in log.read_text() and process.poll() is None and time.monotonic() < deadline:
    time.sleep(0.01)
print(process.poll())
sandbox.close()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that every user reads, with the package and a home with secrets in it."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    shutil.copytree(PACKAGE, folder / "package" / "jsquared", ignore=shutil.ignore_patterns("__pycache__"))
    yield folder
    shutil.rmtree(folder)


def home_of(user: pwd.struct_passwd, folder: Path) -> Path:
    """A home with a key, which belongs to the user."""
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    for path in (home / ".ssh" / "id", home / ".bashrc"):
        path.write_text("canary\n")
    for path in (home, *home.rglob("*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    return home


def module_for(home: Path, folder: Path) -> Path:
    """The module, compiled to look for that home."""
    source, module = folder / "module.c", folder / "module.so"
    source.write_text(SOURCE.read_text().replace("@HOME@", str(home)))
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(module), str(source)], check=True, timeout=60)
    return module


@pytest.mark.namespaces
@pytest.mark.root
@pytest.mark.compiler
@pytest.mark.redis
@pytest.mark.parametrize("name", ["root", "nobody"])
def test_a_module_gets_at_nothing(name: str, folder: Path) -> None:
    """It reads no home, writes nowhere, sees no process and no variable, has no route and finds no daemon, whoever its user is."""
    user = pwd.getpwnam(name)
    home = home_of(user, folder)
    module = module_for(home, folder)
    (folder / "log").touch()
    os.chown(folder / "log", user.pw_uid, user.pw_gid)
    server = shutil.which("redis-server")
    assert server is not None
    python = sys.executable if name == "root" else "/usr/bin/python3"
    done = subprocess.run(
        [python, "-c", SERVER, str(module), server, str(folder / "log")],
        env={"PYTHONPATH": str(folder / "package"), "CI_TOKEN": "canary", "HOME": str(home)},
        user=user.pw_uid, group=user.pw_gid, extra_groups=[], cwd="/", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    log = (folder / "log").read_text()
    assert done.stdout == "None\n", f"{done.stderr} {log}"
    assert TRIED in log
    assert [line for line in log.splitlines() if line.startswith("GOT")] == []


def deployment_with(module: Path, folder: Path) -> Path:
    """Two data nodes and a Sentinel, the first with a module from the deployment's own folder."""
    deployment = folder / "deployment"
    for host in ("n1", "n2"):
        (deployment / host).mkdir(parents=True)
    shutil.copy(module, deployment / "n1" / "probe.so")
    (deployment / "n1" / "redis.conf").write_text("port 6379\nloadmodule ./probe.so\n")
    (deployment / "n2" / "redis.conf").write_text("port 6379\nreplicaof n1 6379\n")
    (deployment / "n1" / "sentinel.conf").write_text("port 26379\nsentinel monitor mymaster n1 6379 1\n")
    return deployment


@pytest.mark.namespaces
@pytest.mark.compiler
@pytest.mark.redis
def test_a_module_of_a_configuration_runs_only_where_it_is_allowed_and_confined(
    folder: Path, tmp_path: Path, jsquared: Callable[..., Any]
) -> None:
    """Without the flag it is not loaded; with it, it gets at nothing; where it cannot be confined, the run is refused."""
    home = home_of(pwd.getpwuid(os.getuid()), folder)
    where = ("--deployment", str(deployment_with(module_for(home, folder), folder)), "--engine", "redis", "--json")
    variables = {"CI_TOKEN": "canary", "HOME": str(home), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def trial(*options: str, out: str) -> tuple[Any, str]:
        ended = jsquared("run", "replica-crash", *where, *options, "--out", str(tmp_path / out), environment=variables)
        logs = [path.read_text() for path in (tmp_path / out).glob("*/logs/redis-n1.log")]
        return ended, "".join(logs)

    without, log = trial(out="without")
    assert TRIED not in log
    assert any("--allow-modules" in line for line in without.document["not_reproduced"])
    loaded, log = trial("--allow-modules", out="with")
    assert "Module 'hostile' loaded" in log, loaded
    assert TRIED in log
    assert [line for line in log.splitlines() if line.startswith("GOT")] == []
    assert [trial["outcome"] for trial in loaded.document["trials"]] == [
        trial["outcome"] for trial in without.document["trials"]
    ], [trial["reasons"] for done in (loaded, without) for trial in done.document["trials"]]
    refused, _ = trial("--allow-modules", "--sandbox", "loopback", out="refused")
    assert refused.code == 2
    assert "--allow-modules: the loopback sandbox cannot confine the modules" in refused.stderr


@pytest.mark.compiler
def test_the_module_would_get_at_everything(folder: Path, tmp_path: Path) -> None:
    """Without a sandbox the same module reads the key, writes into the home, sees processes and knows the variable."""
    home = home_of(pwd.getpwuid(os.getuid()), folder)
    variables = {"CI_TOKEN": "canary", "LD_PRELOAD": str(module_for(home, folder))}
    done = subprocess.run(
        ["/bin/true"], env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    stolen = [line for line in done.stderr.splitlines() if line.startswith("GOT")]
    for what in (f"to read {home}/.ssh/id", f"to write {home}", "to see process", "to know a variable"):
        assert any(what in line for line in stolen), (what, stolen)

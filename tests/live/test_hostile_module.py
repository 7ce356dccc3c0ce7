"""A module that a configuration loads gets at nothing of its user's, as root and as a user without privileges."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

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
from jsquared.sandbox.namespaces import NamespacesSandbox

module, server, log = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
sandbox = NamespacesSandbox(keep=[module.parent, log.parent])
sandbox.enter(["n1"])
folder = sandbox.directory("n1") / "redis-n1"
folder.mkdir()
shutil.copy(module, folder)
argv = [server, "--port", "6379", "--loadmodule", str(folder / module.name)]
process = sandbox.spawn("n1", argv, cwd=folder, log=log)
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

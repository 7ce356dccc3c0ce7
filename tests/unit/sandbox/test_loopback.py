"""The loopback sandbox without a trial in it: its addresses, what it refuses, and who holds a prefix."""

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.errors import BadInputError, SandboxError
from jsquared.sandbox import loopback
from jsquared.sandbox.link import Endpoint, LinkSelector
from jsquared.sandbox.linux import syscalls
from jsquared.sandbox.linux.local_process import LocalLog
from jsquared.sandbox.loopback import HOSTS_LIMIT, LoopbackSandbox

LINK = LinkSelector(Endpoint("n1"), Endpoint("n2"))


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., LoopbackSandbox]:
    """Enter a sandbox without leaving this process, which must go on, and without the watcher."""
    monkeypatch.setattr(syscalls, "die_with", lambda parent: None)
    monkeypatch.setattr(syscalls, "die_with_parent", lambda parent_lives: None)
    monkeypatch.setattr(loopback, "continue_in_child", lambda: bool)
    monkeypatch.setattr(loopback, "_remove_when_this_process_ends", lambda folder: None)

    def enter(*hosts: str, prefix: str = "") -> LoopbackSandbox:
        sandbox = LoopbackSandbox(tmp_path, prefix=prefix)
        sandbox.enter(hosts)
        return sandbox

    return enter


def test_a_host_has_processes_and_a_folder_until_it_is_closed(
    inside: Callable[..., LoopbackSandbox], tmp_path: Path
) -> None:
    """Processes run and datagrams arrive; closing ends them, removes the data, and may be repeated."""
    sandbox = inside("n1", "n2")
    process = sandbox.spawn("n1", ["/bin/sleep", "60"], cwd=sandbox.directory("n1"), log=LocalLog(tmp_path / "log"))
    with sandbox.listen("n1", "") as listening:
        for source in (None, Endpoint("n1")):
            sandbox.dial(source, sandbox.address("n2", "data"), listening.port, 20).close()
            listening.accept(20)[0].close()
        with pytest.raises(TimeoutError):
            listening.accept(0)
    with pytest.raises(SandboxError, match="no host 'n9'"):
        sandbox.listen("n9", "")
    sandbox.close()
    sandbox.close()
    assert process.returncode == -9
    assert not sandbox.directory("n1").exists()
    with pytest.raises(SandboxError, match="no host 'n1'"):
        sandbox.spawn("n1", ["/bin/true"], cwd=tmp_path, log=LocalLog(tmp_path / "log"))


def prefix_of(sandbox: LoopbackSandbox) -> str:
    """What all its addresses begin with."""
    return sandbox.address("n1", "data").rpartition(".")[0]


def test_a_prefix_has_one_trial(inside: Callable[..., LoopbackSandbox], tmp_path: Path) -> None:
    """Another trial with the same addresses is refused for as long as the first one lives."""
    first = inside("n1")
    prefix = prefix_of(first)
    with pytest.raises(SandboxError, match="taken by another trial"):
        inside("n1", prefix=prefix)
    first.close()
    inside("n1", prefix=prefix).close()


def test_what_a_killed_trial_left_is_removed_by_the_next_one(
    inside: Callable[..., LoopbackSandbox], tmp_path: Path
) -> None:
    """Folders whose addresses nobody holds go; those of trials that run, links, and what only looks like one stay."""
    running = inside("n1")
    (tmp_path / ".loopback-127.250.1" / "n1").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".loopback-127.250.2").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".loopback-127.mine").mkdir()
    other = inside("n1")
    left = {path.name for path in tmp_path.glob(".loopback-*")}
    held = {f".loopback-{prefix_of(one)}" for one in (running, other)}
    assert left == {*held, ".loopback-127.250.2", ".loopback-127.mine"}
    running.close()
    other.close()


def test_folders_that_cannot_be_made_are_said(inside: Callable[..., LoopbackSandbox], tmp_path: Path) -> None:
    """A folder that is there already, or may not be written to, is one clear line."""
    first = inside("n1")
    prefix = prefix_of(first)
    first.close()
    first.directory("n1").mkdir(parents=True)
    with pytest.raises(SandboxError, match=r"cannot make the hosts' folders: File exists. Try: --out"):
        inside("n1", prefix=prefix)


def test_what_lies_between_hosts_is_missing(tmp_path: Path) -> None:
    """There is nothing to cut or to impair, and nobody of its own who answers for names."""
    sandbox = LoopbackSandbox(tmp_path)
    assert (sandbox.links, sandbox.impairments) == (None, None)
    assert (sandbox.name_service, sandbox.floating, sandbox.disk) == (None, None, None)


def test_the_number_of_hosts_is_limited(tmp_path: Path) -> None:
    """Every role of every host has an address of its own, as far as the prefix goes."""
    sandbox = LoopbackSandbox(tmp_path)
    for number in range(1, HOSTS_LIMIT):
        sandbox.address(f"n{number}", "client")
    with pytest.raises(BadInputError, match=f"more than {HOSTS_LIMIT - 1} hosts"):
        sandbox.address("one-more", "client")


def test_addresses_that_others_listen_on_are_not_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's port that is taken, or another trial, makes a prefix unfit; where all are, that is said."""
    prefix = prefix_of(LoopbackSandbox(tmp_path))
    octets = [int(octet) for octet in prefix.split(".")[1:]]
    draws = [octets[0] - 20, octets[1] - 1]
    monkeypatch.setattr(loopback.secrets, "randbelow", lambda limit: draws[limit == 254])
    assert prefix_of(LoopbackSandbox(tmp_path)) == prefix
    monkeypatch.setattr(loopback, "_DRAWS", 1)
    with socket.create_server((f"{prefix}.1", 6379)), pytest.raises(SandboxError, match="no free loopback addresses"):
        LoopbackSandbox(tmp_path)
    held = loopback._claim(prefix)
    assert held is not None
    with held, pytest.raises(SandboxError, match="no free loopback addresses"):
        LoopbackSandbox(tmp_path)


def test_a_folder_in_which_somebody_still_makes_files_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that is just ending may write once more; what is there for ever is given up."""
    folder = tmp_path / "data"
    folder.mkdir()
    remove_tree, tries = shutil.rmtree, []

    def rmtree(path: Path, **_: object) -> None:
        remove_tree(path)
        tries.append(path)
        if len(tries) < 3:
            path.mkdir()

    monkeypatch.setattr(loopback.shutil, "rmtree", rmtree)
    loopback.remove(folder)
    assert (len(tries), folder.exists()) == (3, False)
    folder.mkdir()
    monkeypatch.setattr(loopback.shutil, "rmtree", lambda path, **_: tries.append(path))
    monkeypatch.setattr(loopback, "_REMOVE_EVERY_S", 0.0)
    loopback.remove(folder)
    assert len(tries) == 203


def test_addresses_of_loopback_stay(tmp_path: Path) -> None:
    """A host has no other address here, and cannot get one."""
    sandbox = LoopbackSandbox(tmp_path, prefix="127.88.9")
    for refuse in (sandbox.other_address, sandbox.readdress):
        with pytest.raises(SandboxError, match="--sandbox namespaces"):
            refuse("n1", "data")


KILLED_AT_ITS_FIRST_FOLDER = """
import os, signal, sys
from pathlib import Path
from jsquared.sandbox.loopback import LoopbackSandbox
make = Path.mkdir
def mkdir(self, *words, **options):
    make(self, *words, **options)
    if self.name == "n1":
        os.kill(os.getpid(), signal.SIGKILL)
Path.mkdir = mkdir
LoopbackSandbox(Path(sys.argv[1]), prefix="127.88.11").enter(["n1", "n2"])
"""


def test_a_folder_that_was_begun_goes_with_its_process(tmp_path: Path, wait_until: Callable[..., None]) -> None:
    """Also where it is killed between its first folder and its second."""
    done = subprocess.run([sys.executable, "-c", KILLED_AT_ITS_FIRST_FOLDER, str(tmp_path)], check=False)
    assert done.returncode == 128 + signal.SIGKILL
    wait_until(lambda: not list(tmp_path.iterdir()), what="the folder is gone")

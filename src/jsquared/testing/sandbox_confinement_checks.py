"""The checks of the sandbox contract about what processes inside may not reach: files, processes, variables, networks, powers.

A probe inside tries everything and tells what it could do, which must be nothing.
"""

import json
import os
import socket
import sys
from pathlib import Path

from jsquared.sandbox.sandbox import Sandbox
from jsquared.testing.sandbox_means import (
    WAIT_LIMIT_S,
    Check,
    children_of,
    expect,
    said,
    start_python,
    started,
    state_of,
    wait,
)

CANARY = "canary-of-the-contract"
VARIABLE = "JSQUARED_CONTRACT_CANARY"
ELSEWHERE = "elsewhere"
"""A folder beside the probe's own that it must not see; it stands for a home, other run folders and sockets of daemons."""
SOCKET = "daemon.sock"
NAMESPACES = ("ipc", "mnt", "pid")

PROBE = r"""
import ctypes, glob, json, os, socket, sys
elsewhere, canary = sys.argv[1:3]
did = []

def attempt(what, action):
    try:
        result = action()
    except (OSError, ValueError):
        return
    if result is not False:
        did.append(f"{what}: {result}")

def read(path):
    with open(path, "rb") as file:
        return file.read(40)

def write(path):
    with open(path, "wb") as file:
        return file.write(b"x")

def connect(family, kind, address):
    with socket.socket(family, kind) as one:
        one.settimeout(1)
        one.connect(address)

def call(name, *arguments):
    libc = ctypes.CDLL(None, use_errno=True)
    return libc[name](*arguments) == 0

for path in (f"{elsewhere}/secret", "/etc/shadow", "/etc/ssh/ssh_host_rsa_key", "/root/.bashrc", "/proc/1/environ", "/proc/kcore"):
    attempt(f"read {path}", lambda path=path: read(path))
for folder in (elsewhere, os.path.dirname(elsewhere), "/", "/etc", "/usr/lib", "/tmp", "/var/tmp", "/home", "/root", "/dev", "/dev/shm"):
    attempt(f"wrote in {folder}", lambda folder=folder: write(f"{folder}/written"))
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/net/ipv4/ip_forward", "/proc/sysrq-trigger"):
    attempt(f"opened {path}", lambda path=path: open(path, "wb").close())
for path in (elsewhere, "/run", "/var/run/docker.sock", "/run/docker.sock", "/etc/shadow", "/var/lib"):
    attempt(f"saw {path}", lambda path=path: os.path.lexists(path))
others = [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
attempt("saw processes", lambda: others or False)
for path in glob.glob("/proc/[0-9]*/environ") + ["/proc/self/environ"]:
    attempt(f"found the variable in {path}", lambda path=path: canary.encode() in open(path, "rb").read())
attempt("reached the daemon", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, f"{elsewhere}/daemon.sock"))
attempt("reached the abstract daemon", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{canary}"))
attempt("had a route", lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("192.0.2.1", 9)))
attempt("had a route (IPv6)", lambda: connect(socket.AF_INET6, socket.SOCK_DGRAM, ("2001:db8::1", 9)))
attempt("opened a vsock", lambda: socket.socket(40, socket.SOCK_STREAM).close())
attempt("opened a packet socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close())
attempt("opened a raw socket", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close())
for flag in (0x10000000, 0x20000, 0x40000000, 0x20000000):
    attempt(f"made a namespace {flag:x}", lambda flag=flag: call("unshare", flag))
attempt("mounted", lambda: call("mount", b"none", os.getcwd().encode(), b"tmpfs", 0, b""))
attempt("traced the first process", lambda: call("ptrace", 16, 1, 0, 0))
attempt("made a device", lambda: os.mknod("device", 0o20600, os.makedev(1, 1)))
attempt("changed the root", lambda: os.chroot("."))
attempt("set the clock", lambda: call("settimeofday", b"\0" * 16, None))
status = open("/proc/self/status").read()
attempt("kept capabilities", lambda: any(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("Cap")))
attempt("may gain privileges", lambda: "NoNewPrivs:\t1" not in status)
write("own")
print(json.dumps(did))
"""


def processes_are_confined(sandbox: Sandbox, folder: Path) -> None:
    """A process reads, writes, sees and reaches nothing beyond the system's programs, its own folder and its hosts' network."""
    elsewhere, own = folder / ELSEWHERE, folder / "own"
    for made in (elsewhere, own):
        made.mkdir(exist_ok=True)
    (elsewhere / "secret").write_text(CANARY)
    (elsewhere / SOCKET).unlink(missing_ok=True)
    folder_open = os.open(elsewhere, os.O_PATH)
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(f"/proc/self/fd/{folder_open}/{SOCKET}")  # a path of any length is too long for the socket itself
        os.close(folder_open)
        daemon.listen()
        argv = [sys.executable, "-c", PROBE, str(elsewhere), CANARY]
        process = start_python(sandbox, "n1", argv, own, "confined")
        out = said(process)
    expect(process.returncode == 0, f"the probe failed: {sandbox.log('n1', 'confined').read(0, 10_000)!r}")
    expect((own / "own").exists(), "it cannot write in its own folder")
    did = json.loads(out)
    expect(not did, f"a process inside {'; '.join(did)}")


def environment_is_new(sandbox: Sandbox, _folder: Path) -> None:
    """A process finds nothing of this process' environment in its own."""
    expect(os.environ.get(VARIABLE) == CANARY, f"run the contract with {VARIABLE} set")
    out = said(started(sandbox, "n1", "/usr/bin/env", pipes=True))
    expect(CANARY not in out.decode(), f"its environment is {out.decode()}")
    expect(b"PATH=" in out, "it has no PATH")


def crashed_processes_leave_children(sandbox: Sandbox, folder: Path) -> None:
    """What a process has started outlives it, as on any machine, and the next process in its place finds its folder as it was."""
    script = "sleep 60 & echo begun > began; mv began begun; wait"
    sandbox.expect("n1", "/bin/sh", cwd=folder)
    process = sandbox.spawn("n1", ["/bin/sh", "-c", script], cwd=folder, log=sandbox.log("n1", "crash"))
    wait((folder / "begun").exists, "it does not begin")
    wait(lambda: len(children_of(process.pid)) == 1, "mv does not end")
    [child] = children_of(process.pid)
    process.kill()
    process.wait(WAIT_LIMIT_S)
    expect(state_of(child) not in ("", "Z"), "its child ends with it")
    again = sandbox.spawn("n1", ["/bin/sh", "-c", "cat begun"], cwd=folder, log=sandbox.log("n1", "again"), pipes=True)
    expect(said(again) == b"begun\n", "the next process finds another folder")


def hosts_share_no_memory(sandbox: Sandbox, folder: Path) -> None:
    """Shared memory, semaphores, queues, processes and mounts of one host are not those of another, nor of this process."""
    seen = [{str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in NAMESPACES}]
    for host in ("n1", "n2"):
        own = folder / f"namespaces-{host}"
        own.mkdir(exist_ok=True)
        script = " ".join(f"/proc/self/ns/{kind}" for kind in NAMESPACES)
        argv = ["/bin/sh", "-c", f"readlink {script}"]
        process = sandbox.spawn(host, argv, cwd=own, log=sandbox.log(host, "namespaces"), pipes=True)
        seen.append(set(said(process).decode().split()))
    shared = {name for index, names in enumerate(seen) for other in seen[index + 1 :] for name in names & other}
    expect(all(len(names) == len(NAMESPACES) for names in seen) and not shared, f"shared: {sorted(shared)} of {seen}")


CONFINEMENT_CHECKS: tuple[Check, ...] = (
    processes_are_confined,
    crashed_processes_leave_children,
    hosts_share_no_memory,
)

"""Why the kernel refused namespaces or rules here, and the exact setting that changes it.

Sources: user_namespaces(7), namespaces(7), Ubuntu's AppArmor user-namespace restriction, Docker's seccomp and masked-path documentation.
"""

import errno
from pathlib import Path

from jsquared.errors import SandboxError
from jsquared.sandbox.linux import syscalls

_CONTAINER_MARKS = (".dockerenv", "run/.containerenv")
_MISSING = {errno.EOPNOTSUPP, errno.EPROTONOSUPPORT, errno.EAFNOSUPPORT, errno.ENOENT, errno.EINVAL}
_CONTAINER_OPTIONS = (
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined"
)


def explain_namespaces(error: OSError, root: Path = Path("/")) -> SandboxError:
    """The error to raise when unshare, an id map or a mount was refused; ``root`` is where /proc/sys is looked for."""
    reason, remedy = _setting(root) or _elsewhere(error, root)
    return SandboxError(f"namespaces are refused here ({error.strerror}): {reason}", where="namespaces", hint=remedy)


def explain_network(error: OSError, step: str, modules: str) -> SandboxError:
    """The error to raise when a netlink request of ``step`` failed, naming the kernel modules it needs."""
    if isinstance(error, TimeoutError):
        return SandboxError(f"{step}: {error}", where="namespaces", hint="again when the machine is less busy")
    what = f"{step} is refused by the kernel ({error.strerror})"
    if error.errno in _MISSING:
        return SandboxError(f"{what}: it needs {modules}", where="namespaces", hint=f"sudo modprobe -a {modules}")
    explained = explain_namespaces(error)
    return SandboxError(f"{what}; {explained.what}", where="namespaces", hint=explained.hint)


def _read(root: Path, name: str) -> str:
    try:
        return (root / "proc/sys" / name.replace(".", "/", 1)).read_text().strip()
    except OSError:
        return ""


def _in_user_namespace(root: Path) -> bool:
    return syscalls.in_user_namespace(root / "proc/self/uid_map")


def _setting(root: Path) -> tuple[str, str] | None:
    """The sysctl that forbids it, and the command that allows it; those of user namespaces only where one is needed."""
    candidates = [(f"user.max_{kind}_namespaces", "0", "15000") for kind in ("net", "mnt", "pid")]
    if not syscalls.is_privileged() or _in_user_namespace(root):
        candidates += [
            ("kernel.unprivileged_userns_clone", "0", "1"),
            ("user.max_user_namespaces", "0", "15000"),
            ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
        ]
    for name, forbids, allows in candidates:
        if _read(root, name) == forbids:
            remedy = f"sudo sysctl -w {name}={allows} (or --sandbox loopback for process faults only)"
            return f"{name} is {forbids}", remedy
    return None


def _elsewhere(error: OSError, root: Path) -> tuple[str, str]:
    if error.errno in {errno.ENOSPC, errno.EUSERS}:
        return "too many namespaces exist or are nested", "sudo sysctl -w user.max_user_namespaces=100000"
    if error.errno == errno.EINVAL:
        return "this kernel is built without them", "a kernel with CONFIG_USER_NS, CONFIG_NET_NS and CONFIG_PID_NS"
    if any((root / mark).exists() for mark in _CONTAINER_MARKS):
        return (
            "this container's seccomp profile or masked /proc forbids them",
            f"docker run {_CONTAINER_OPTIONS}, or --privileged",
        )
    return (
        "a seccomp or security-module profile forbids them, as in a container",
        f"outside the container, or start it with {_CONTAINER_OPTIONS}, or with --privileged",
    )

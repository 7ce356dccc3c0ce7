"""A limit on the memory that one running process may map (``RLIMIT_AS``), set from outside and read back from the kernel.

Only the soft limit is set, so it can be lifted again without any power. Beyond it the kernel refuses to map more, which an allocator
sees as "out of memory": no cgroup is needed, and no other process is affected.
"""

import resource
import subprocess
from pathlib import Path

from jsquared.errors import SandboxError


def limit_memory(pid: int, limit_bytes: int) -> None:
    """Let a process of ours map no more than so many bytes in all, or as many as it could ever (``resource.RLIM_INFINITY``).

    :raises SandboxError: the kernel refuses.
    """
    try:
        _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (limit_bytes, hard))
    except (OSError, ValueError) as problem:
        raise SandboxError(
            f"the memory of a process cannot be limited: {problem}", hint="--sandbox namespaces, outside a container"
        ) from problem


def memory_limit(pid: int) -> int:
    """How many bytes a process may map, as the kernel says.

    :raises SandboxError: it is gone.
    """
    try:
        return resource.prlimit(pid, resource.RLIMIT_AS)[0]
    except OSError as problem:
        raise SandboxError(f"the limits of process {pid} cannot be read: {problem.strerror}") from problem


def mapped_bytes(pid: int) -> int:
    """How many bytes a process has mapped (``VmSize`` of proc(5)).

    :raises SandboxError: it is gone.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        return int(status.partition("VmSize:")[2].split(maxsplit=1)[0]) * 1024
    except (OSError, IndexError) as problem:
        raise SandboxError(f"the memory of process {pid} cannot be read") from problem


def try_memory_limit() -> None:
    """Limit a process of our own, read it back, and lift it.

    :raises SandboxError: that is refused here.
    """
    # Limited while it is still being loaded, it says on stderr that it cannot be: nobody asked for its words.
    quiet = subprocess.DEVNULL
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=quiet, stderr=quiet) as process:
        wanted = mapped_bytes(process.pid)
        limit_memory(process.pid, wanted)
        found = memory_limit(process.pid)
        limit_memory(process.pid, resource.RLIM_INFINITY)
        assert process.stdin is not None
        process.stdin.close()
    if found != wanted:
        raise SandboxError(f"a memory limit of {wanted} bytes reads back as {found}", hint="another kernel")

"""A memory limit is set on a process of ours, read back from the kernel, and lifted."""

import resource
import subprocess
from collections.abc import Iterator

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox.linux import limits
from jsquared.sandbox.linux.limits import limit_memory, mapped_bytes, memory_limit, try_memory_limit


@pytest.fixture
def pid() -> Iterator[int]:
    """A process that runs until the test is over."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as process:
        yield process.pid


def test_a_limit_reads_back_and_is_lifted(pid: int) -> None:
    """The kernel says what was set, and the process may have less than it maps already."""
    before = memory_limit(pid)
    wanted = mapped_bytes(pid)
    limit_memory(pid, wanted)
    assert memory_limit(pid) == wanted
    limit_memory(pid, before)
    assert memory_limit(pid) == before
    try_memory_limit()


def test_a_process_that_is_gone_is_said() -> None:
    """Each question names it."""
    with subprocess.Popen(["/bin/true"]) as process:
        pass
    for ask in (lambda pid: limit_memory(pid, 1), memory_limit, mapped_bytes):
        with pytest.raises(SandboxError):
            ask(process.pid)


def test_a_limit_that_is_not_kept_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that says yes and sets something else has no such means."""
    monkeypatch.setattr(limits, "memory_limit", lambda _: resource.RLIM_INFINITY)
    with pytest.raises(SandboxError, match="reads back as -1"):
        try_memory_limit()

"""A process of this machine as the rest of the lab sees it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jsquared.sandbox.linux.local_process import LocalProcess, account_of, state_of
from jsquared.sandbox.process import Account


@pytest.fixture
def cat() -> Iterator[LocalProcess]:
    """One that repeats what it is told."""
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as popen:
        yield LocalProcess("n1", popen)
        popen.kill()


def test_words_to_a_process_that_is_ending_are_lost(cat: LocalProcess) -> None:
    """One that closed its ear a moment ago is told in vain, and so is one that never had any."""

    class Closed:
        def write(self, words: bytes) -> None:
            raise BrokenPipeError

        def close(self) -> None:
            pass

    assert cat.popen.stdin is not None
    cat.popen.stdin.close()
    cat.popen.stdin = Closed()  # type: ignore[assignment]
    cat.tell(b"too late")
    cat.popen.stdin = None
    cat.tell(b"too late")


def test_a_process_without_a_pipe_has_no_output() -> None:
    """Its log has what it printed; its program is known however it was named."""
    with subprocess.Popen("/bin/true") as popen:
        process = LocalProcess("n1", popen)
        assert list(process.output()) == []
        assert (process.program, process.wait(20)) == ("/bin/true", 0)
    assert not process.has_reported("stopped")


def test_the_kernels_account_is_read(tmp_path: Path) -> None:
    """A process has one on every kernel with schedstat; one that is gone, or strange, has none."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "schedstat").write_text("881010 5148247 5\n")
    assert account_of(7, tmp_path) == Account(5148247, 5)
    (tmp_path / "7" / "schedstat").write_text("what\n")
    assert account_of(7, tmp_path) is None
    assert account_of(8, tmp_path) is None


@pytest.mark.parametrize(
    ("told", "state"),
    [("7 (a) b) T 1 2\n", "T"), ("7 (\udcff) Z 1\n", "Z"), ("7 (x)", "")],
)
def test_a_state_follows_the_name(told: str, state: str, tmp_path: Path) -> None:
    """A name may hold brackets and bytes that are no text; where no state follows it there is none."""
    (tmp_path / "7").mkdir()
    (tmp_path / "7" / "stat").write_text(told, errors="surrogateescape")
    assert state_of(7, tmp_path) == state


def test_a_process_that_is_gone_has_no_state() -> None:
    """No process has the id 0."""
    assert state_of(0) == ""

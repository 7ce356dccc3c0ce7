"""A program is asked what it prints where it can do no harm, and bounded in time and words."""

import shutil
import subprocess
from pathlib import Path

import pytest

from jsquared.errors import EngineError
from jsquared.sandbox import question
from jsquared.sandbox.linux.libraries import missing_library
from jsquared.sandbox.question import MOST_BYTES, ProgramError, ask


def ends_with(code: int, folder: Path) -> Path:
    """A program in place of Python that asks nobody and ends with a code."""
    program = folder / "python"
    program.write_text(f"#!/bin/sh\necho why >&2; exit {code}\n")
    program.chmod(0o755)
    return program


@pytest.fixture(params=["confined", "here"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Both ways to ask: in a sandbox, and as where there is none."""
    if request.param == "here":
        monkeypatch.setattr(question.sys, "executable", str(ends_with(question.NO_SANDBOX, tmp_path)))
    return str(request.param)


@pytest.mark.namespaces
def test_it_says_what_it_prints(way: str) -> None:
    """Standard output is the answer."""
    assert ask(["/bin/echo", "v=7.0.15"], given=b"", limit_s=10) == b"v=7.0.15\n"


@pytest.mark.namespaces
def test_it_hears_what_it_is_given(way: str) -> None:
    """What comes on its standard input it may answer on standard error too."""
    assert ask(["/bin/sh", "-c", "read line; echo $line >&2"], given=b"port 0\n", limit_s=10) == b"port 0\n"


@pytest.mark.namespaces
def test_it_need_not_listen_and_may_print_without_end(way: str) -> None:
    """It is cut short, and ended."""
    words = ask(["/usr/bin/yes"], given=b"port 0\n", limit_s=10)
    assert words is not None
    assert 0 < len(words) <= MOST_BYTES


@pytest.mark.namespaces
def test_silence_is_an_answer(way: str) -> None:
    """What neither ends nor speaks is not waited for."""
    assert ask(["/bin/sleep", "60"], given=b"", limit_s=0.1) is None


@pytest.mark.namespaces
def test_what_cannot_be_started_says_why(way: str, tmp_path: Path) -> None:
    """The kernel's reason comes back."""
    program = tmp_path / "program"
    program.write_text("port 6379\n")
    with pytest.raises(ProgramError, match="Permission denied"):
        ask([str(program)], given=b"", limit_s=10)


@pytest.mark.namespaces
def test_it_finds_nothing_of_the_users_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that is asked for its version sees no home, no variable, and writes nowhere."""
    secret = tmp_path / "secret"
    secret.write_text("canary")
    monkeypatch.setenv("CANARY", "canary")
    script = f"cat {secret}; env; echo x > {tmp_path}/written; ls {tmp_path}; echo end"
    words = ask(["/bin/sh", "-c", script], given=b"", limit_s=10)
    assert words is not None
    assert b"canary" not in words
    assert words.endswith(b"end\n")
    assert list(tmp_path.iterdir()) == [secret]


@pytest.fixture
def linked(tmp_path: Path) -> tuple[Path, Path]:
    """A program, and the folder with a library that it needs and that no loader looks into by itself."""
    folder = tmp_path / "libraries"
    folder.mkdir()
    library, program = folder / "libjsqown.so.1", tmp_path / "program"
    for options, text in (
        (["-shared", "-fPIC", "-Wl,-soname,libjsqown.so.1", "-o", str(library)], "int version(void) { return 7; }"),
        (
            ["-o", str(program), str(library)],
            'int printf(const char *, ...); int version(void); int main(void) { printf("v=%d\\n", version()); }',
        ),
    ):
        source = tmp_path / "source.c"
        source.write_text(text)
        compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))))
        subprocess.run([compiler, str(source), *options], check=True, capture_output=True, timeout=60)
    return program, folder


@pytest.mark.namespaces
@pytest.mark.compiler
def test_a_program_finds_its_own_libraries(way: str, linked: tuple[Path, Path]) -> None:
    """They are seen where it is confined, and its loader looks for them there."""
    program, folder = linked
    assert ask([str(program)], given=b"", limit_s=10, libraries=[str(folder)]) == b"v=7\n"
    assert ask([str(program)], given=b"", limit_s=10) == b""
    assert missing_library(program, []) == "libjsqown.so.1"
    assert missing_library(program, [folder]) == ""


def test_no_program_leads_out_by_ending_its_asker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the asking process fails for any other reason than a missing sandbox, the program is not run outside one."""
    monkeypatch.setattr(question.sys, "executable", str(ends_with(1, tmp_path)))
    monkeypatch.setattr(question, "_ask_here", lambda *_: pytest.fail("it ran outside"))
    with pytest.raises(EngineError, match=r"cannot be asked what it is \(code 1\): why"):
        ask(["/bin/echo"], given=b"", limit_s=10)

    def hangs(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("question", 1)

    monkeypatch.setattr(question.subprocess, "run", hangs)
    assert ask(["/bin/echo"], given=b"", limit_s=10) is None


@pytest.mark.namespaces
def test_a_program_cannot_touch_what_it_is_heard_by(tmp_path: Path) -> None:
    """It finds an empty folder: what it says lies elsewhere, so nothing can be put in its place."""
    script = f"read line; echo found: $(ls -A); rm -f said ../said; ln -s /etc/passwd said; echo x > {tmp_path}/out; echo told >&2"
    words = ask(["/bin/sh", "-c", script], given=b"go\n", limit_s=10)
    assert words is not None
    assert words.startswith(b"found:\n")
    assert words.endswith(b"told\n")
    assert not (tmp_path / "out").exists()

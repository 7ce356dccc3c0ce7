"""The guard in tests/conftest.py notices what tests leave behind."""

import os
import subprocess
import sys
from pathlib import Path

CONFTEST = Path(__file__).parents[1] / "conftest.py"
LEAKS_A_PROCESS = """
import subprocess
def test_leak():
    subprocess.Popen(["sleep", "300"])
"""
LEAKS_A_FOLDER = """
import tempfile
def test_leak():
    tempfile.mkdtemp(prefix="forgotten-")
"""
TIDY = """
import subprocess
def test_tidy(tmp_path):
    subprocess.run(["true"], check=True)
"""
SKIPPED = """
import pytest
@pytest.mark.redis
def test_needs_redis():
    raise AssertionError
"""


def run_pytest(folder: Path, test: str, *options: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a test file in a session of its own with this tree's conftest.py."""
    (folder / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "test_it.py").write_text(test, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = redis: needs redis\n", encoding="utf-8")
    argv = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *options, str(folder)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PATH"] = path or environment["PATH"]
    environment["TMPDIR"] = str(folder / "tmp")
    (folder / "tmp").mkdir(exist_ok=True)
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_left_process_fails_the_run(tmp_path: Path) -> None:
    """A process that outlives the run fails it, is named with its test, and is ended."""
    done = run_pytest(tmp_path, LEAKS_A_PROCESS, "-n", "1")
    assert done.returncode == 1, done.stdout
    line = next(line for line in done.stdout.splitlines() if "sleep 300" in line)
    assert "test_it.py::test_leak" in line
    state = Path("/proc") / line.split()[1].rstrip(":") / "stat"
    assert not state.exists() or " Z " in state.read_text(encoding="ascii")


def test_left_folder_fails_the_run(tmp_path: Path) -> None:
    """A temporary folder outside pytest's own fails the run and is named."""
    done = run_pytest(tmp_path, LEAKS_A_FOLDER)
    assert done.returncode == 1, done.stdout
    assert "temporary file: forgotten-" in done.stdout


def test_tidy_run_passes_and_leaves_nothing(tmp_path: Path) -> None:
    """A run without leftovers passes and its own folder for temporary files is gone."""
    done = run_pytest(tmp_path, TIDY)
    assert done.returncode == 0, done.stdout
    assert not list((tmp_path / "tmp").iterdir())


def test_missing_capability_skips_with_its_reason(tmp_path: Path) -> None:
    """A test that needs what the machine lacks is skipped, and the summary says why."""
    done = run_pytest(tmp_path, SKIPPED, path=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "needs redis: not on PATH: redis-server" in done.stdout


def test_failed_run_is_kept_until_the_next(tmp_path: Path) -> None:
    """A failed run keeps its files to look at, and the next run removes them."""
    run_pytest(tmp_path, "def test_fails():\n    assert False\n")
    assert len(list((tmp_path / "tmp").iterdir())) == 1
    run_pytest(tmp_path, TIDY)
    assert not list((tmp_path / "tmp").iterdir())

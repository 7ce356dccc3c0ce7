"""What the guides for newcomers add, on real servers."""

import json
from pathlib import Path

import pytest

from support.guide import Guide

pytestmark = [pytest.mark.namespaces, pytest.mark.timeout(400)]


@pytest.mark.parametrize("page", ["add-a-fault.md", "add-a-scenario.md"])
def test_the_trial_that_a_guide_shows_proves_its_faults(page: str, tmp_path: Path) -> None:
    """The fault bit and healed, and the verdict is a pass."""
    guide = Guide.followed(page, Guide.copied(tmp_path / "tree"))
    [command] = [command for command in guide.commands if command.startswith("jsquared run")]
    done = guide.run(f"{command} --rate 100")
    [trial] = json.loads(done.stdout)["trials"]
    assert trial["outcome"] == "pass", trial["reasons"]
    assert [(fault["bit"], fault["healed"]) for fault in trial["faults"]] == [(True, True)], trial["faults"]

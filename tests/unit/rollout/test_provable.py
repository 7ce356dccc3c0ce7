"""What the lab cannot play is refused in a sentence, and what it can is not."""

from pathlib import Path

import pytest

from jsquared.rollout.provable import not_provable
from support.changes import planned, write_folder


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ({}, {"data": "maxmemory 1gb\n"}, ""),
        ({}, {"data": "tcp-backlog 1024\n", "sentinel": "maxclients 2000\n"}, ""),
        ({"quorum": 1}, {}, ""),
        ({"data": "user a on >one ~* +@all\n"}, {"data": "user a on >two ~* +@all\n"}, ""),
        ({}, {"hosts": 4}, "adding a replica"),
        ({"hosts": 4}, {}, "removing a replica"),
        ({}, {"sentinels": 4}, "adding a Sentinel"),
        ({"sentinels": 5}, {"sentinels": 4}, "removing a Sentinel"),
        ({}, {"port": 7000}, "moving a port"),
        ({}, {"sentinel": "requirepass a-new-password\n"}, "clients of a trial keep their login there"),
    ],
)
def test_the_kinds_that_can_be_played(tmp_path: Path, before: dict, after: dict, sentence: str) -> None:
    """Each kind of change with what is said of it."""
    plan = planned(write_folder(tmp_path / "was", **before), write_folder(tmp_path / "is", **after))
    assert not plan.refusals
    told = not_provable(plan, (), ())
    assert (not told) if not sentence else any(sentence in one for one in told), told


def test_a_line_that_is_run_in_another_way(tmp_path: Path) -> None:
    """A trial whose servers have another value than the plan's proves nothing of it; the number of a line counts on its own side only."""
    plan = planned(write_folder(tmp_path / "was"), write_folder(tmp_path / "is", data="tcp-backlog 1024\n"))
    line = plan.directives[0].after
    assert not_provable(plan, {(line.file, line.line)}, ()) == []
    assert not_provable(plan, (), {(line.file, line.line)}) == [
        "tcp-backlog: servers have another one in a trial, since it is about their machine"
    ]

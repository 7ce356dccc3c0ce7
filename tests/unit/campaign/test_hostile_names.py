"""Names from an input, and what the user allowed it, in run folders and in the command that runs a trial again."""

from pathlib import Path

import msgspec
import pytest

from jsquared.campaign.campaign import folder_word
from jsquared.campaign.planning import Request, plan_trials
from jsquared.deployment.model.reach import Allowed
from jsquared.errors import BadInputError
from jsquared.records.secrets import NO_SECRETS
from support.record_plan import other_group
from support.records import Story


@pytest.mark.parametrize("name", ["../../x", "a\nb\x1b[31m", "x" * 300, "nul\0", ".", "\udcff", "a/b"])
def test_a_primary_may_be_called_anything(name: str) -> None:
    """The folder of its trial is one plain name, neither too long nor leading anywhere."""
    plan = Story().plan()
    nodes = tuple(msgspec.structs.replace(node, master_name=name) for node in plan.data_nodes())
    word = folder_word(msgspec.structs.replace(plan, master_name=name, nodes=(*nodes, *other_group("other"))))
    assert Path(word).name == word
    assert len(word) <= 150
    assert word.isascii()
    assert word.isprintable()


def test_the_command_says_what_was_allowed() -> None:
    """Running a trial again reads and runs the same; values of variables are not told."""
    allowed = Allowed(
        paths=["/srv/tls"], modules=True, env_files=["x.env"], env=["PASSWORD=secret"], floating=["10.5.0.1=host"]
    )
    words = Request(deployment="./mine", allowed=allowed).command("primary-crash", 7, "", NO_SECRETS)
    assert words[-11:-2] == [
        "--allow-path", "/srv/tls", "--env-file", "x.env", "--env", "PASSWORD", "--floating", "10.5.0.1=host", "--allow-modules",
    ]  # fmt: skip
    assert not any("secret" in word for word in words)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A password of other bytes cannot be told to clients; one line says so before anything starts."""
    (tmp_path / "n1").mkdir()
    (tmp_path / "n1" / "redis.conf").write_text('requirepass "\\xff"\n')
    (tmp_path / "n1" / "sentinel.conf").write_text("sentinel monitor m n1 6379 1\n")
    request = Request(names=["config-quorum"], deployment=str(tmp_path), sandbox="loopback", out=tmp_path / "runs")
    with pytest.raises(BadInputError, match="has bytes that are not UTF-8"):
        plan_trials(request)

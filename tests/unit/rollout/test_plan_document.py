"""A plan is a file that anyone may have written, and a page that people review."""

import json
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.rollout.plan_document import PLAN_FILE, ChangePlan, read_plan
from jsquared.rollout.plan_text import plan_as_markdown
from jsquared.text import encode_json
from support.changes import planned, write_folder


@pytest.fixture
def plan(tmp_path: Path) -> ChangePlan:
    """A plan with a restart."""
    return planned(write_folder(tmp_path / "was"), write_folder(tmp_path / "is", data="tcp-backlog 1024\n"))


def test_a_plan_is_read_back_as_it_was_written(plan: ChangePlan, tmp_path: Path) -> None:
    """By its folder or by its file, with every type of step."""
    (tmp_path / PLAN_FILE).write_bytes(encode_json(plan))
    assert read_plan(tmp_path) == read_plan(tmp_path / PLAN_FILE) == plan


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan | {"format": 2},
        lambda plan: plan | {"steps": plan["steps"][1:]},
        lambda plan: plan | {"outcome": "perhaps"},
        lambda plan: plan | {"steps": [plan["steps"][0] | {"actions": [{"do": "run-anything", "node": "x"}]}]},
        lambda plan: [plan],
        lambda plan: {},
    ],
)
def test_what_is_no_plan_is_refused_in_one_line(plan: ChangePlan, tmp_path: Path, change) -> None:
    """Another format, a step that is missing, an action that nobody knows, or something else."""
    (tmp_path / PLAN_FILE).write_text(json.dumps(change(json.loads(encode_json(plan)))))
    with pytest.raises(BadInputError, match=r"jsquared change plan wrote|made again|as it was written"):
        read_plan(tmp_path)


def test_the_page_has_each_step_with_its_gates_and_its_undo(plan: ChangePlan) -> None:
    """A reviewer sees what differs with file and line, how it takes effect, what is done, when, and how it is taken back."""
    text = plan_as_markdown(plan)
    assert text.startswith("# Change of `mymaster`: it can be made\n")
    assert (
        "| `redis-n2` | `tcp-backlog` | restart | `tcp-backlog 511` (`n2/redis.conf`) | `tcp-backlog 1024` (`n2/redis.conf:8`) |"
        in text
    )
    step = text.partition("### 2. ")[2].partition("### 3. ")[0]
    titles = [line for line in step.splitlines() if line in ("before:", "do:", "after:", "undo:")]
    assert titles == ["before:", "do:", "after:", "undo:"]
    assert "- `in n2/redis.conf: add tcp-backlog 1024`" in step


def test_what_others_wrote_is_no_markup(tmp_path: Path) -> None:
    """Backticks, bars and control characters of a file stay text on the page."""
    name = "proc-title-template a`b|c<script>\n"
    text = plan_as_markdown(planned(write_folder(tmp_path / "was"), write_folder(tmp_path / "is", data=name)))
    assert "`proc-title-template a'b\\|c<script>`" in text


def test_a_refused_plan_says_why_and_has_no_step(tmp_path: Path) -> None:
    """The page begins with the reason."""
    text = plan_as_markdown(planned(write_folder(tmp_path / "was"), write_folder(tmp_path / "is", quorum=4)))
    assert "**Refused** (`quorum-unreachable`" in text
    assert text.rstrip().endswith("## 0 steps")

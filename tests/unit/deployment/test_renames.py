"""Commands under other names, and those that a trial cannot be without."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.native.folder import read_folder
from jsquared.deployment.render.renames import check_commands
from jsquared.deployment.render.render import Rendered
from jsquared.errors import BadInputError
from jsquared.records.plan import Ack

Tree = Callable[[dict[str, str]], Path]


@pytest.fixture
def renaming(tree: Tree) -> Callable[..., Deployment]:
    """A deployment whose data node and Sentinel have these lines."""

    def of(redis: str = "", sentinel: str = "") -> Deployment:
        monitor = "sentinel monitor m n1 6379 1"
        return read_folder(tree({"n1/redis.conf": redis, "n1/sentinel.conf": f"{monitor}\n{sentinel}"}))

    return of


def test_names_are_planned_with_each_node(
    renaming: Callable[..., Deployment], rendered: Callable[..., Rendered]
) -> None:
    """The last line counts, a renamed command may be renamed again, and Sentinels have names of their own."""
    redis = 'rename-command Config a\nRENAME-COMMAND CONFIG b\nrename-command B c\nrename-command DEBUG ""\nrename-command X'
    nodes = rendered(renaming(redis, "rename-command SENTINEL watch")).nodes
    assert nodes[0].renamed == (("CONFIG", "c"), ("DEBUG", ""))
    assert nodes[1].renamed == (("SENTINEL", "watch"),)


@pytest.mark.parametrize(
    ("redis", "sentinel", "ack", "why"),
    [
        (
            'rename-command INFO ""',
            "",
            "async",
            "redis.conf:1, rename-command: INFO is removed by .*cannot monitor a server",
        ),
        ('rename-command set ""', "", "async", "SET is removed by .*clients cannot write without it"),
        ('rename-command WAIT ""', "", "wait:1", "WAIT is removed by .*clients need it for --ack wait:1"),
        ('rename-command WAITAOF ""', "", "waitaof:1,0", "clients need it for --ack waitaof:1,0"),
        ('rename-command EVAL ""', "", "async", "EVAL is removed by .*fault 'busy-script' needs it. Try: a copy"),
        ("", 'rename-command SENTINEL ""', "async", "sentinel.conf:2, .*JSquared cannot monitor a Sentinel without it"),
    ],
)
def test_what_a_trial_cannot_be_without_is_named(
    renaming: Callable[..., Deployment], redis: str, sentinel: str, ack: str, why: str
) -> None:
    """One line with the file, the line in it and who needs the command."""
    with pytest.raises(BadInputError, match=why):
        check_commands(renaming(redis, sentinel), Ack.parse(ack), [("busy-script", "EVAL")])


def test_everything_else_may_be_taken_away(renaming: Callable[..., Deployment]) -> None:
    """Other commands, other names, and what only another level would need."""
    redis = 'rename-command FLUSHALL ""\nrename-command INFO i\nrename-command WAIT ""\nrename-command EVAL ""'
    check_commands(renaming(redis, 'rename-command CONFIG ""'), Ack(), [])

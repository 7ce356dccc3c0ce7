"""What of a plan is written where others can read it."""

import msgspec

from jsquared.records.shown import shown_plan
from jsquared.testing.records import Story


def test_new_names_of_commands_are_masked() -> None:
    """A new name that holds a password or a login has a mark in its place; other names stay."""
    plan = Story(hosts=2).plan()
    renamed = (("CONFIG", "http://u:zebra-9@h"), ("DEBUG", "zebra-crossing"), ("SAVE", "store"), ("KEYS", ""))
    nodes = (msgspec.structs.replace(plan.nodes[0], renamed=renamed), *plan.nodes[1:])
    shown = shown_plan(msgspec.structs.replace(plan, nodes=nodes, secrets=("zebra-crossing",))).nodes[0].renamed
    assert shown == (("CONFIG", "http://u:<secret>@h"), ("DEBUG", "<secret-1>"), ("SAVE", "store"), ("KEYS", ""))

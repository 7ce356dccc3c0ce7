"""Users that differ: by what they may do and how they log in, not by how their rules are written."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from jsquared.deployment.model.directives import join_words
from jsquared.deployment.model.references import find_file
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.deployment.model.users import User, Users, users_of
from jsquared.errors import BadInputError
from jsquared.records.findings import ResponsibleLine
from jsquared.records.secrets import Secrets
from jsquared.rollout.changes import DirectiveChange, NodeRole

if TYPE_CHECKING:
    from jsquared.rollout.differences import Sides

OPEN_CHANNELS_UNTIL = (7, 0)


def users_by_line(node: Node, deployment: Deployment) -> dict[str, tuple[str, int | None, tuple[str, ...]]]:
    """Each user that a line makes, with the line's file, number and words; the last line of a name counts."""
    found: dict[str, tuple[str, int | None, tuple[str, ...]]] = {}
    for line in node.all("user"):
        if line.arguments:
            found[line.arguments[0]] = (line.source.name, line.line, line.words)
    acl_file = node.find("aclfile")
    if acl_file and acl_file.arguments and acl_file.arguments[0]:
        try:
            path = find_file(acl_file, node, deployment)
            text = deployment.reach.text(path) if path else ""
        except BadInputError:
            return found
        name = f"{node.source.name.rpartition('/')[0]}/{path.name}".lstrip("/") if path else ""
        for number, line_text in enumerate(text.splitlines(), 1):
            words = tuple(line_text.split())
            if words[:1] == ("user",) and len(words) > 1:
                found[words[1]] = (name, number, words)
    return found


def user_changes(
    sides: "Sides", before: Node, after: Node, role: NodeRole, skip: Callable[[str, str], bool]
) -> Iterator[DirectiveChange]:
    """Each user of a node that differs; the default user's password by ``requirepass`` is a directive of its own."""
    is_open = tuple(int(part) for part in sides.engine.version.split(".")[:2] if part.isdigit()) < OPEN_CHANNELS_UNTIL
    was = users_of(before, sides.before, channels_open=is_open)
    now = users_of(after, sides.after, channels_open=is_open)
    if was is None or now is None:
        return
    lines_before, lines_after = users_by_line(before, sides.before), users_by_line(after, sides.after)
    for name in dict.fromkeys([*now, *was]):
        if _same(was.get(name), now.get(name)) or (name == "default" and name not in {**lines_before, **lines_after}):
            continue
        if skip(f"user {name}", ""):
            continue
        yield DirectiveChange(
            node=before.name,
            role=role,
            directive=f"user {name}",
            effect="live" if role == "data node" else "restart",
            before=_side(lines_before.get(name), before, name, sides.secrets),
            after=_side(lines_after.get(name), after, name, sides.secrets),
            is_secret=True,
        )


def loses(was: Users, now: Users, name: str) -> bool:
    """True if a user may no longer log in as it did, or may do less."""
    old, new = was.get(name), now.get(name)
    if old is None:
        return False
    return new is None or not new.on or (old.nopass and not new.nopass) or bool(old.passwords - new.passwords) or (
        (old.rules, old.keys, old.channels) != (new.rules, new.keys, new.channels)
    )  # fmt: skip


def _same(one: User | None, other: User | None) -> bool:
    if one is None or other is None:
        return one is other
    return _meaning(one) == _meaning(other)


def _meaning(user: User) -> object:
    rules = [rule for rule in user.rules if rule and rule != ["-@all"]]
    return user.on, user.nopass, user.passwords, rules, sorted(user.channels), sorted(user.keys)


def _side(
    line: tuple[str, int | None, tuple[str, ...]] | None, node: Node, name: str, secrets: Secrets
) -> ResponsibleLine:
    if line is None:
        return ResponsibleLine(file=node.source.name, text=f"no user {name}", written=False)
    file, number, words = line
    return ResponsibleLine(file=file, line=number, text=join_words(secrets.words(words)).replace('"', ""))

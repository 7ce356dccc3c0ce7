"""The deployment while a plan is made: who is there after the steps so far, and the steps themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from jsquared.deployment.dialect.effects import Effects, effects_of
from jsquared.deployment.model.spec import DataNode, Node
from jsquared.records.plan import Engine
from jsquared.rollout.changes import Differences, DirectiveChange
from jsquared.rollout.differences import Sides, pairs_of
from jsquared.rollout.login_keys import is_user
from jsquared.rollout.plan_document import Refusal, Risk
from jsquared.rollout.steps import (
    Action,
    EditFile,
    Gate,
    QuorumReachable,
    ReplicasAttached,
    SentinelsSee,
    Step,
    StepKind,
)


@dataclass
class Group:
    """One monitored primary with its data nodes, as they are after the steps so far."""

    master_name: str
    primaries: tuple[str, ...]
    """The nodes of which one is the primary: more than one after a hand-over, since Sentinels choose."""
    nodes: list[str]

    @property
    def replicas(self) -> list[str]:
        """The nodes that are certainly replicas."""
        return [name for name in self.nodes if name not in self.primaries] if len(self.primaries) == 1 else []


@dataclass
class RolloutState:
    """A plan in the making. Nodes that both sides have are called as before the change."""

    sides: Sides
    differences: Differences
    new_engine: Engine
    steps: list[Step] = field(default_factory=list)
    risks: list[Risk] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    restarted: set[str] = field(default_factory=set)
    """Sentinels that have taken all their lines already."""
    groups: list[Group] = field(init=False)
    sentinels: list[str] = field(init=False)
    before: dict[str, Node] = field(init=False)
    after: dict[str, Node] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with the deployment as it is."""
        was = self.sides.before
        self.groups = [
            Group(name, (was.about(name).primary.name,), [node.name for node in was.about(name).group])
            for name in was.master_names
        ]
        self.sentinels = [node.name for node in was.sentinels]
        pairs = pairs_of(was, self.sides.after)
        self.before = {node.name: node for node, _ in pairs if node}
        self.after = {(node or other).name: other for node, other in pairs if other}

    @property
    def effects(self) -> Effects:
        """The table of the engine that runs: how directives take effect there."""
        return effects_of(self.sides.engine)[0]

    @property
    def is_upgrade(self) -> bool:
        """True if servers start again with another engine."""
        old, new = self.sides.engine, self.new_engine
        return (old.name, old.version) != (new.name, new.version)

    def master_of(self, node: str) -> str:
        """The monitored primary that a data node belongs to."""
        found = self.before.get(node) or self.after[node]
        assert isinstance(found, DataNode)
        return found.master_name

    def group_of(self, node: str) -> Group:
        """The group of a data node."""
        return next(group for group in self.groups if group.master_name == self.master_of(node))

    def ordered(self, group: Group) -> list[str]:
        """The data nodes of a group, those that may be the primary last."""
        return sorted(group.nodes, key=lambda name: name in group.primaries)

    def changes_of(self, node: str) -> list[DirectiveChange]:
        """The directives of a node that differ."""
        return [change for change in self.differences.directives if change.node == node]

    def stays(self, node: str) -> bool:
        """True if both sides have a node."""
        return node in self.before and node in self.after

    # -- gates

    def seen_well(self, sentinels: Sequence[str] = ()) -> list[Gate]:
        """Every group is whole in the eyes of these Sentinels, of all without any."""
        asked = tuple(sentinels or self.sentinels)
        return [
            SentinelsSee(
                master_name=group.master_name,
                sentinels=asked,
                replicas=len(group.nodes) - 1,
                other_sentinels=len(self.sentinels) - 1,
            )
            for group in self.groups
        ]

    def quorums(self, sentinels: Sequence[str] = ()) -> list[Gate]:
        """A failover could be agreed on in every group."""
        asked = tuple(sentinels or self.sentinels)
        return [QuorumReachable(master_name=group.master_name, sentinels=asked) for group in self.groups]

    def attached(self, group: Group) -> list[Gate]:
        """Every replica of a group follows, and is not behind."""
        return (
            [ReplicasAttached(master_name=group.master_name, nodes=tuple(group.nodes))] if len(group.nodes) > 1 else []
        )

    def all_well(self) -> list[Gate]:
        """Everything that must hold between two steps."""
        return [*self.quorums(), *(gate for group in self.groups for gate in self.attached(group)), *self.seen_well()]

    # -- steps

    def add(
        self,
        kind: StepKind,
        node: str,
        why: str,
        actions: Sequence[Action] = (),
        *,
        before: Sequence[Gate] = (),
        after: Sequence[Gate] = (),
        undo: Sequence[Action] = (),
        undo_why: str = "",
    ) -> int:
        """Add a step, and return its number."""
        number = len(self.steps) + 1
        self.steps.append(
            Step(
                number=number,
                kind=kind,
                node=node,
                why=why,
                actions=tuple(actions),
                before=tuple(before),
                after=tuple(after),
                undo=tuple(undo),
                undo_why=undo_why,
            )
        )
        return number

    def refuse(self, rule: str, target: str, reason: str, hint: str = "") -> None:
        """The change is not to be made."""
        self.refusals.append(Refusal(rule=rule, target=target, reason=reason, hint=hint))

    def risk(self, first_step: int, last_step: int, sentence: str) -> None:
        """Something that cannot be avoided between two steps."""
        self.risks.append(Risk(first_step=first_step, last_step=last_step, sentence=sentence))


def edits(changes: Sequence[DirectiveChange]) -> list[Action]:
    """The lines of files that these changes are."""
    return [action for change in changes for action in _edits_of(change)]


def _edits_of(change: DirectiveChange) -> list[Action]:
    """Each line with the one that takes its place, as far as both sides have one; those that both have stay."""
    old = [line.text for line in (change.before, *change.more_before) if line.written]
    new = [line.text for line in (change.after, *change.more_after) if line.written]
    gone, come = [line for line in old if line not in new], [line for line in new if line not in old]
    file = change.before.file if change.before.written or not is_user(change) else change.after.file
    pairs = zip_longest(gone, come, fillvalue="")
    return [EditFile(node=change.node, file=file, before=before, after=after) for before, after in pairs]


def taken_back(actions: Sequence[Action]) -> list[Action]:
    """The edits among these actions the other way round, the last first."""
    return [
        EditFile(node=one.node, file=one.file, before=one.after, after=one.before)
        for one in reversed(actions)
        if isinstance(one, EditFile)
    ]

"""Plain data of a change: directives that differ between two configurations, with file and line on both sides."""

from typing import Literal

import msgspec

from jsquared.deployment.dialect.effects import Effect
from jsquared.records.findings import ResponsibleLine

NodeRole = Literal["data node", "Sentinel"]


class DirectiveChange(msgspec.Struct, frozen=True, kw_only=True):
    """One directive of one node that differs. Secrets are marks in both texts."""

    node: str
    role: NodeRole
    directive: str
    """Its name as the engine has it now; ``sentinel quorum`` for the last word of ``sentinel monitor``, ``user NAME`` for a user."""
    effect: Effect
    """``live``: at once; ``restart``: when the server starts again; ``never``: the server keeps its own value, whatever the file says."""
    before: ResponsibleLine
    after: ResponsibleLine
    before_value: str = ""
    """The value as CONFIG SET takes it, or the engine's own where nothing is written; a mark for a password."""
    after_value: str = ""
    more_before: tuple[ResponsibleLine, ...] = ()
    """Further lines of the same directive, where every one counts."""
    more_after: tuple[ResponsibleLine, ...] = ()
    master_name: str = ""
    """The monitored primary that a setting of Sentinel is for."""
    is_secret: bool = False

    @property
    def name(self) -> str:
        """The directive with the primary that it is for."""
        return f"{self.directive} {self.master_name}".strip()


class NodeChange(msgspec.Struct, frozen=True, kw_only=True):
    """A node that is on one side alone. ``file`` is its file there."""

    node: str
    role: NodeRole
    kind: Literal["added", "removed"]
    file: str
    master_name: str = ""


class Differences(msgspec.Struct, frozen=True, kw_only=True):
    """All that differs."""

    directives: tuple[DirectiveChange, ...] = ()
    nodes: tuple[NodeChange, ...] = ()
    not_compared: tuple[str, ...] = ()
    """A sentence about each thing that one side does not tell."""
    undecided: tuple[str, ...] = ()
    """A sentence about each line that only one side has, where the engine's own value depends on how the server is started."""

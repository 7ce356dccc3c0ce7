"""The placement of one trial: where its plan runs on this machine. It is what placement.json holds, with the configuration beside it.

Everything here is plain data. ``trial/place.py`` makes it in the trial's own process, from the plan, the deployment and the sandbox.
"""

from typing import TypeVar

import msgspec

from jsquared.records.plan import Engine, Plan, PlannedClient, PlannedFloating, PlannedNode, Rewrite

S = TypeVar("S", bound=msgspec.Struct)


class PlacedNode(PlannedNode, frozen=True, kw_only=True):
    """A node of the plan, and how it is reached: whoever asks servers needs nothing else."""

    address: str
    port: int
    other_address: str = ""
    """The one that it gets where a fault changes it, and after a second change the first one again; empty where none does."""
    login: tuple[str, ...] = ()
    """What the lab says in AUTH: nothing, a password, or a user and a password."""
    client_login: tuple[str, ...] = ()
    """What clients say in AUTH, in the same form."""

    def is_at(self, address: str) -> bool:
        """True if an address or name is one of its own, at any time of the trial."""
        return address.lower() in (self.address, self.other_address or self.address, *self.names)


class PlacedClient(PlannedClient, frozen=True, kw_only=True):
    """A client of the plan, and its address. ``through`` is the floating address here."""

    address: str


class PlacedFloating(PlannedFloating, frozen=True, kw_only=True):
    """A floating address of the plan, and the one that stands for it here."""

    address: str


class TlsFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files that the lab and the clients trust and show where a port speaks TLS: paths as they are while the trial runs."""

    authorities: tuple[str, ...] = ()
    """Files or folders of certificates that servers are trusted by."""
    certificate: str = ""
    key: str = ""
    key_password: str = ""


class CopiedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the user's that a server needs, copied into its node's folder before it starts: no server has the file itself.

    ``source`` is an absolute path without links; ``target`` a name in the node's folder, or one in a folder there (``<name>/<name>``).
    """

    node: str
    source: str
    target: str
    limit_bytes: int


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """The places of the nodes and clients of a plan, with everything that was rendered for these places."""

    engine: Engine
    other_engines: dict[str, Engine] = {}
    """The server binaries that faults put in its place, by what the fault calls them (``auto``, a name or a path)."""
    nodes: tuple[PlacedNode, ...] = ()
    clients: tuple[PlacedClient, ...] = ()
    floating: tuple[PlacedFloating, ...] = ()
    config_files: dict[str, str] = {}
    """The configuration as rendered: ``<node>.conf`` to text, and other files that JSquared made for a node, ``<node>.<name>``.
    Not in placement.json: with its secrets it lies in ``config/``, with marks for them in ``config/shown/``, from where records have it."""
    copied_files: tuple[CopiedFile, ...] = ()
    """The user's own files that servers get a copy of."""
    tls: TlsFiles | None = None
    """How to speak TLS; None where no node needs it."""
    authority: tuple[str, str] | None = None
    """Certificate and private key, as PEM, of the throw-away authority that signed all certificates, for faults that make more of them;
    None where the user's own are used. Never in a file."""
    rewrites: tuple[Rewrite, ...] = ()
    secrets: tuple[str, ...] = ()
    """What marks stand for beyond the secrets of the plan, in the order of their numbers. Never in a file."""

    @classmethod
    def nowhere(cls, plan: Plan) -> "Placement":
        """The placement of a plan for which no server is started: a static check."""
        return cls(engine=plan.engine)

    def node(self, name: str) -> PlacedNode:
        """The node of that name (KeyError when there is none)."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise KeyError(name)

    @property
    def data(self) -> tuple[PlacedNode, ...]:
        """Every data node, those of other monitored primaries too."""
        return tuple(node for node in self.nodes if node.role == "data")


def as_planned(kind: type[S], placed: S) -> S:
    """A part of the plan, of this kind, without what it has on this machine."""
    return kind(**{name: getattr(placed, name) for name in kind.__struct_fields__})

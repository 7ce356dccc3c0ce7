"""A password for a deployment that has none, where every account of this machine could reach its servers.

Loopback addresses belong to everybody who is logged in. A deployment that asks for no password anywhere gets one that only the trial
knows, in every place where servers log in at each other. One that asks for a password somewhere keeps its lines as they are: what they
mean for each other is under test.
"""

from collections.abc import Iterator
from dataclasses import replace

from jsquared.deployment.model.directives import Directive
from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.records.plan import Rewrite

LOGIN_LINES = frozenset(
    {
        "requirepass", "masterauth", "masteruser", "user", "aclfile", "sentinel auth-pass", "sentinel auth-user",
        "sentinel sentinel-pass", "sentinel sentinel-user",
    }
)  # fmt: skip
WHY = "every account on this machine can reach loopback addresses, so the trial's own password keeps others out"
HIDDEN = "(a password made for this trial)"
STAYS_OPEN = (
    "Loopback: only some servers require a password, so every account on this machine can reach the others "
    "while the trial runs."
)


def with_password(deployment: Deployment, password: str) -> Deployment:
    """The deployment with that password everywhere, where it has none; the added lines are among its overrides."""
    if _asks_for_some(deployment):
        return deployment
    rewrites = [
        Rewrite(
            file=node.source.name, line=None, before="", after=f"{node.name}: {' '.join((*words, HIDDEN))}", reason=WHY
        )
        for node in deployment.nodes
        for words in _lines(node, deployment)
    ]
    return replace(
        deployment,
        data=tuple(replace(node, directives=_locked(node, deployment, password)) for node in deployment.data),
        sentinels=tuple(replace(node, directives=_locked(node, deployment, password)) for node in deployment.sentinels),
        overrides=(*deployment.overrides, *rewrites),
    )


def stays_open(deployment: Deployment) -> tuple[str, ...]:
    """A sentence on servers that anybody here can reach all the same; nothing where there are none."""
    open_ = any(not LOGIN_LINES & {line.key for line in node.directives} for node in deployment.nodes)
    return (STAYS_OPEN,) if open_ and _asks_for_some(deployment) else ()


def _asks_for_some(deployment: Deployment) -> bool:
    return any(line.key in LOGIN_LINES for node in deployment.nodes for line in node.directives)


def _lines(node: Node, deployment: Deployment) -> Iterator[tuple[str, ...]]:
    """Yield the lines that a server needs, each without the password at its end."""
    yield ("requirepass",)
    if isinstance(node, DataNode):
        yield ("masterauth",)
        return
    yield ("sentinel", "sentinel-pass")
    yield from (("sentinel", "auth-pass", name) for name in deployment.master_names if node.monitor(name))


def _locked(node: Node, deployment: Deployment, password: str) -> tuple[Directive, ...]:
    added = (Directive.make((*words, password), node.source, None, "") for words in _lines(node, deployment))
    return (*node.directives, *added)

"""``python -m jsquared.sandbox.attempt``: whether the namespaces sandbox works here, by making one and cutting a link in it.

Exit code 0 when it does, with a line on stdout for each capability that it cannot have here: name, reason and remedy, with tabs
between them. Otherwise 1, with the reason, a tab and the remedy. :mod:`jsquared.sandbox.choose` runs it.
"""

import sys
from collections.abc import Callable
from functools import partial

from jsquared.errors import JSquaredError, SandboxError
from jsquared.sandbox.capabilities import tried
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.sandbox.sandbox import Capability, Endpoint, LinkCut

PROBES: dict[Capability, Callable[[NamespacesSandbox], None]] = {}
"""What is tried inside, with two hosts ``a`` and ``b``; a probe raises a JSquaredError with the reason and the remedy."""


def main() -> int:
    """Two hosts, a cut that bites, what else can be done, and everything ended again."""
    try:
        sandbox = NamespacesSandbox()
        sandbox.enter(["a", "b"])
        _cut_one_link(sandbox)
        for capability, probe in PROBES.items():
            if missing := tried(partial(probe, sandbox)):
                sys.stdout.write("\t".join((capability, *missing)) + "\n")
        sandbox.close()
    except JSquaredError as problem:
        sys.stdout.write(f"{problem.what}\t{problem.try_}\n")
        return 1
    return 0


def _cut_one_link(sandbox: NamespacesSandbox) -> None:
    source, destination = Endpoint("a"), Endpoint("b")
    before = sandbox.probe(source, destination)
    cut = sandbox.cut([LinkCut(source, destination)])
    during = sandbox.probe(source, destination)
    cut.restore()
    if (before, during) != (True, False):
        raise SandboxError(
            f"a link carried packets before the cut: {before}, during it: {during}", try_="another kernel"
        )


if __name__ == "__main__":
    sys.exit(main())

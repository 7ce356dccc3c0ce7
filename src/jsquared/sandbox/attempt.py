"""``python -m jsquared.sandbox.attempt``: whether the namespaces sandbox works here, by making one and cutting a link in it.

Exit code 0 when it does; otherwise 1, with the reason, a tab and the remedy on stdout. :mod:`jsquared.sandbox.choose` runs it.
"""

import sys

from jsquared.errors import JSquaredError, SandboxError
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.sandbox.sandbox import Endpoint, LinkCut


def main() -> int:
    """Two hosts, a cut that bites, and everything ended again."""
    try:
        sandbox = NamespacesSandbox()
        sandbox.enter(["a", "b"])
        _cut_one_link(sandbox)
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

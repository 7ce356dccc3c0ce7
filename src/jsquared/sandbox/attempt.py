"""``python -m jsquared.sandbox.attempt``: whether the namespaces sandbox works here, by making one and cutting a link in it.

Exit code 0 when it does, with a line on stdout for each capability that it cannot have here: name, reason and remedy, with tabs
between them. Otherwise 1, with the reason, a tab and the remedy. :mod:`jsquared.sandbox.choose` runs it.
"""

import sys
from collections.abc import Callable
from functools import partial

from jsquared.errors import JSquaredError, SandboxError
from jsquared.sandbox.capabilities import tried
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.link import Endpoint, Impairment, LinkSelector
from jsquared.sandbox.linux.disk import try_disk
from jsquared.sandbox.namespaces import NamespacesSandbox

TRIED_DELAY_MS = 5.0
START_LIMIT_S = 10.0


def _impair_one_link(sandbox: NamespacesSandbox) -> None:
    source, destination = Endpoint("a"), Endpoint("b")
    impaired = sandbox.impairments.impair([LinkSelector(source, destination)], Impairment(delay_ms=TRIED_DELAY_MS))
    during = sandbox.impairments.volley(source, destination, count=3, wait_ms=1000)
    impaired.restore()
    after = sandbox.impairments.volley(source, destination, count=3, wait_ms=1000)
    if (
        len(during.delays_ms) < during.sent
        or min(during.delays_ms) < TRIED_DELAY_MS
        or len(after.delays_ms) < after.sent
    ):
        raise SandboxError(
            f"of 3 packets delayed by {TRIED_DELAY_MS:g} ms {len(during.delays_ms)} arrived, after "
            f"{', '.join(f'{delay:.1f}' for delay in during.delays_ms)} ms, and {len(after.delays_ms)} afterwards",
            hint="another kernel",
        )


def _resolve_one_name(sandbox: NamespacesSandbox) -> None:
    names = sandbox.name_service
    names.serve({"name-of-b": sandbox.address("b", "data")})
    found = names.lookup("a", "name-of-b", limit_s=1)
    names.close()
    if found.address != sandbox.address("b", "data"):
        raise SandboxError(f"a host asked for a name and got {found.said}", hint="addresses instead of names")


def _move_one_address(sandbox: NamespacesSandbox) -> None:
    floating = sandbox.floating
    floating.take("a", floating.address(1))
    floating.give_up("a", floating.address(1))


PROBES: dict[Capability, Callable[[NamespacesSandbox], None]] = {
    Capability.DELAY: _impair_one_link,
    Capability.FLOATING: _move_one_address,
    Capability.DISK: lambda sandbox: try_disk(sandbox.directory("a") / "disk"),
    Capability.NAMES: _resolve_one_name,
}
"""What is tried inside, with two hosts ``a`` and ``b``; a probe raises a JSquaredError with the reason and the remedy."""


def main() -> int:
    """Two hosts, a cut that bites, a process in its own room, what else can be done, and everything ended again."""
    try:
        sandbox = NamespacesSandbox()
        sandbox.enter(["a", "b"])
        _cut_one_link(sandbox)
        _start_one_process(sandbox)
        for capability, probe in PROBES.items():
            if missing := tried(partial(probe, sandbox)):
                sys.stdout.write("\t".join((capability, *missing)) + "\n")
        sandbox.close()
    except JSquaredError as problem:
        sys.stdout.write(f"{problem.what}\t{problem.hint}\n")
        return 1
    return 0


def _cut_one_link(sandbox: NamespacesSandbox) -> None:
    source, destination = Endpoint("a"), Endpoint("b")
    before = sandbox.links.probe(source, destination)
    cut = sandbox.links.cut([LinkSelector(source, destination)])
    during = sandbox.links.probe(source, destination)
    cut.restore()
    if (before, during) != (True, False):
        raise SandboxError(
            f"a link carried packets before the cut: {before}, during it: {during}", hint="another kernel"
        )


def _start_one_process(sandbox: NamespacesSandbox) -> None:
    folder = sandbox.directory("a") / "process"
    folder.mkdir()
    process = sandbox.spawn("a", ["/bin/sh", "-c", "echo started > here"], cwd=folder, log=sandbox.log("a", "process"))
    code = process.wait(START_LIMIT_S)
    if code or not (folder / "here").exists():
        raise SandboxError(f"a process in a root of its own ended with code {code}", hint="another kernel")


if __name__ == "__main__":
    sys.exit(main())

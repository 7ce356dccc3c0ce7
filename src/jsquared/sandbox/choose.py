"""Which sandbox to use: the one asked for, or the best that works here, really tried."""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from jsquared.errors import BadInputError, JSquaredError, SandboxError
from jsquared.sandbox.capabilities import Missing, missing_here
from jsquared.sandbox.capability import Capability
from jsquared.sandbox.linux.isolate import data_folder
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.sandbox.sandbox import Sandbox, SandboxKind

NAMES = ("auto", "namespaces", "loopback")
TRY_LIMIT_S = 20.0
_ELSEWHERE = {"loopback": "--sandbox namespaces"}
BASIC = frozenset({Capability.PROCESS, Capability.LINKS})
"""What the namespaces sandbox has wherever it works at all."""


@dataclass(frozen=True)
class SandboxReport:
    """The state of a sandbox here, usable or not; ``reason`` says what it can do or why not, ``fix`` what to change."""

    name: str
    works: bool
    reason: str
    fix: str = ""
    missing: dict[Capability, Missing] = field(default_factory=dict)
    """Capabilities that were tried inside and are not there."""


def choose_sandbox(name: str, *, needs: frozenset[Capability] = frozenset(), keep: Sequence[Path] = ()) -> SandboxKind:
    """The kind of sandbox that trials are planned for; each trial opens its own.

    :param name: ``auto``, ``namespaces`` or ``loopback``.
    :param needs: what a scenario needs of it.
    :param keep: folders that must stay visible inside.
    :raises BadInputError: no such sandbox, or it lacks what is needed.
    :raises SandboxError: nothing here can do what is needed; the line names the setting that forbids it.
    """
    kind = _kind(name, needs).kind
    if kind == NamespacesSandbox.kind:
        data_folder(keep)  # where there is none, no trial needs to begin
    return kind


def open_sandbox(
    name: str,
    *,
    needs: frozenset[Capability] = frozenset(),
    keep: Sequence[Path] = (),
    out: Path = Path(),
    parent: int | None = None,
) -> Sandbox:
    """A sandbox, not entered yet.

    :param out: where a sandbox without its own filesystem may keep data.
    :param parent: the process whose death must end the trial.
    :raises BadInputError: as :func:`choose_sandbox`; so are the other parameters.
    :raises SandboxError: likewise.
    """
    if _kind(name, needs) is NamespacesSandbox:
        return NamespacesSandbox(keep, parent=parent)
    return LoopbackSandbox(out, parent=parent)


def _kind(name: str, needs: frozenset[Capability]) -> type[NamespacesSandbox] | type[LoopbackSandbox]:
    if name not in NAMES:
        later = " (docker and ssh are planned)" if name in ("docker", "ssh") else ""
        raise BadInputError(f"no such sandbox{later}", where=f"--sandbox {name}", hint=", ".join(NAMES))
    chosen = _best(needs) if name == "auto" else name
    missing = needs - LoopbackSandbox.capabilities
    if chosen == "loopback" and missing:
        raise BadInputError(
            f"cannot do what this scenario needs: {', '.join(sorted(missing))}",
            where="--sandbox loopback",
            hint="--sandbox namespaces, or 'jsquared scenarios' for those that need processes only",
        )
    _require(chosen, needs)
    return NamespacesSandbox if chosen == "namespaces" else LoopbackSandbox


def _require(name: str, needs: frozenset[Capability]) -> None:
    """:raises SandboxError: this machine lacks the means for one of these capabilities."""
    if needs <= BASIC:
        return  # entering says what forbids it, in the process that needs it
    for capability, missing in lacking(name).items():
        if capability in needs:
            raise SandboxError(missing.reason, where=f"capability '{capability}'", hint=missing.fix)


def lacking(name: str = "auto") -> dict[Capability, Missing]:
    """Return the capabilities that a sandbox lacks on this machine, with the reasons; ``auto`` is the best that works."""
    if name == "auto":
        name = "namespaces" if try_namespaces().works else "loopback"
    kind = NamespacesSandbox if name == "namespaces" else LoopbackSandbox
    report = try_namespaces() if name == "namespaces" else try_loopback()
    found: dict[Capability, Missing] = {}
    for capability in Capability:
        if not report.works:
            found[capability] = Missing(report.reason, report.fix)
        elif capability not in kind.capabilities:
            found[capability] = Missing(f"the {name} sandbox has no means for it", _ELSEWHERE.get(name, ""))
        elif missing := report.missing.get(capability) or missing_here(capability):
            found[capability] = missing
    return found


def _best(needs: frozenset[Capability]) -> str:
    report = try_namespaces()
    if report.works:
        return "namespaces"
    if needs <= LoopbackSandbox.capabilities:
        return "loopback"
    raise SandboxError(report.reason, where="sandbox namespaces", hint=report.fix)


def describe_sandboxes() -> list[SandboxReport]:
    """Every sandbox, tried on this machine."""
    return [try_namespaces(), try_loopback()]


@cache
def try_namespaces() -> SandboxReport:
    """Make one in a separate process: two hosts, a cut, and everything ended again."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "jsquared.sandbox.attempt"],
            capture_output=True,
            text=True,
            timeout=TRY_LIMIT_S,
            check=False,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
    except subprocess.TimeoutExpired:
        return SandboxReport("namespaces", False, f"gave no answer within {TRY_LIMIT_S:.0f} s", "again")
    if done.returncode == 0:
        kind = "as root" if os.geteuid() == 0 else "without root"
        missing = dict(map(_missing, done.stdout.splitlines()))
        return SandboxReport("namespaces", True, f"process faults and link cuts, {kind}", missing=missing)
    what, _, fix = (done.stdout.strip() or done.stderr.strip().rpartition("\n")[2]).partition("\t")
    return SandboxReport("namespaces", False, what or f"ended with code {done.returncode}", fix)


def _missing(line: str) -> tuple[Capability, Missing]:
    capability, reason, fix = line.split("\t")
    return Capability(capability), Missing(reason, fix)


def try_loopback() -> SandboxReport:
    """Check that loopback addresses can be bound."""
    try:
        LoopbackSandbox(Path())
    except JSquaredError as problem:
        return SandboxReport("loopback", False, problem.what, problem.hint)
    return SandboxReport("loopback", True, "process faults only")

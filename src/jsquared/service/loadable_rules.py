"""Whether Prometheus would load rules of the user's own: promtool is asked before any trial begins with them."""

import re
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.programs.find import Location, Program, locate, printed_by

LONGEST_REASON = 300
STANDARD_INPUT = "/proc/self/fd/0"
"""As a file, which promtool wants; programs that are asked have no /dev/stdin."""


def require_loadable(path: Path, rules: str, prometheus: Program) -> None:
    """Ask the promtool beside a Prometheus, or any other that is found, whether Prometheus would load these rules.

    Without one Prometheus itself says so in the trials: they are inconclusive about alerts.

    :raises BadInputError: it would not, so no trial could show anything of any alert.
    """
    beside = prometheus.path.with_name("promtool")
    promtool = Location(beside, prometheus.source, prometheus.libraries) if beside.is_file() else locate("promtool")
    if promtool is None:
        return
    said = printed_by(
        promtool, str(path), "check", "rules", "--lint=none", STANDARD_INPUT, given=rules.encode(), kind="promtool"
    )
    if "SUCCESS:" not in said:
        what = f"Prometheus does not load it: {_reason(said)[:LONGEST_REASON] or 'promtool gave no reason'}"
        raise BadInputError(what, where=str(path), hint="promtool check rules")


def _reason(said: str) -> str:
    """What promtool says in one line, without the numbers of lines: they are those of the rules as they are written out again."""
    lines = [re.sub(rf"^({STANDARD_INPUT}: )?(line \d+: )?", "", line.strip()) for line in said.splitlines()]
    return " ".join(line for line in lines if line and not line.startswith(("Checking", "FAILED")))

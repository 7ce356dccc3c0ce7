"""Dashboards for Grafana, printed or written."""

from pathlib import Path

import msgspec

from jsquared.monitor.dashboards import dashboards
from jsquared.monitor.profile import PROFILES
from jsquared.service.outputs import write_new


class WrittenDashboards(msgspec.Struct, frozen=True, kw_only=True):
    """Names of files to their text, JSON, and the files that were written."""

    dashboards: dict[str, str]
    files: list[str] = []


def write_dashboards(profile: str, out: Path | None) -> WrittenDashboards:
    """Return the dashboards, written where that was asked for; nothing is overwritten.

    :param profile: how often Prometheus scrapes: ``1s``, ``5s`` or ``15s``.
    :raises BadInputError: one of the files is there already.
    """
    made = dashboards(PROFILES[profile])
    if out is None:
        return WrittenDashboards(dashboards=made)
    files = {out / name: text for name, text in made.items()}
    write_new(files)
    return WrittenDashboards(dashboards=made, files=[str(path) for path in files])

"""Dashboards for Grafana as files."""

from jsquared.monitor.profile import PROFILES, Profile

FILE = "redis-sentinel.json"


def dashboards(profile: Profile = PROFILES["5s"]) -> dict[str, str]:
    """Return names of files to their text, JSON, as Grafana imports or provisions it.

    They expect the rules of ``jsquared alerts rules`` in Prometheus, since panels ask for what these record.

    :param profile: how often Prometheus scrapes.
    """
    # Only those who want one pay for Grafana's library, which takes a tenth of a second to load.
    from jsquared.monitor.grafana import dashboard_text  # noqa: PLC0415

    return {FILE: dashboard_text(profile)}

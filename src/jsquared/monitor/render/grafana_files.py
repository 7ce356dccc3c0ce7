"""Grafana's provisioning: where its data comes from, and the folder that it takes dashboards from."""

from jsquared.monitor.render.stack import PORTS, as_yaml

PROVISIONING = "/etc/grafana/provisioning"
SETTINGS = {
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_USERS_ALLOW_SIGN_UP": "false",
}
"""Grafana tells nobody about the stack, and lets nobody in by himself."""


def data_sources(scrape_s: int, host: str = "") -> str:
    """Return the data sources.

    :param scrape_s: the interval between scrapes: with a shorter step, graphs would have gaps.
    :param host: where all of them listen; without it each is reached by its own name.
    """

    def url(part: str) -> str:
        return f"http://{host or part}:{PORTS[part]}"

    own = {"access": "proxy", "editable": False}
    document = {
        "apiVersion": 1,
        "datasources": [
            {
                "name": "Prometheus", "uid": "prometheus", "type": "prometheus", "url": url("prometheus"), **own,
                "isDefault": True, "jsonData": {"timeInterval": f"{scrape_s}s", "httpMethod": "POST"},
            },
            {"name": "Loki", "uid": "loki", "type": "loki", "url": url("loki"), **own},
            {
                "name": "Alertmanager", "uid": "alertmanager", "type": "alertmanager", "url": url("alertmanager"), **own,
                "jsonData": {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
            },
        ],
    }  # fmt: skip
    return as_yaml(document, comment="Grafana: where its data comes from. Written by JSquared.")


def dashboard_provider(folder: str) -> str:
    """Return the provider that shows every dashboard (``*.json``) of a folder.

    :param folder: its path as Grafana sees it.
    """
    document = {
        "apiVersion": 1,
        "providers": [
            {
                "name": "redis-sentinel", "folder": "Redis Sentinel", "type": "file", "disableDeletion": True,
                "allowUiUpdates": False, "updateIntervalSeconds": 30, "options": {"path": folder},
            }
        ],
    }  # fmt: skip
    return as_yaml(document, comment="Grafana: shows every dashboard of this folder. Written by JSquared.")

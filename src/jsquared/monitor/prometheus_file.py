"""Prometheus' configuration: data nodes and Sentinels scraped through one exporter, with the labels that the alerts expect.

The exporter is asked for one server at a time (``/scrape?target=…``), so ``instance`` is the address of the server itself. Targets come
from a file that :mod:`jsquared.monitor.target_groups` describes, and change while Prometheus runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsquared.monitor.profile import Profile
from jsquared.monitor.target_groups import INSTANCE, KIND, LOGIN
from jsquared.monitor.yaml_text import to_yaml

HEADER = "# Prometheus: Redis behind Sentinel, scraped every {scrape_s} s. Written by JSquared.\n"
LONGEST_SCRAPE_S = 10
"""Prometheus' own default; an answer that takes longer is none."""
OTHER_INSTANCE = {"source_labels": [INSTANCE], "regex": "(.+)", "target_label": "instance"}
"""Replaces the address where a target says so, and changes nothing where it does not."""
JOBS = {"redis": "data", "sentinel": "sentinel"}
"""Jobs of the alerts to the kind of server that each scrapes."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """The places of everything that Prometheus reads and talks to: paths of files, and ``host:port``."""

    targets: str
    rules: Sequence[str]
    exporter: str
    sentinel_exporter: str = ""
    """An exporter that asks Sentinels alone, since one of an older version knows one user for all; empty: the same one."""
    alertmanager: str = ""
    """Empty where nobody is told."""
    prometheus: str = ""
    """Prometheus itself, scraped for its own metrics; empty: it is not."""
    others: Mapping[str, str] = field(default_factory=dict)
    """Whatever else is scraped for its own metrics, by the names of the jobs."""
    data_tls: bool = False
    """Whether data nodes speak TLS, and ``sentinel_tls`` whether Sentinels do."""
    sentinel_tls: bool = False
    other_instances: bool = False
    """Whether targets may say that their ``instance`` is another than the address that they are asked at."""


def prometheus_file(profile: Profile, places: Places) -> str:
    """Return the configuration as YAML."""
    document = {
        "global": {
            "scrape_interval": f"{profile.scrape_s}s",
            "scrape_timeout": f"{min(profile.scrape_s, LONGEST_SCRAPE_S)}s",
            "evaluation_interval": f"{profile.scrape_s}s",
        },
        "rule_files": list(places.rules),
        **_alerting(places),
        "scrape_configs": [*(_servers(job, places) for job in JOBS), *_own(places)],
    }
    return HEADER.format(scrape_s=profile.scrape_s) + to_yaml(document)


def _alerting(places: Places) -> dict[str, Any]:
    if not places.alertmanager:
        return {}
    return {"alerting": {"alertmanagers": [{"static_configs": [{"targets": [places.alertmanager]}]}]}}


def _servers(job: str, places: Places) -> dict[str, Any]:
    """The job that asks the exporter for each server of one kind."""
    tls = {"redis": places.data_tls, "sentinel": places.sentinel_tls}[job]
    exporter = places.sentinel_exporter if job == "sentinel" and places.sentinel_exporter else places.exporter
    return {
        "job_name": job,
        "metrics_path": "/scrape",
        "file_sd_configs": [{"files": [places.targets], "refresh_interval": "5s"}],
        "relabel_configs": [
            {"source_labels": [KIND], "regex": JOBS[job], "action": "keep"},
            {"source_labels": ["__address__"], "target_label": "instance"},
            *([OTHER_INSTANCE] if places.other_instances else []),
            {
                "source_labels": [LOGIN, "__address__"],
                "separator": "",
                "target_label": "__param_target",
                "replacement": f"{'rediss' if tls else 'redis'}://$1",
            },
            {"target_label": "__address__", "replacement": exporter},
        ],
    }


def _own(places: Places) -> list[dict[str, Any]]:
    """Jobs for Prometheus and Alertmanager themselves, whose metrics tell whether notifications fail, and for others."""
    watched = {
        "prometheus": places.prometheus,
        "alertmanager": places.alertmanager if places.prometheus else "",
        **places.others,
    }
    return [{"job_name": job, "static_configs": [{"targets": [where]}]} for job, where in watched.items() if where]

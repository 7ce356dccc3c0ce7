"""What is rendered: the choices that all forms share, the files that come out, and the ports and names of the stack's parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jsquared.monitor.contacts import Contacts
from jsquared.monitor.profile import Profile
from jsquared.monitor.yaml_text import BASE, to_yaml

NAME = "redis-monitoring"
"""Of the Compose project, the namespace, the units and their folders."""
PORTS = {
    "redis-exporter": 9121,
    "prometheus": 9090,
    "alertmanager": 9093,
    "grafana": 3000,
    "loki": 3100,
    "alloy": 12345,
}
"""Parts to the ports that each listens at: their own defaults."""
KEPT_DAYS = 30
"""How long metrics and logs are kept: long enough to look at last month's failover."""
TARGETS_FILE = "targets.json"
GRAFANA_PASSWORD = "grafana-admin-password"  # noqa: S105 -- a file's name
REDIS_PASSWORDS = "redis-passwords.json"
SENTINEL_PASSWORD = "sentinel-password"  # noqa: S105 -- as above


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The user's choices. ``dashboards`` are Grafana's, JSON by the names of their files."""

    profile: Profile
    deployment: str = "redis"
    sentinels: Sequence[str] = ()
    """``HOST:PORT`` of the Sentinels that are asked for targets; without any, the user fills in the targets."""
    contacts: Contacts | None = None
    """Who is told; None: nobody."""
    dashboards: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RenderedFile:
    """A file by its path below the folder that is written. ``private``: it holds secrets, or the user puts some there."""

    path: str
    text: str
    private: bool = False


class _Plain(BASE):  # type: ignore[misc]  # one of two classes
    """YAML as people write it: nothing is an alias, and a text of several lines is a block."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- of whatever it is
        """Write what occurs twice twice."""
        return True


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Plain.add_representer(str, _text)


def as_yaml(*documents: Any, comment: str = "") -> str:
    """Return documents as one YAML file, with a comment of one or more lines before them."""
    head = "".join(f"# {line}\n" for line in comment.splitlines())
    return head + "---\n".join(to_yaml(document, _Plain) for document in documents)


def own_jobs(host: str = "") -> dict[str, str]:
    """Return the jobs of the stack's other parts, for Prometheus to scrape.

    :param host: where all of them listen; without it each is reached by its own name.
    """
    return {part: f"{host or part}:{PORTS[part]}" for part in ("redis-exporter", "grafana", "loki", "alloy")}

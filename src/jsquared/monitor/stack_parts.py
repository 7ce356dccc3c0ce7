"""Prometheus and Alertmanager as processes: what each is told on its command line, and the configuration of a receiver of one's own."""

from pathlib import Path

from jsquared.monitor.yaml_text import to_yaml

RESEND_S = 10
"""An alert that still fires is sent again after so long. By default that is a minute, and an alert that is over by then never arrives if
Alertmanager was down when it was first sent (measured with 2.42.0 and 0.25.0)."""
RESEND = f"--rules.alert.resend-delay={RESEND_S}s"


def prometheus_arguments(config: Path, data: Path, address: str) -> list[str]:
    """Prometheus, with what it stores in ``data``."""
    return [
        f"--config.file={config}", f"--storage.tsdb.path={data}", f"--web.listen-address={address}", "--log.level=warn",
        RESEND,
    ]  # fmt: skip


def alertmanager_arguments(config: Path, data: Path, address: str) -> list[str]:
    """Alertmanager, alone."""
    return [
        f"--config.file={config}", f"--storage.path={data}", f"--web.listen-address={address}", "--cluster.listen-address=",
    ]  # fmt: skip


def receiver_file(url: str) -> str:
    """Return Alertmanager's configuration with which one webhook has every alert as soon as it fires."""
    document = {
        "route": {
            "receiver": "trial", "group_by": ["..."], "group_wait": "0s", "group_interval": "1s", "repeat_interval": "1h",
        },
        "receivers": [{"name": "trial", "webhook_configs": [{"url": url, "send_resolved": True}]}],
    }  # fmt: skip
    return to_yaml(document)

"""Container images, each with its version: two machines that start the stack run the same programs."""

from collections.abc import Sequence

from jsquared._version import __version__

IMAGES = {
    # The plain image has no shell, so nothing in it could ask whether it is healthy
    "redis-exporter": "oliver006/redis_exporter:v1.67.0-alpine",
    "prometheus": "prom/prometheus:v2.53.1",
    "alertmanager": "prom/alertmanager:v0.28.0",
    "grafana": "grafana/grafana:11.6.0",
    "loki": "grafana/loki:3.4.2",
    "alloy": "grafana/alloy:v1.7.1",
    "targets": f"jsquared-targets:{__version__}",
}
USERS = {
    "redis-exporter": 59000, "prometheus": 65534, "alertmanager": 65534, "grafana": 472, "loki": 10001, "alloy": 473,
    "targets": 65534,
}  # fmt: skip
"""The users that the images run as: Alloy's own default is root, which it does not need here."""
WHEELS = "jsquared-*.whl"
DOCKERFILE = f"""\
# Finds the servers of the deployment and follows them. Written by JSquared.
# Put the wheel of JSquared ({WHEELS}) beside this file before you build.
FROM python:3.12.8-slim-bookworm
COPY {WHEELS} /tmp/
RUN pip install --no-cache-dir /tmp/{WHEELS} && rm /tmp/{WHEELS} && install -d -o {USERS["targets"]} /targets
USER {USERS["targets"]}:{USERS["targets"]}
ENTRYPOINT ["jsquared", "monitor", "targets", "--follow"]
"""


def follow_arguments(sentinels: Sequence[str], deployment: str, out: str, password_file: str) -> list[str]:
    """Return the arguments of ``jsquared monitor targets --follow``."""
    asked = [word for sentinel in sentinels for word in ("--sentinel", sentinel)]
    return [*asked, "--deployment", deployment, "--out", out, "--sentinel-password-file", password_file]

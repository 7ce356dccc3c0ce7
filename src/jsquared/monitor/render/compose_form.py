"""The stack as a project of Docker Compose: one file with all services, and a folder for each that has a configuration."""

from collections.abc import Sequence
from typing import Any

from jsquared.monitor.prometheus_file import Places, prometheus_file
from jsquared.monitor.render import alloy_file, grafana_files
from jsquared.monitor.render.alerting import alerting_file, contact_secrets, empty_targets, rule_files
from jsquared.monitor.render.images import DOCKERFILE, IMAGES, USERS, follow_arguments
from jsquared.monitor.render.loki_file import loki_file
from jsquared.monitor.render.stack import (
    GRAFANA_PASSWORD,
    KEPT_DAYS,
    NAME,
    PORTS,
    REDIS_PASSWORDS,
    SENTINEL_PASSWORD,
    TARGETS_FILE,
    RenderedFile,
    Stack,
    as_yaml,
    own_jobs,
)
from jsquared.monitor.rules import RULES_FILE
from jsquared.monitor.stack_parts import RESEND

SECRETS = "/run/secrets"
DASHBOARDS = f"{grafana_files.PROVISIONING}/dashboards"
LOGS = "/var/log/redis"
"""Where Debian's servers write, and where the container sees the folder that ``REDIS_LOGS`` names."""
PROBES = {
    "redis-exporter": "/health", "prometheus": "/-/ready", "alertmanager": "/-/ready", "grafana": "/api/health", "loki": "/ready",
}  # fmt: skip


def compose_files(stack: Stack) -> list[RenderedFile]:
    """Return all files but the README."""
    places = Places(
        targets=f"/etc/prometheus/targets/{TARGETS_FILE}",
        rules=[f"/etc/prometheus/{RULES_FILE}"],
        exporter=f"redis-exporter:{PORTS['redis-exporter']}",
        alertmanager=f"alertmanager:{PORTS['alertmanager']}",
        prometheus=f"localhost:{PORTS['prometheus']}",
        others=own_jobs(),
    )
    loki = f"http://loki:{PORTS['loki']}"
    public = {
        "compose.yaml": _project(stack),
        "prometheus/prometheus.yml": prometheus_file(stack.profile, places),
        **{f"prometheus/{name}": text for name, text in rule_files(stack).items()},
        "loki/loki.yml": loki_file("/loki"),
        "alloy/config.alloy": alloy_file.from_files(stack.deployment, loki, LOGS),
        "grafana/datasources/datasources.yml": grafana_files.data_sources(stack.profile.scrape_s),
        "grafana/dashboards/dashboards.yml": grafana_files.dashboard_provider(DASHBOARDS),
        **{f"grafana/dashboards/{name}": text for name, text in stack.dashboards.items()},
        **(
            {"targets/Dockerfile": DOCKERFILE}
            if stack.sentinels
            else {f"prometheus/targets/{TARGETS_FILE}": empty_targets(stack.deployment)}
        ),
    }
    private = {
        "alertmanager/alertmanager.yml": alerting_file(stack.contacts, SECRETS),
        f"secrets/{REDIS_PASSWORDS}": "{}\n",
        **({f"secrets/{SENTINEL_PASSWORD}": ""} if stack.sentinels else {}),
    }
    return [
        *(RenderedFile(path=path, text=text) for path, text in public.items()),
        *(RenderedFile(path=path, text=text, private=True) for path, text in private.items()),
    ]


def _project(stack: Stack) -> str:
    services = {
        "redis-exporter": _exporter(),
        **({"targets": _targets(stack)} if stack.sentinels else {}),
        "prometheus": _prometheus(stack),
        "alertmanager": _alertmanager(stack),
        "loki": _loki(),
        "alloy": _alloy(),
        "grafana": _grafana(),
    }
    files = {
        REDIS_PASSWORDS: f"./secrets/{REDIS_PASSWORDS}",
        GRAFANA_PASSWORD: f"./secrets/{GRAFANA_PASSWORD}",
        "alertmanager.yml": "./alertmanager/alertmanager.yml",
        **({SENTINEL_PASSWORD: f"./secrets/{SENTINEL_PASSWORD}"} if stack.sentinels else {}),
        **{secret.name: secret.path for secret in contact_secrets(stack.contacts)},
    }
    volumes = ["prometheus", "alertmanager", "loki", "alloy", "grafana", *(["targets"] if stack.sentinels else [])]
    document = {
        "name": NAME,
        "services": services,
        "secrets": {name: {"file": path} for name, path in files.items()},
        "volumes": {name: {} for name in volumes},
    }
    comment = "Monitoring of Redis behind Sentinel. Written by JSquared; README.md says what to do first."
    return as_yaml(document, comment=comment)


def _service(name: str, *, published: bool = False, **settings: Any) -> dict[str, Any]:
    """A service that may do nothing but its work. ``published`` ports are for this machine alone."""
    port = PORTS.get(name)
    return {
        "image": IMAGES[name],
        "user": f"{USERS[name]}:{USERS[name]}",
        **settings,
        **({"ports": [f"127.0.0.1:{port}:{port}"]} if published else {}),
        **({"healthcheck": _probe(f"http://127.0.0.1:{port}{PROBES[name]}")} if name in PROBES else {}),
        "restart": "unless-stopped",
        "read_only": True,
        "tmpfs": ["/tmp"],  # noqa: S108 -- of the container
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }


def _probe(url: str) -> dict[str, Any]:
    return _healthcheck("wget", "--quiet", "--output-document=/dev/null", url)


def _healthcheck(*command: str) -> dict[str, Any]:
    return {"test": ["CMD", *command], "interval": "10s", "timeout": "5s", "retries": 3, "start_period": "30s"}


def _mount(source: str, target: str) -> str:
    return f"{source}:{target}:ro"


def _exporter() -> dict[str, Any]:
    command = ["--redis.addr=", f"--redis.password-file={SECRETS}/{REDIS_PASSWORDS}"]
    return _service("redis-exporter", command=command, secrets=[REDIS_PASSWORDS])


def _targets(stack: Stack) -> dict[str, Any]:
    out = f"/targets/{TARGETS_FILE}"
    return {
        "build": "./targets",
        **_service(
            "targets",
            command=follow_arguments(stack.sentinels, stack.deployment, out, f"{SECRETS}/{SENTINEL_PASSWORD}"),
            secrets=[SENTINEL_PASSWORD],
            volumes=["targets:/targets"],
        ),
        "healthcheck": _healthcheck("test", "-s", out),
    }


def _prometheus(stack: Stack) -> dict[str, Any]:
    targets = "targets" if stack.sentinels else "./prometheus/targets"
    return _service(
        "prometheus",
        published=True,
        command=[
            "--config.file=/etc/prometheus/prometheus.yml",
            "--storage.tsdb.path=/prometheus",
            RESEND,
            f"--storage.tsdb.retention.time={KEPT_DAYS}d",
        ],
        volumes=[
            _mount("./prometheus/prometheus.yml", "/etc/prometheus/prometheus.yml"),
            _mount(f"./prometheus/{RULES_FILE}", f"/etc/prometheus/{RULES_FILE}"),
            _mount(targets, "/etc/prometheus/targets"),
            "prometheus:/prometheus",
        ],
        # It starts without an answer from any Sentinel: monitoring matters most when everything else is down
        depends_on=["redis-exporter", "alertmanager", *(["targets"] if stack.sentinels else [])],
    )


def _alertmanager(stack: Stack) -> dict[str, Any]:
    secrets: Sequence[str] = [secret.name for secret in contact_secrets(stack.contacts)]
    return _service(
        "alertmanager",
        published=True,
        command=[
            f"--config.file={SECRETS}/alertmanager.yml",
            "--storage.path=/alertmanager",
            "--cluster.listen-address=",
        ],
        secrets=["alertmanager.yml", *secrets],
        volumes=["alertmanager:/alertmanager"],
    )


def _loki() -> dict[str, Any]:
    return _service(
        "loki",
        published=True,
        command=["-config.file=/etc/loki/loki.yml"],
        volumes=[_mount("./loki/loki.yml", "/etc/loki/loki.yml"), "loki:/loki"],
    )


def _alloy() -> dict[str, Any]:
    port = PORTS["alloy"]
    ask = f"exec 3<>/dev/tcp/127.0.0.1/{port} && printf 'GET /-/ready HTTP/1.0\\r\\n\\r\\n' >&3 && grep -q ' 200 ' <&3"
    return {
        **_service(
            "alloy",
            command=[
                "run",
                f"--server.http.listen-addr=0.0.0.0:{port}",
                "--storage.path=/var/lib/alloy/data",
                "--disable-reporting",
                "/etc/alloy/config.alloy",
            ],
            # Debian's servers let the group adm, number 4, read their logs
            group_add=["${LOGS_GROUP:-4}"],
            hostname=f"${{LOGS_HOST:-{NAME}}}",
            volumes=[
                _mount("./alloy/config.alloy", "/etc/alloy/config.alloy"),
                _mount(f"${{REDIS_LOGS:-{LOGS}}}", LOGS),
                "alloy:/var/lib/alloy/data",
            ],
            depends_on=["loki"],
        ),
        "healthcheck": _healthcheck("bash", "-c", ask),  # the image has no program that speaks HTTP
    }


def _grafana() -> dict[str, Any]:
    return _service(
        "grafana",
        published=True,
        environment={
            "GF_SECURITY_ADMIN_PASSWORD__FILE": f"{SECRETS}/{GRAFANA_PASSWORD}",
            **grafana_files.SETTINGS,
        },
        secrets=[GRAFANA_PASSWORD],
        volumes=[
            _mount("./grafana/datasources", f"{grafana_files.PROVISIONING}/datasources"),
            _mount("./grafana/dashboards", DASHBOARDS),
            "grafana:/var/lib/grafana",
        ],
        depends_on=["prometheus", "loki"],
    )

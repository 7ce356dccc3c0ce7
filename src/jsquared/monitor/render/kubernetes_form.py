"""The stack as plain manifests of Kubernetes, numbered in the order in which they are applied."""

from collections.abc import Mapping
from typing import Any

from jsquared.monitor.prometheus_file import Places, prometheus_file
from jsquared.monitor.render import alloy_file, grafana_files
from jsquared.monitor.render.alerting import alerting_file, contact_secrets, empty_targets
from jsquared.monitor.render.images import DOCKERFILE, follow_arguments
from jsquared.monitor.render.kubernetes_objects import (
    LARGE,
    config_map,
    container,
    from_config,
    from_secret,
    labels,
    scratch,
    service,
    thing,
    workload,
)
from jsquared.monitor.render.loki_file import loki_file
from jsquared.monitor.render.stack import (
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
from jsquared.monitor.rules import RULES_FILE, rule_file
from jsquared.monitor.stack_parts import RESEND

PASSWORDS, GRAFANA_ADMIN, CONTACTS = "redis-passwords", "grafana-admin", "alertmanager-contacts"
"""Secrets that the user makes."""
DASHBOARDS = f"{grafana_files.PROVISIONING}/dashboards"
CONTACTS_FOLDER = "/etc/alertmanager/contacts"
Objects = list[dict[str, Any]]


def kubernetes_files(stack: Stack) -> list[RenderedFile]:
    """Return all files but the README."""
    files: Mapping[str, Objects] = {
        "00-namespace.yaml": [_namespace()],
        "10-redis-exporter.yaml": _exporter(),
        "21-alertmanager.yaml": _alertmanager(stack),
        "30-prometheus.yaml": _prometheus(stack),
        "40-loki.yaml": _loki(),
        "50-alloy.yaml": _alloy(stack),
        "60-grafana.yaml": _grafana(stack),
    }
    comment = "Monitoring of Redis behind Sentinel. Written by JSquared; README.md says what to do first."
    return [
        RenderedFile(path="20-alertmanager-config.yaml", text=as_yaml(_alerting(stack), comment=comment), private=True),
        *(RenderedFile(path=path, text=as_yaml(*objects, comment=comment)) for path, objects in files.items()),
        *([RenderedFile(path="targets/Dockerfile", text=DOCKERFILE)] if stack.sentinels else []),
    ]


def _namespace() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": NAME, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
    }


def _exporter() -> Objects:
    arguments = ["--redis.addr=", f"--redis.password-file=/etc/redis-exporter/{REDIS_PASSWORDS}"]
    one = container("redis-exporter", arguments, {"passwords": "/etc/redis-exporter"}, ready="/health")
    return [workload("redis-exporter", [one], {"passwords": from_secret(PASSWORDS)}), service("redis-exporter")]


def _alerting(stack: Stack) -> dict[str, Any]:
    """Alertmanager's configuration is a Secret: the addresses of webhooks in it are."""
    text = alerting_file(stack.contacts, CONTACTS_FOLDER)
    return thing("Secret", "alertmanager-config", part="alertmanager", stringData={"alertmanager.yml": text})


def _alertmanager(stack: Stack) -> Objects:
    arguments = [
        "--config.file=/etc/alertmanager/config/alertmanager.yml",
        "--storage.path=/alertmanager",
        "--cluster.listen-address=",
    ]
    mounts = {"config": "/etc/alertmanager/config", "data": "/alertmanager"}
    volumes = {"config": from_secret("alertmanager-config")}
    if contact_secrets(stack.contacts):
        mounts["contacts"] = CONTACTS_FOLDER
        volumes["contacts"] = from_secret(CONTACTS)
    one = container("alertmanager", arguments, mounts, ready="/-/ready")
    return [workload("alertmanager", [one], volumes, disk="1Gi"), service("alertmanager")]


def _prometheus(stack: Stack) -> Objects:
    places = Places(
        targets=f"/etc/prometheus/targets/{TARGETS_FILE}",
        rules=[f"/etc/prometheus/config/{RULES_FILE}"],
        exporter=f"redis-exporter:{PORTS['redis-exporter']}",
        alertmanager=f"alertmanager:{PORTS['alertmanager']}",
        prometheus=f"localhost:{PORTS['prometheus']}",
        others=own_jobs(),
    )
    config = {"prometheus.yml": prometheus_file(stack.profile, places), RULES_FILE: rule_file(stack.profile)}
    arguments = [
        "--config.file=/etc/prometheus/config/prometheus.yml",
        "--storage.tsdb.path=/prometheus",
        RESEND,
        f"--storage.tsdb.retention.time={KEPT_DAYS}d",
    ]
    found = "found-data" if stack.sentinels else "targets"
    mounts = {"config": "/etc/prometheus/config", found: "/etc/prometheus/targets", "data": "/prometheus"}
    containers = [container("prometheus", arguments, mounts, ready="/-/ready", resources=LARGE)]
    volumes = {"config": from_config("prometheus-config")}
    extra: Objects = []
    if stack.sentinels:
        containers.append(_follower(stack))
        volumes |= {found: scratch(), "passwords": from_secret(PASSWORDS)}
    else:
        extra = [config_map("prometheus-targets", "prometheus", {TARGETS_FILE: empty_targets(stack.deployment)})]
        volumes[found] = from_config("prometheus-targets")
    whole = workload("prometheus", containers, volumes, disk="20Gi")
    return [config_map("prometheus-config", "prometheus", config), *extra, whole, service("prometheus")]


def _follower(stack: Stack) -> dict[str, Any]:
    """Beside Prometheus in its pod, since both see the same file."""
    password = f"/etc/redis-passwords/{SENTINEL_PASSWORD}"
    arguments = follow_arguments(stack.sentinels, stack.deployment, f"/targets/{TARGETS_FILE}", password)
    return container("targets", arguments, {"found-data": "/targets", "passwords": "/etc/redis-passwords"})


def _loki() -> Objects:
    one = container(
        "loki",
        ["-config.file=/etc/loki/loki.yml"],
        {"config": "/etc/loki", "data": "/loki"},
        ready="/ready",
        resources=LARGE,
    )
    return [
        config_map("loki-config", "loki", {"loki.yml": loki_file("/loki")}),
        workload("loki", [one], {"config": from_config("loki-config")}, disk="20Gi"),
        service("loki"),
    ]


def _alloy(stack: Stack) -> Objects:
    text = alloy_file.from_pods(stack.deployment, f"http://loki:{PORTS['loki']}", NAME)
    arguments = [
        "run",
        f"--server.http.listen-addr=0.0.0.0:{PORTS['alloy']}",
        "--storage.path=/var/lib/alloy/data",
        "--disable-reporting",
        "/etc/alloy/config.alloy",
    ]
    mounts = {"config": "/etc/alloy", "data": "/var/lib/alloy/data"}
    one = container("alloy", arguments, mounts, ready="/-/ready", resources=LARGE)
    volumes = {"config": from_config("alloy-config")}
    return [
        thing("ServiceAccount", "alloy"),
        *_may_read_logs(),
        config_map("alloy-config", "alloy", {"config.alloy": text}),
        # A disk, so that after a restart it goes on where it was
        workload("alloy", [one], volumes, disk="1Gi", account="alloy"),
        service("alloy"),
    ]


def _may_read_logs() -> Objects:
    """A role for the whole cluster: Redis is in some other namespace."""
    name = f"{NAME}-alloy"
    metadata = {"name": name, "labels": labels("alloy")}
    group = "rbac.authorization.k8s.io"
    rules = [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]
    return [
        {"apiVersion": f"{group}/v1", "kind": "ClusterRole", "metadata": metadata, "rules": rules},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "alloy", "namespace": NAME}],
        },
    ]


def _grafana(stack: Stack) -> Objects:
    # One ConfigMap for each dashboard: all together could be larger than a ConfigMap may be
    boards = {
        f"grafana-dashboard-{number}": {name: text}
        for number, (name, text) in enumerate(sorted(stack.dashboards.items()), 1)
    }
    provider = {"dashboards.yml": grafana_files.dashboard_provider(DASHBOARDS)}
    maps = {
        "grafana-datasources": {"datasources.yml": grafana_files.data_sources(stack.profile.scrape_s)},
        "grafana-dashboards": provider,
        **boards,
    }
    shown = [{"configMap": {"name": name}} for name in ("grafana-dashboards", *boards)]
    volumes = {
        "datasources": from_config("grafana-datasources"),
        "dashboards": {"projected": {"sources": shown}},
        "tmp-data": scratch(),
    }
    mounts = {
        "datasources": f"{grafana_files.PROVISIONING}/datasources",
        "dashboards": DASHBOARDS,
        "data": "/var/lib/grafana",
        "tmp-data": "/tmp",  # noqa: S108 -- of the container
    }
    password = {"secretKeyRef": {"name": GRAFANA_ADMIN, "key": "password"}}
    environment: Objects = [
        {"name": "GF_SECURITY_ADMIN_PASSWORD", "valueFrom": password},
        *({"name": name, "value": value} for name, value in grafana_files.SETTINGS.items()),
    ]
    one = container("grafana", [], mounts, ready="/api/health", resources=LARGE, environment=environment)
    return [
        *(config_map(name, "grafana", files) for name, files in maps.items()),
        workload("grafana", [one], volumes, disk="1Gi"),
        service("grafana"),
    ]

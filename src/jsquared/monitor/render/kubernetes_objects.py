"""Objects of Kubernetes that the stack is made of: pods that may do nothing but their work, and what belongs to them."""

from collections.abc import Mapping, Sequence
from typing import Any

from jsquared.monitor.render.images import IMAGES, USERS
from jsquared.monitor.render.stack import NAME, PORTS

SMALL = {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}}
LARGE = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "1Gi"}}
"""Without a limit of processor time: a throttled scrape is a missed one."""


def labels(part: str) -> dict[str, str]:
    """Return the labels of a part's objects."""
    return {"app.kubernetes.io/name": part, "app.kubernetes.io/part-of": NAME}


def thing(kind: str, name: str, version: str = "v1", *, part: str = "", **content: Any) -> dict[str, Any]:
    """Return an object of the stack's namespace."""
    metadata = {"name": name, "namespace": NAME, "labels": labels(part or name)}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **content}


def service(part: str) -> dict[str, Any]:
    """Return the service that gives a part its name inside the cluster, and nothing outside of it."""
    port = PORTS[part]
    return thing(
        "Service",
        part,
        spec={
            "type": "ClusterIP",
            "selector": labels(part),
            "ports": [{"name": "http", "port": port, "targetPort": "http"}],
        },
    )


def container(
    part: str,
    arguments: Sequence[str],
    mounts: Mapping[str, str],
    *,
    ready: str = "",
    resources: Mapping[str, Any] = SMALL,
    environment: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return a container.

    :param mounts: volumes to paths; a volume that is written to has a name that ends with ``data``.
    :param ready: the path that answers when it is ready.
    """
    probe = {"httpGet": {"path": ready, "port": "http"}}
    probes = {
        "startupProbe": {**probe, "periodSeconds": 5, "failureThreshold": 60},
        "readinessProbe": {**probe, "periodSeconds": 10},
        # It is not started again for being slow: only for not listening any more
        "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 20, "failureThreshold": 3},
    }
    return {
        "name": part,
        "image": IMAGES[part],
        "args": list(arguments),
        **({"env": [dict(each) for each in environment]} if environment else {}),
        **({"ports": [{"name": "http", "containerPort": PORTS[part]}]} if part in PORTS else {}),
        **(probes if ready else {}),
        "resources": dict(resources),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": name, "mountPath": path, **({} if name.endswith("data") else {"readOnly": True})}
            for name, path in mounts.items()
        ],
    }


def workload(
    part: str,
    containers: Sequence[Mapping[str, Any]],
    volumes: Mapping[str, Mapping[str, Any]],
    *,
    disk: str = "",
    account: str = "",
) -> dict[str, Any]:
    """Return a Deployment of one pod; a StatefulSet if it keeps data on a disk, the volume ``data``.

    :param disk: the size of the disk.
    :param account: the service account, if it asks the API of Kubernetes.
    """
    user = USERS[part]
    pod: dict[str, Any] = {
        **({"serviceAccountName": account} if account else {}),
        "automountServiceAccountToken": bool(account),
        "enableServiceLinks": False,  # their variables look like settings of the programs
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [dict(each) for each in containers],
        "volumes": [{"name": name, **source} for name, source in volumes.items()],
    }
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": labels(part)},
        "template": {"metadata": {"labels": labels(part)}, "spec": pod},
    }
    if not disk:
        return thing("Deployment", part, "apps/v1", spec=spec)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": disk}}}
    claims = [{"metadata": {"name": "data"}, "spec": claim}]
    return thing("StatefulSet", part, "apps/v1", spec={"serviceName": part, **spec, "volumeClaimTemplates": claims})


def config_map(name: str, part: str, files: Mapping[str, str]) -> dict[str, Any]:
    """Return files as a ConfigMap."""
    return thing("ConfigMap", name, part=part, data=dict(files))


def from_config(name: str) -> dict[str, Any]:
    """Return the source of a volume with the files of a ConfigMap."""
    return {"configMap": {"name": name}}


def from_secret(name: str) -> dict[str, Any]:
    """Return the source of a volume with the files of a Secret, for the pod's group alone."""
    return {"secret": {"secretName": name, "defaultMode": 0o440}}


def scratch() -> dict[str, Any]:
    """Return the source of a volume that lives as long as its pod."""
    return {"emptyDir": {}}

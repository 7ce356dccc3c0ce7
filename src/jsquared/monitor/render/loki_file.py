"""Loki's configuration: one process, files on its own disk, and old logs deleted."""

from typing import Any

from jsquared.monitor.render.stack import KEPT_DAYS, PORTS, as_yaml


def loki_file(folder: str, address: str = "") -> str:
    """Return the configuration as YAML.

    :param folder: where Loki keeps its data.
    :param address: where it listens; empty: everywhere.
    """
    document: dict[str, Any] = {
        "auth_enabled": False,
        "server": {
            **({"http_listen_address": address, "grpc_listen_address": address} if address else {}),
            "http_listen_port": PORTS["loki"],
            "log_level": "warn",
        },
        "common": {
            "instance_addr": "127.0.0.1",
            "path_prefix": folder,
            "replication_factor": 1,
            "ring": {"kvstore": {"store": "inmemory"}},
            "storage": {"filesystem": {"chunks_directory": f"{folder}/chunks", "rules_directory": f"{folder}/rules"}},
        },
        "schema_config": {
            "configs": [
                {
                    "from": "2024-01-01", "store": "tsdb", "object_store": "filesystem", "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "compactor": {
            "working_directory": f"{folder}/compactor", "retention_enabled": True, "delete_request_store": "filesystem",
        },
        "limits_config": {"retention_period": f"{KEPT_DAYS * 24}h"},
        "analytics": {"reporting_enabled": False},
    }  # fmt: skip
    return as_yaml(document, comment=f"Loki: keeps logs for {KEPT_DAYS} days. Written by JSquared.")

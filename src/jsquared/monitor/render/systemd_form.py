"""The stack as units of systemd: Debian's packages for what Debian has, Grafana's for the rest.

The paths of the files are those below ``/``. The units are our own, so nothing of a package is changed, and listen on this machine alone.
"""

from jsquared.monitor.prometheus_file import Places, prometheus_file
from jsquared.monitor.render import alloy_file, grafana_files
from jsquared.monitor.render.alerting import alerting_file, contact_secrets, empty_targets, rule_files
from jsquared.monitor.render.images import follow_arguments
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
    own_jobs,
)
from jsquared.monitor.render.systemd_unit import Unit, credentials_folder, state_folder, target_text, unit_name
from jsquared.monitor.rules import RULES_FILE
from jsquared.monitor.stack_parts import RESEND

CONFIGURATION = f"etc/{NAME}"
UNITS = "etc/systemd/system"
FOUND = f"/run/{NAME}/{TARGETS_FILE}"
"""What was found: a folder in /run is one that other users' units can read, which a state folder of a dynamic user is not."""
JSQUARED = "/opt/jsquared/bin/jsquared"
LOGS = "/var/log/redis"
HOST = "127.0.0.1"


def systemd_files(stack: Stack) -> list[RenderedFile]:
    """Return all files but the README."""
    units = _units(stack)
    places = Places(
        targets=FOUND if stack.sentinels else f"/{CONFIGURATION}/prometheus/{TARGETS_FILE}",
        rules=[f"/{CONFIGURATION}/prometheus/{RULES_FILE}"],
        exporter=_at("redis-exporter"),
        alertmanager=_at("alertmanager"),
        prometheus=_at("prometheus"),
        others=own_jobs(HOST),
    )
    dashboards = "grafana/provisioning/dashboards"
    public = {
        "prometheus/prometheus.yml": prometheus_file(stack.profile, places),
        **{f"prometheus/{name}": text for name, text in rule_files(stack).items()},
        **({} if stack.sentinels else {f"prometheus/{TARGETS_FILE}": empty_targets(stack.deployment)}),
        "loki/loki.yml": loki_file(state_folder("loki"), HOST),
        "alloy/config.alloy": alloy_file.from_files(stack.deployment, f"http://{_at('loki')}", LOGS, journal=True),
        "grafana/grafana.ini": _grafana_ini(),
        "grafana/provisioning/datasources/datasources.yml": grafana_files.data_sources(stack.profile.scrape_s, HOST),
        f"{dashboards}/dashboards.yml": grafana_files.dashboard_provider(f"/{CONFIGURATION}/{dashboards}"),
        **{f"{dashboards}/{name}": text for name, text in stack.dashboards.items()},
    }
    private = {
        "secrets/alertmanager.yml": alerting_file(stack.contacts, credentials_folder("alertmanager")),
        f"secrets/{REDIS_PASSWORDS}": "{}\n",
        **({f"secrets/{SENTINEL_PASSWORD}": ""} if stack.sentinels else {}),
    }
    return [
        *(RenderedFile(path=f"{UNITS}/{unit_name(unit.part)}", text=unit.text) for unit in units),
        RenderedFile(path=f"{UNITS}/{NAME}.target", text=target_text([unit.part for unit in units])),
        *(RenderedFile(path=f"{CONFIGURATION}/{path}", text=text) for path, text in public.items()),
        *(RenderedFile(path=f"{CONFIGURATION}/{path}", text=text, private=True) for path, text in private.items()),
    ]


def _at(part: str) -> str:
    return f"{HOST}:{PORTS[part]}"


def _secret(name: str) -> str:
    return f"/{CONFIGURATION}/secrets/{name}"


def _units(stack: Stack) -> list[Unit]:
    follower = [_targets(stack)] if stack.sentinels else []
    return [_exporter(), *follower, _prometheus(), _alertmanager(stack), _loki(), _alloy(), _grafana()]


def _exporter() -> Unit:
    return Unit(
        part="redis-exporter",
        description="Metrics of Redis and Sentinel for Prometheus",
        command=[
            "/usr/bin/prometheus-redis-exporter",
            "-redis.addr=",
            f"-redis.password-file=%d/{REDIS_PASSWORDS}",
            f"-web.listen-address={_at('redis-exporter')}",
        ],
        credentials={REDIS_PASSWORDS: _secret(REDIS_PASSWORDS)},
        keeps_state=False,
        instead_of="prometheus-redis-exporter",
    )


def _targets(stack: Stack) -> Unit:
    arguments = follow_arguments(stack.sentinels, stack.deployment, FOUND, f"%d/{SENTINEL_PASSWORD}")
    return Unit(
        part="targets",
        description="Follows the servers of the deployment through failovers",
        command=[
            f"{JSQUARED} monitor targets --follow",
            *(" ".join(arguments[n : n + 2]) for n in range(0, len(arguments), 2)),
        ],
        credentials={SENTINEL_PASSWORD: _secret(SENTINEL_PASSWORD)},
        settings={
            "RuntimeDirectory": NAME,
            "RuntimeDirectoryMode": "0755",
            # Monitoring must not lose sight of the servers while this unit is started again
            "RuntimeDirectoryPreserve": "yes",
            "MemoryDenyWriteExecute": "no",  # Python's libraries make functions while they run
        },
        keeps_state=False,
    )


def _prometheus() -> Unit:
    return Unit(
        part="prometheus",
        description="Prometheus for Redis and Sentinel",
        command=[
            "/usr/bin/prometheus",
            f"--config.file=/{CONFIGURATION}/prometheus/prometheus.yml",
            f"--storage.tsdb.path={state_folder('prometheus')}",
            RESEND,
            f"--storage.tsdb.retention.time={KEPT_DAYS}d",
            f"--web.listen-address={_at('prometheus')}",
        ],
        settings={"ExecReload": "/bin/kill -HUP $MAINPID", "LimitNOFILE": "32768"},
        instead_of="prometheus",
    )


def _alertmanager(stack: Stack) -> Unit:
    credentials = {"alertmanager.yml": _secret("alertmanager.yml")}
    return Unit(
        part="alertmanager",
        description="Alertmanager for Redis and Sentinel",
        command=[
            "/usr/bin/prometheus-alertmanager",
            "--config.file=%d/alertmanager.yml",
            f"--storage.path={state_folder('alertmanager')}",
            "--cluster.listen-address=",
            f"--web.listen-address={_at('alertmanager')}",
        ],
        credentials=credentials | {secret.name: secret.path for secret in contact_secrets(stack.contacts)},
        instead_of="prometheus-alertmanager",
    )


def _loki() -> Unit:
    return Unit(
        part="loki",
        description="Loki, which keeps the logs of Redis and Sentinel",
        command=["/usr/bin/loki", f"-config.file=/{CONFIGURATION}/loki/loki.yml"],
        settings={"LimitNOFILE": "32768"},
        instead_of="loki",
    )


def _alloy() -> Unit:
    return Unit(
        part="alloy",
        description="Alloy, which sends the logs of Redis and Sentinel to Loki",
        command=[
            "/usr/bin/alloy run",
            f"--server.http.listen-addr={_at('alloy')}",
            f"--storage.path={state_folder('alloy')}",
            "--disable-reporting",
            f"/{CONFIGURATION}/alloy/config.alloy",
        ],
        # Debian lets these groups read the servers' files and the journal
        settings={"SupplementaryGroups": "adm systemd-journal", "PrivateUsers": "no"},
        instead_of="alloy",
    )


def _grafana() -> Unit:
    return Unit(
        part="grafana",
        description="Grafana for Redis and Sentinel",
        command=[
            "/usr/share/grafana/bin/grafana server",
            "--homepath=/usr/share/grafana",
            f"--config=/{CONFIGURATION}/grafana/grafana.ini",
        ],
        credentials={GRAFANA_PASSWORD: _secret(GRAFANA_PASSWORD)},
        environment=grafana_files.SETTINGS,
        instead_of="grafana-server",
    )


def _grafana_ini() -> str:
    password = f"$__file{{{credentials_folder('grafana')}/{GRAFANA_PASSWORD}}}"
    return f"""\
; Grafana: what the unit does not say. Written by JSquared.
[paths]
data = {state_folder("grafana")}
logs = {state_folder("grafana")}/log
plugins = {state_folder("grafana")}/plugins
provisioning = /{CONFIGURATION}/grafana/provisioning

[server]
http_addr = {HOST}
http_port = {PORTS["grafana"]}

[security]
admin_user = admin
admin_password = {password}

[log]
mode = console
"""

"""The effect of the variables of Bitnami's images: the lines of redis.conf and sentinel.conf, and the defaults behind them.

Source: ``libredis.sh``, ``redis-env.sh``, ``libredissentinel.sh`` and ``redis-sentinel-env.sh`` of bitnami/containers (7.4). The images
for Valkey have the same variables with ``VALKEY_`` and ``PRIMARY``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from jsquared.deployment.read.containers.container_files import ContainerFiles

Words = tuple[str, ...]
ANYWHERE = ("bind", "0.0.0.0", "::")  # noqa: S104 -- what the images write
RUN_SCRIPTS = ("/run.sh", "/entrypoint.sh")


class Missing(Exception):  # noqa: N818 -- what is missing, told by who knows the service
    """A variable is missing, or may not be read; the argument is a sentence part that says so."""


@dataclass(frozen=True)
class Settings:
    """The environment of a container with Bitnami's rules: other spellings, and values from files (``NAME_FILE``)."""

    environment: Mapping[str, str]
    files: ContainerFiles

    def get(self, name: str, default: str = "") -> str:
        """A variable by its name for Redis."""
        valkey = name.replace("REDIS_", "VALKEY_", 1).replace("MASTER", "PRIMARY")
        for spelling in (name, valkey):
            if (path := self.environment.get(f"{spelling}_FILE")) and (
                text := self._from_file(spelling, path)
            ) is not None:
                return text.strip()
            if self.environment.get(spelling):
                return self.environment[spelling]
        return default

    def _from_file(self, spelling: str, path: str) -> str | None:
        text = self.files.text(path)
        if text is None and (here := self.files.denied.get(self.files.inside(path))):
            advice = self.files.reach.advice(here)
            raise Missing(f"{spelling}_FILE is {here} here, outside the folders that may be read ({advice})")
        return text

    def on(self, name: str, default: str = "no") -> bool:
        """True if a variable says yes."""
        return self.get(name, default).lower() in ("1", "yes", "true")


def uses_variables(environment: Mapping[str, str]) -> bool:
    """True if an environment has variables that only Bitnami's scripts read."""
    return any(
        name in environment for name in ("REDIS_REPLICATION_MODE", "VALKEY_REPLICATION_MODE", "REDIS_MASTER_SET")
    )


def data_lines(settings: Settings, address: str) -> list[Words]:
    """The lines of a data node whose image has no redis.conf mounted.

    :param address: the container's own, which it announces.
    :raises Missing: no password and no leave to go without, or a replica without a primary.
    """
    password = settings.get("REDIS_PASSWORD")
    if not password and not settings.on("ALLOW_EMPTY_PASSWORD"):
        raise Missing("neither REDIS_PASSWORD nor ALLOW_EMPTY_PASSWORD=yes is set, so the image refuses to start")
    lines: list[Words] = [("port", settings.get("REDIS_PORT_NUMBER", "6379"))]
    lines += [("protected-mode", "no")] if settings.on("ALLOW_EMPTY_PASSWORD") else []
    lines += [ANYWHERE] if settings.on("REDIS_ALLOW_REMOTE_CONNECTIONS", "yes") else []
    lines.append(("appendonly", settings.get("REDIS_AOF_ENABLED", "yes")))
    rules = settings.get("REDIS_RDB_POLICY").split()
    lines += [("save", *rule.split("#")) for rule in rules] or [("save", "")]
    lines += _tls(settings, "REDIS_", "6379")
    lines += [(name, value) for name, value in _threads(settings) if value]
    lines += [("requirepass", password)] if password and not settings.environment.get("REDIS_USER") else []
    lines += [("rename-command", name, "") for name in settings.get("REDIS_DISABLE_COMMANDS").split(",") if name]
    lines += [("aclfile", settings.get("REDIS_ACLFILE"))] if settings.get("REDIS_ACLFILE") else []
    return lines + list(_replication(settings, address))


def _threads(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "io-threads", settings.get("REDIS_IO_THREADS")
    yield "io-threads-do-reads", settings.get("REDIS_IO_THREADS_DO_READS")


def _replication(settings: Settings, address: str) -> Iterator[Words]:
    mode = settings.get("REDIS_REPLICATION_MODE").lower()
    if not mode:
        return
    if mode not in ("master", "primary", "slave", "replica"):
        raise Missing(f"REDIS_REPLICATION_MODE is '{mode}', which is neither master nor replica")
    port = settings.get("REDIS_MASTER_PORT_NUMBER", "6379")
    yield "replica-announce-ip", settings.get("REDIS_REPLICA_IP", address)
    yield "replica-announce-port", settings.get("REDIS_REPLICA_PORT", port)
    if settings.on("REDIS_TLS_ENABLED"):
        yield "tls-replication", "yes"
    own = "" if settings.get("REDIS_MASTER_USER") else settings.get("REDIS_PASSWORD")
    password = settings.get("REDIS_MASTER_PASSWORD", own)
    user = settings.get("REDIS_MASTER_USER", settings.get("REDIS_USER", "default"))
    if password:
        yield "masterauth", password
        if user != "default":  # the user that masterauth alone means
            yield "masteruser", user
    if mode in ("slave", "replica"):
        host = settings.get("REDIS_MASTER_HOST")
        if not host:
            raise Missing("REDIS_MASTER_HOST is not set, so its primary is unknown")
        yield "replicaof", host, port


def _tls(settings: Settings, prefix: str, plain: str) -> Iterator[Words]:
    if not settings.on(f"{prefix}TLS_ENABLED"):
        return
    port = settings.get(f"{prefix}TLS_PORT_NUMBER", settings.get(f"{prefix}TLS_PORT", plain))
    if settings.get(f"{prefix}PORT_NUMBER", plain) in (plain, "0") and port == plain:
        yield "port", "0"
    yield "tls-port", port
    pairs = (
        ("tls-cert-file", "CERT_FILE"), ("tls-key-file", "KEY_FILE"), ("tls-key-file-pass", "KEY_FILE_PASS"),
        ("tls-ca-cert-file", "CA_FILE"), ("tls-ca-cert-dir", "CA_DIR"), ("tls-dh-params-file", "DH_PARAMS_FILE"),
    )  # fmt: skip
    for key, name in pairs:
        if value := settings.get(f"{prefix}TLS_{name}"):
            yield key, value
    yield "tls-auth-clients", settings.get(f"{prefix}TLS_AUTH_CLIENTS", "yes")


def sentinel_lines(settings: Settings) -> list[Words]:
    """The lines of a Sentinel."""
    master = settings.get("REDIS_MASTER_SET", settings.get("REDIS_MASTER_NAME", "mymaster"))
    host, port = settings.get("REDIS_MASTER_HOST", "redis"), settings.get("REDIS_MASTER_PORT_NUMBER", "6379")
    quorum = settings.get("REDIS_SENTINEL_QUORUM", "2")
    lines: list[Words] = [
        ("port", settings.get("REDIS_SENTINEL_PORT_NUMBER", "26379")),
        ANYWHERE,
        ("sentinel", "monitor", master, host, port, quorum),
        ("sentinel", "resolve-hostnames", settings.get("REDIS_SENTINEL_RESOLVE_HOSTNAMES", "yes")),
        ("sentinel", "announce-hostnames", settings.get("REDIS_SENTINEL_ANNOUNCE_HOSTNAMES", "no")),
        ("sentinel", "parallel-syncs", master, "1"),
    ]
    for name, variable, default in (
        ("down-after-milliseconds", "REDIS_SENTINEL_DOWN_AFTER_MILLISECONDS", "60000"),
        ("failover-timeout", "REDIS_SENTINEL_FAILOVER_TIMEOUT", "180000"),
        ("auth-pass", "REDIS_MASTER_PASSWORD", ""),
        ("auth-user", "REDIS_MASTER_USER", ""),
    ):
        value = settings.get(variable, default)
        lines += [("sentinel", name, master, value)] if value else []
    for name, variable in (("announce-ip", "ANNOUNCE_IP"), ("announce-port", "ANNOUNCE_PORT")):
        value = settings.get(f"REDIS_SENTINEL_{variable}")
        lines += [("sentinel", name, value)] if value else []
    password = settings.get("REDIS_SENTINEL_PASSWORD")
    lines += [("requirepass", password)] if password else []
    secure = list(_tls(settings, "REDIS_SENTINEL_", "26379"))
    return lines + secure + ([("tls-replication", "yes")] if secure else [])

"""The lines that the images and the agent of OT-CONTAINER-KIT's redis-operator write from variables, and its custom resources.

Source: ``internal/agent/bootstrap`` and ``api`` of OT-CONTAINER-KIT/redis-operator; the older images (``opstree/redis``) have the
same variables in their ``entrypoint.sh``. The operator makes replicas with ``REPLICAOF`` and Sentinels monitor with ``SENTINEL MONITOR``
once the pods run.
"""

from collections.abc import Iterator, Mapping

from jsquared.deployment.model.directives import Directive, Source
from jsquared.deployment.model.input_files import readable
from jsquared.deployment.read.containers.container_servers import Server
from jsquared.deployment.read.kubernetes.custom_resources import REPLICAS, CustomResources
from jsquared.deployment.read.kubernetes.hosts import Host
from jsquared.deployment.read.kubernetes.manifests import Manifest, at, items_of, text_at
from jsquared.deployment.read.kubernetes.pods import MOST_REPLICAS
from jsquared.deployment.read.native.conf_files import parse_text

OPERATOR = "redis-operator (OT-CONTAINER-KIT)"
REPLICATION, SENTINEL = "RedisReplication", "RedisSentinel"
EXTERNAL = "/etc/redis/external.conf.d/"
Words = tuple[str, ...]


def is_image(name: str) -> bool:
    """True if an image is one of the operator's own."""
    return "opstree/redis" in name and "exporter" not in name


def is_agent(argv: tuple[str, ...] | None) -> bool:
    """True if a command line writes the configuration of a server that starts later."""
    return argv is not None and len(argv) > 2 and argv[0].endswith("operator") and argv[1:3] == ("agent", "bootstrap")


def data_lines(values: Mapping[str, str]) -> Iterator[Words]:
    """The lines of a data node."""
    yield from (("bind", "0.0.0.0", "::"), ("tcp-backlog", "511"), ("timeout", "0"), ("tcp-keepalive", "60"))  # noqa: S104
    if password := values.get("REDIS_PASSWORD"):
        yield from (("masterauth", password), ("requirepass", password), ("protected-mode", "yes"))
    else:
        yield "protected-mode", "no"
    tls = values.get("TLS_MODE") == "true"
    yield from _tls(values) if tls else ()
    if values.get("ACL_MODE") == "true":
        yield "aclfile", values.get("ACL_FILE_PATH") or "/etc/redis/user.acl"
    if values.get("PERSISTENCE_ENABLED") == "true":
        yield from (("save", "900", "1"), ("save", "300", "10"), ("save", "60", "10000"), ("appendonly", "yes"))
    port = values.get("REDIS_PORT") or "6379"
    yield from (("port", "0"), ("tls-port", port)) if tls else (("port", port),)
    if limit := values.get("REDIS_MAX_MEMORY"):
        yield "maxmemory", limit


def sentinel_lines(values: Mapping[str, str]) -> Iterator[Words]:
    """The lines of a Sentinel."""
    name = values.get("MASTER_GROUP_NAME") or "mymaster"
    address, port = values.get("IP") or "0.0.0.0", values.get("PORT") or "6379"  # noqa: S104 -- what the image writes
    yield "sentinel", "monitor", name, address, port, values.get("QUORUM") or "2"
    for setting, variable, default in (
        ("down-after-milliseconds", "DOWN_AFTER_MILLISECONDS", "30000"),
        ("parallel-syncs", "PARALLEL_SYNCS", "1"),
        ("failover-timeout", "FAILOVER_TIMEOUT", "180000"),
    ):
        yield "sentinel", setting, name, values.get(variable) or default
    for setting in ("RESOLVE_HOSTNAMES", "ANNOUNCE_HOSTNAMES"):
        yield "sentinel", setting.lower().replace("_", "-"), values.get(setting) or "no"
    if password := values.get("MASTER_PASSWORD"):
        yield "sentinel", "auth-pass", name, password
    if password := values.get("REDIS_PASSWORD"):
        yield from (("requirepass", password), ("protected-mode", "yes"))
    else:
        yield "protected-mode", "no"
    port = values.get("SENTINEL_PORT") or "26379"
    if values.get("TLS_MODE") == "true":
        yield from (("port", "0"), ("tls-port", port), *_tls(values))
    else:
        yield "port", port


def _tls(values: Mapping[str, str]) -> Iterator[Words]:
    for key, variable in (("cert-file", "CERT"), ("key-file", "CERT_KEY"), ("ca-cert-file", "CA_CERT")):
        if path := values.get(f"REDIS_TLS_{variable}"):
            yield f"tls-{key}", path
    yield from (("tls-auth-clients", "optional"), ("tls-replication", "yes"))


class Resources(CustomResources):
    """RedisReplication and RedisSentinel."""

    def hosts(self) -> Iterator[Host]:
        """Yield the pods that the operator makes of them."""
        for each in self.manifests:
            if each.kind == REPLICATION:
                yield from self._replication(each)
        for each in self.manifests:
            if each.kind == SENTINEL:
                config = at(each.item, "spec", "redisSentinelConfig")
                release = text_at(config, "redisReplicationName", default=each.name)
                size = self._size(each, "clusterSize")
                values = self._sentinel_values(each, "spec", "kubernetesConfig")
                for setting, key, default in _SETTINGS:
                    values[setting] = text_at(config, key, default=default)
                reference = at(config, "redisReplicationPassword", "secretKeyRef")
                if reference is not None:
                    values["MASTER_PASSWORD"] = self.secret(each, text_at(reference, "name"), text_at(reference, "key"))
                extra = text_at(config, "additionalSentinelConfig")
                yield from self._pods(
                    each, f"{each.name}-sentinel", size, release, sentinel_lines(values), extra, sentinel=True
                )

    def _replication(self, manifest: Manifest) -> Iterator[Host]:
        values = self._sentinel_values(manifest, "spec", "kubernetesConfig")
        values["PERSISTENCE_ENABLED"] = "true" if at(manifest.item, "spec", "storage") is not None else "false"
        extra = text_at(manifest.item, "spec", "redisConfig", "additionalRedisConfig")
        size = self._size(manifest, "clusterSize")
        yield from self._pods(manifest, manifest.name, size, manifest.name, data_lines(values), extra, sentinel=False)
        inner = at(manifest.item, "spec", "sentinel")
        if inner is None:
            return
        password = values.get("REDIS_PASSWORD", "")
        own = {"MASTER_PASSWORD": password, **self._sentinel_values(manifest, "spec", "sentinel")}
        own.setdefault("REDIS_PASSWORD", password)
        for setting, key, default in _SETTINGS[1:]:
            own[setting] = text_at(inner, key, default=default)
        count = at(inner, "size")
        size = 3 if count is None else count.integer(1, MOST_REPLICAS)
        own["QUORUM"] = str(size // 2 + 1)
        extra = text_at(inner, "additionalSentinelConfig")
        yield from self._pods(
            manifest, f"{manifest.name}-s", size, manifest.name, sentinel_lines(own), extra, sentinel=True
        )

    @staticmethod
    def _size(manifest: Manifest, key: str) -> int:
        item = at(manifest.item, "spec", key)
        return REPLICAS if item is None else item.integer(1, MOST_REPLICAS)

    def _sentinel_values(self, manifest: Manifest, *path: str) -> dict[str, str]:
        """The variables that both kinds of pods have: the password, TLS, and those that the user adds."""
        found = {text_at(each, "name"): text_at(each, "value") for each in items_of(at(manifest.item, "spec", "env"))}
        secret = at(manifest.item, *path, "redisSecret")
        if secret is not None:
            found["REDIS_PASSWORD"] = self.secret(manifest, text_at(secret, "name"), text_at(secret, "key"))
        if at(manifest.item, "spec", "TLS") is not None:
            found |= {
                "TLS_MODE": "true", "REDIS_TLS_CERT": "/tls/tls.crt", "REDIS_TLS_CERT_KEY": "/tls/tls.key",
                "REDIS_TLS_CA_CERT": "/tls/ca.crt",
            }  # fmt: skip
        return found

    def _pods(
        self,
        manifest: Manifest,
        name: str,
        size: int,
        release: str,
        lines: Iterator[Words],
        extra: str,
        *,
        sentinel: bool,
    ) -> Iterator[Host]:
        source = manifest.item.source
        directives = [Directive.make(words, source, manifest.item.line, manifest.shown) for words in lines]
        file = "redis-sentinel-additional.conf" if sentinel else "redis-additional.conf"
        if extra:
            text = self.values.one("ConfigMap", manifest.namespace, extra, file)
            if text is None:
                self.notes.append(
                    f"not read: ConfigMap {extra} with {file} of {manifest.shown} is not in the manifests."
                )
            own = Source(readable(f"{extra}/{file}"), f"{source.path}, ConfigMap {readable(extra)}, {file}")
            directives += parse_text(text or "", own)
        for index in range(size):
            pod = f"{name}-{index}"
            names = self.names(pod, f"{name}-headless", manifest.namespace)
            server = Server(sentinel, tuple(directives), source)
            yield Host(pod, manifest.namespace, release, self.address(pod), names, [server], operator=OPERATOR)


_SETTINGS = (
    ("MASTER_GROUP_NAME", "masterGroupName", "myMaster"),
    ("QUORUM", "quorum", "2"),
    ("DOWN_AFTER_MILLISECONDS", "downAfterMilliseconds", "5000"),
    ("PARALLEL_SYNCS", "parallelSyncs", "1"),
    ("FAILOVER_TIMEOUT", "failoverTimeout", "10000"),
    ("RESOLVE_HOSTNAMES", "resolveHostnames", "no"),
    ("ANNOUNCE_HOSTNAMES", "announceHostnames", "no"),
)
"""The variables of a Sentinel, their keys in the resources, and the defaults of these."""

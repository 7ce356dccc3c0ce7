"""The custom resource of spotahome's redis-operator: what the operator writes into its ConfigMaps, and then changes at run time.

Source: ``operator/redisfailover/service/generator.go``, ``heal.go`` and ``api/redisfailover/v1`` of spotahome/redis-operator.
"""

from collections.abc import Iterator

from jsquared.deployment.model.directives import Directive, split_words
from jsquared.deployment.read.containers.container_servers import Server
from jsquared.deployment.read.kubernetes.custom_resources import REPLICAS, CustomResources
from jsquared.deployment.read.kubernetes.hosts import Host
from jsquared.deployment.read.kubernetes.manifests import Manifest, at, items_of, text_at
from jsquared.deployment.read.kubernetes.pods import MOST_REPLICAS
from jsquared.deployment.read.yaml.yaml_items import Item

OPERATOR = "redis-operator (spotahome)"
KIND = "RedisFailover"
MASTER = "mymaster"
Words = tuple[str, ...]
_REDIS_DEFAULTS = ("replica-priority 100",)
_SENTINEL_DEFAULTS = ("down-after-milliseconds 5000", "failover-timeout 10000")


class Resources(CustomResources):
    """RedisFailover."""

    def hosts(self) -> Iterator[Host]:
        """Yield the pods that the operator makes of them.

        :raises BadInputError: a setting has unbalanced quotes, or the primary is outside.
        """
        for manifest in self.manifests:
            if manifest.kind == KIND:
                yield from self._hosts(manifest)

    def _hosts(self, manifest: Manifest) -> Iterator[Host]:
        redis, sentinel = at(manifest.item, "spec", "redis"), at(manifest.item, "spec", "sentinel")
        outside = at(manifest.item, "spec", "bootstrapNode")
        if outside is not None:
            raise outside.bad(
                "its primary is a server outside of the manifests", "a RedisFailover without bootstrapNode"
            )
        password = self._password(manifest)
        sentinels = self._count(sentinel)
        data = [*self._data(redis, password), *_custom(redis, _REDIS_DEFAULTS, ())]
        watch = [*_watch(redis, password, sentinels), *_custom(sentinel, (), _SENTINEL_DEFAULTS)]
        for prefix, count, lines, is_sentinel in (
            ("rfr", self._count(redis), data, False),
            ("rfs", sentinels, watch, True),
        ):
            for index in range(count):
                pod = f"{prefix}-{manifest.name}-{index}"
                source, line = manifest.item.source, manifest.item.line
                made = tuple(Directive.make(words, source, line, manifest.shown) for words in lines)
                names = self.names(pod, f"{prefix}-{manifest.name}", manifest.namespace)
                server = Server(is_sentinel, made, source)
                yield Host(
                    pod, manifest.namespace, manifest.name, self.address(pod), names, [server], operator=OPERATOR
                )

    @staticmethod
    def _count(item: Item | None) -> int:
        found = at(item, "replicas")
        return (found.integer(0, MOST_REPLICAS) if found is not None else 0) or REPLICAS

    def _password(self, manifest: Manifest) -> str:
        name = text_at(manifest.item, "spec", "auth", "secretPath")
        return self.secret(manifest, name, "password") if name else ""

    @staticmethod
    def _data(redis: Item | None, password: str) -> Iterator[Words]:
        yield "port", text_at(redis, "port", default="6379")
        yield from (("tcp-keepalive", "60"), ("save", "900", "1"), ("save", "300", "10"))
        yield "user", "pinger", "-@all", "+ping", "on", ">pingpass"
        for rename in items_of(at(redis, "customCommandRenames")):
            yield "rename-command", text_at(rename, "from"), text_at(rename, "to")
        if password:
            yield from (("masterauth", password), ("requirepass", password))


def _watch(redis: Item | None, password: str, sentinels: int) -> Iterator[Words]:
    yield "port", "26379"
    port = text_at(redis, "port", default="6379")
    yield "sentinel", "monitor", MASTER, "127.0.0.1", port, str(sentinels // 2 + 1)
    yield "sentinel", "parallel-syncs", MASTER, "2"
    if password:
        yield "sentinel", "auth-pass", MASTER, password


def _custom(item: Item | None, always: tuple[str, ...], instead: tuple[str, ...]) -> Iterator[Words]:
    """The settings that the operator makes at run time; ``instead`` where the resource has none."""
    written = items_of(at(item, "customConfig"))
    for text in (*always, *(instead if not written else ())):
        words = tuple(text.split())
        yield ("sentinel", words[0], MASTER, *words[1:]) if instead else words
    for each in written:
        words = split_words(each.text()) or ()
        if len(words) < 2:
            raise each.bad("is not a setting with its value", "down-after-milliseconds 5000" if instead else "hz 50")
        yield ("sentinel", words[0], MASTER, *words[1:]) if instead else words

"""Docker Compose files as deployments: every way to write one that people use, and what is refused instead of guessed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.model.spec import DataNode, Deployment, Node
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError

Tree = Callable[[dict[str, str]], Path]
MONITOR = "sentinel monitor m redis-1 6379 2\n"


@pytest.fixture
def compose(tree: Tree) -> Callable[..., Deployment]:
    """Reads a Compose text with other files beside it."""

    def read(text: str, files: dict[str, str] | None = None) -> Deployment:
        return load_deployment(tree({"compose.yaml": text, **(files or {})}) / "compose.yaml")

    return read


Read = Callable[..., Deployment]


def texts(node: Node) -> list[str]:
    """A node's lines."""
    return [line.text for line in node.directives]


def roles(deployment: Deployment) -> dict[str, str | None]:
    """Each data node's host with that of its primary."""
    return {node.host: node.replica_of for node in deployment.data}


def around(*data: str, sentinels: str = "") -> str:
    """A Compose file with these data services (bodies in flow style) and three Sentinels."""
    services = [f"  redis-{number}: {body}" for number, body in enumerate(data, 1)]
    watch = sentinels or '{image: "redis:7", command: redis-sentinel /s.conf, configs: [{source: s, target: /s.conf}]}'
    services += [f"  s{number}: {watch}" for number in (1, 2, 3)]
    content = f"configs: {{s: {{content: '{MONITOR.strip()}'}}}}"
    return "\n".join(["services:", *services, content])


PLAIN = "{image: redis}"
BASE = """services:
  base: {image: redis, command: redis-server --replicaof redis-1 6379 --appendonly yes}"""
CONF = "replicaof redis-1 6379\nappendonly yes\n"
FILES = {
    "conf/r.conf": CONF,
    "conf/start.sh": "#!/bin/sh\nset -e\necho 'replicaof redis-1 6379' > /t.conf\n"
    'echo appendonly yes >> /t.conf\nexec "$@" /t.conf\n',
    "image/Dockerfile": "ARG V=7\nFROM redis:${V}\n# ours\nCOPY --chown=redis r.conf /usr/local/etc/\n"
    'CMD ["redis-server", \\\n  "/usr/local/etc/r.conf"]\n',
    "image/r.conf": CONF,
    "shell/Dockerfile": "FROM debian\nENV PRIMARY=redis-1 PORT=6379\nWORKDIR /srv\nADD . .\n"
    "ENTRYPOINT redis-server r.conf --replicaof $PRIMARY $PORT\n",
    "shell/r.conf": "appendonly yes\n",
    "stages/Dockerfile": "FROM redis\nCOPY --from=build /a /b\nENTRYPOINT []\n"
    "CMD [ 1 = 1 ] && redis-server --replicaof redis-1 6379 --appendonly yes\n",
}


@pytest.mark.parametrize(
    "replica",
    [
        "{image: redis, command: redis-server --replicaof redis-1 6379 --appendonly yes}",
        '{image: redis, command: [redis-server, --slaveof, redis-1, "6379", --appendonly, "yes"]}',
        "{image: redis, command: [--replicaof redis-1 6379, --appendonly yes]}",
        '{image: redis, command: ["redis-server", "--replicaof", "redis-1 6379", "--appendonly", "yes"]}',
        "{image: redis, entrypoint: [redis-server, --replicaof, redis-1, '6379'], command: --appendonly yes}",
        "{image: redis, entrypoint: docker-entrypoint.sh, command: --replicaof redis-1 6379 --appendonly yes}",
        "{image: my/thing, command: \"sh -c 'exec redis-server --replicaof redis-1 6379 --appendonly yes'\"}",
        "{image: redis, command: redis-server /c/r.conf, volumes: ['./conf:/c:ro']}",
        "{image: redis, command: redis-server /c/r.conf, volumes: [{type: bind, source: ./conf, target: /c}]}",
        "{image: redis, command: /c/r.conf, volumes: ['./conf/r.conf:/c/r.conf']}",
        "{image: redis, command: redis-server /etc/r.conf, configs: [{source: r, target: /etc/r.conf}]}",
        "{image: redis, command: redis-server /r, configs: [r]}",
        "{image: redis, command: redis-server /run/secrets/r, secrets: [r]}",
        "{image: redis, command: redis-server /run/secrets/x.conf, secrets: [{source: r, target: x.conf}]}",
        "{image: redis, command: redis-server r.conf, working_dir: /c, volumes: ['./conf:/c']}",
        "{image: redis, entrypoint: /c/start.sh, command: redis-server, volumes: ['./conf:/c']}",
        "{image: redis, user: '9:9', entrypoint: [sh, -c, '[ $$(id -u) = 9 ] && redis-server --replicaof redis-1 6379 --appendonly yes']}",
        "{build: ./image}",
        "{build: {context: ./image, dockerfile: Dockerfile}, image: mine}",
        "{build: ./shell}",
        "{build: ./stages}",
        "{extends: base}",
        "{extends: {service: base}, environment: [UNUSED=1]}",
    ],
)
def test_a_replica_however_it_is_written(compose: Read, replica: str) -> None:
    """Options, files, configs, secrets, scripts, Dockerfiles and extended services all say the same thing."""
    text = around(PLAIN, replica).replace("configs: {s:", "configs: {r: {file: ./conf/r.conf}, s:")
    text += "\nsecrets: {r: {file: ./conf/r.conf}}\n"
    deployment = compose(text.replace("services:", BASE if "extends" in replica else "services:"), FILES)
    node = deployment.data_on("redis-2")
    assert node.replica_of == "redis-1"
    assert node.value("appendonly") == "yes"
    assert [sentinel.host for sentinel in deployment.sentinels] == ["s1", "s2", "s3"]
    assert deployment.quorum == 2


def test_bitnamis_variables_are_read(compose: Read) -> None:
    """Mode, primary, passwords (from files too), quorum and times come from the environment; copies are hosts of their own."""
    text = """
services:
  redis:
    image: bitnami/redis:7.2
    environment: [REDIS_REPLICATION_MODE=master, REDIS_PASSWORD_FILE=/run/secrets/pw, 'REDIS_DISABLE_COMMANDS=FLUSHALL,KEYS']
    secrets: [pw]
  replica:
    image: docker.io/bitnamilegacy/redis:latest
    deploy: {replicas: 2}
    env_file: [r.env]
    environment:
      REDIS_REPLICATION_MODE: replica
      REDIS_RDB_POLICY: 900#1 60#10
      REDIS_EXTRA_FLAGS: --maxmemory 100mb
      NOT_SET:
  watch:
    image: bitnami/redis-sentinel
    scale: 3
    environment:
      REDIS_MASTER_SET: cache
      REDIS_MASTER_PASSWORD: s3cret
      REDIS_SENTINEL_QUORUM: 2
      REDIS_SENTINEL_DOWN_AFTER_MILLISECONDS: 5000
      REDIS_SENTINEL_FAILOVER_TIMEOUT: 6000
      REDIS_SENTINEL_PASSWORD: other
      REDIS_SENTINEL_ANNOUNCE_IP: watch
secrets: {pw: {file: ./pw}}
"""
    deployment = compose(text, {"pw": "s3cret\n", "r.env": "REDIS_MASTER_HOST=redis\nREDIS_PASSWORD='s3cret'\n"})
    assert roles(deployment) == {"redis": None, "replica-1": "redis", "replica-2": "redis"}
    assert texts(deployment.data[0]) == [
        "port 6379", "bind 0.0.0.0 ::", "appendonly yes", 'save ""', "requirepass <secret-1>",
        'rename-command FLUSHALL ""', 'rename-command KEYS ""', "replica-announce-ip 192.0.2.1",
        "replica-announce-port 6379", "masterauth <secret-1>",
    ]  # fmt: skip
    replica = texts(deployment.data[2])
    assert {"save 900 1", "save 60 10", "replicaof redis 6379", "masterauth <secret-1>", "maxmemory 100mb"} <= set(
        replica
    )
    watch = texts(deployment.sentinels[1])
    assert deployment.sentinels[1].host == "watch-2"
    assert {"sentinel monitor cache redis 6379 2", "sentinel resolve-hostnames yes", "requirepass <secret-2>"} <= set(
        watch
    )
    assert (deployment.down_after_ms, deployment.failover_timeout_ms) == (5000, 6000)
    assert not any("NOT_SET" in sentence for sentence in deployment.not_reproduced)


def test_bitnamis_images_take_mounted_files(compose: Read) -> None:
    """A whole configuration that is mounted counts instead of the variables; overrides are added to what they make."""
    mounted = (
        "image: bitnami/{0}, environment: [ALLOW_EMPTY_PASSWORD=yes], volumes: ['./{1}:/opt/bitnami/{2}/mounted-etc']"
    )
    first = "{" + mounted.format("redis", "whole", "redis") + "}"
    second = (
        "{image: bitnami/valkey, command: /opt/bitnami/scripts/valkey/run.sh --hz 12, volumes: ['./more:/opt/bitnami/redis/mounted-etc'],"
        " environment: [ALLOW_EMPTY_PASSWORD=yes, VALKEY_REPLICATION_MODE=replica, VALKEY_PRIMARY_HOST=redis-1]}"
    )
    sentinel = (
        "{image: bitnami/redis-sentinel, environment: [REDIS_MASTER_HOST=redis-1, REDIS_SENTINEL_TLS_ENABLED=no]}"
    )
    files = {"whole/redis.conf": "hz 11\n", "more/overrides.conf": "databases 3\n"}
    deployment = compose(around(first, second, sentinels=sentinel), files)
    assert texts(deployment.data[0]) == ["hz 11"]
    assert {"protected-mode no", "databases 3", "hz 12", "replicaof redis-1 6379"} <= set(texts(deployment.data[1]))


def test_bitnamis_tls_is_read(compose: Read) -> None:
    """With TLS on default ports only TLS is spoken, and files are those that are mounted."""
    body = (
        "{{image: bitnami/redis, volumes: ['./tls:/tls'], environment: {{ALLOW_EMPTY_PASSWORD: 'yes', REDIS_REPLICATION_MODE: {}, "
        "REDIS_MASTER_HOST: redis-1, REDIS_TLS_ENABLED: 'yes', REDIS_TLS_CERT_FILE: /tls/a.crt, REDIS_TLS_KEY_FILE: /tls/a.key, "
        "REDIS_TLS_CA_FILE: /tls/ca.crt, REDIS_IO_THREADS: 2, REDIS_ACLFILE: /tls/users.acl}}}}"
    )
    sentinel = (
        "{image: bitnami/redis-sentinel, environment: {REDIS_MASTER_HOST: redis-1, REDIS_SENTINEL_TLS_ENABLED: 'yes', "
        "REDIS_SENTINEL_TLS_PORT_NUMBER: 26380}}"
    )
    files = dict.fromkeys(("tls/a.crt", "tls/a.key", "tls/ca.crt"), "") | {
        "tls/users.acl": "user default on nopass ~* &* +@all\n"
    }
    deployment = compose(around(body.format("master"), body.format("replica"), sentinels=sentinel), files)
    node = deployment.data[1]
    assert (node.plain_port, node.tls_port, node.value("tls-replication")) == (0, 6379, "yes")
    assert node.value("tls-cert-file").endswith("deployment/tls/a.crt")
    assert deployment.sentinels[0].tls_port == 26380


MISSING = {
    "no password": ("REDIS_REPLICATION_MODE: master", "neither REDIS_PASSWORD nor ALLOW_EMPTY_PASSWORD"),
    "no primary": ("REDIS_PASSWORD: x, REDIS_REPLICATION_MODE: slave", "REDIS_MASTER_HOST is not set"),
    "no such mode": ("REDIS_PASSWORD: x, REDIS_REPLICATION_MODE: boss", "neither master nor replica"),
}


@pytest.mark.parametrize("case", MISSING)
def test_bitnamis_refusals_are_ours(compose: Read, case: str) -> None:
    """What the image would not start with is refused with the service's name."""
    environment, message = MISSING[case]
    with pytest.raises(BadInputError, match=f"service redis-1: .*{message}"):
        compose(around(f"{{image: bitnami/redis, environment: {{{environment}}}}}"))


def test_names_addresses_and_ports_lead_to_hosts(compose: Read) -> None:
    """Service names, aliases, fixed addresses, links and published ports of the machine are all ways to a host."""
    text = """
services:
  a: {image: redis, container_name: box-a, hostname: ha, ports: ["127.0.0.1:7001:6379", "9000:9000/udp"],
      networks: {n: {ipv4_address: 172.30.0.2, aliases: [main.cache]}}}
  b: {image: redis, command: --replicaof 172.30.0.2 6379, networks: [n]}
  c: {image: redis, command: --replicaof main.cache 6379}
  d: {image: redis, command: --replicaof box-a 6379}
  e: {image: redis, command: --replicaof upstream 6379, links: ["a:upstream", b]}
  f: {image: redis, command: --replicaof 198.51.100.7 7001, ports: [{published: 7002, target: 6379}, "6379"]}
  g:
    image: redis
    command: [sh, -c, "redis-server --replicaof $$(getent hosts a | awk '{print $$1}') 6379"]
  s: {image: redis, command: "sh -c 'echo sentinel monitor m ha 6379 1 > /s.conf; redis-server /s.conf --sentinel'"}
"""
    deployment = compose(text)
    assert roles(deployment) == {"a": None, **dict.fromkeys("bcdefg", "a")}
    assert texts(deployment.data_on("g"))[0] == "replicaof 172.30.0.2 6379"


SHARED = """services:
  r1: {{image: redis, command: redis-server --appendonly yes, container_name: first}}
  r2: {{image: redis, command: redis-server --appendonly yes --replicaof r1 6379}}
  r3: {{image: redis, command: redis-server --appendonly yes --replicaof r1 6379}}
  s1: {{image: redis, command: redis-sentinel /s.conf, configs: [{{source: s, target: /s.conf}}], network_mode: {0}}}
  s2: {{image: redis, command: redis-sentinel /s.conf, configs: [{{source: s, target: /s.conf}}], network_mode: "service:r2"}}
  s3: {{image: redis, command: redis-sentinel /s.conf, configs: [{{source: s, target: /s.conf}}], network_mode: "service:r3"}}
configs: {{s: {{content: 'sentinel monitor m r1 6379 2'}}}}
"""


@pytest.mark.parametrize("mode", ["service:r1", "container:first"])
def test_containers_that_share_a_network_are_one_host(compose: Read, mode: str) -> None:
    """A Sentinel in the network of a data node lives and is cut off with it, so no split parts the two."""
    deployment = compose(SHARED.format(f'"{mode}"'))
    assert [node.host for node in deployment.data] == ["r1", "r2", "r3"]
    assert [node.host for node in deployment.sentinels] == ["r1", "r2", "r3"]
    assert "ack-lost-in-split" not in {finding.rule for finding in analyse(deployment)}


@pytest.mark.parametrize(
    ("mode", "message"),
    [("service:r9", "'r9' is not a single container here"), ("service:s1", "share each other's network in a circle")],
)
def test_a_network_that_cannot_be_shared_is_refused(compose: Read, mode: str, message: str) -> None:
    """Whose network it is must be known."""
    with pytest.raises(BadInputError, match=rf"compose.yaml:5, services.s1.network_mode: .*{message}"):
        compose(SHARED.format(f'"{mode}"'))


def test_a_container_may_run_both(compose: Read) -> None:
    """A data node and a Sentinel in one container share a host."""
    run = "'redis-server --port 7000 & redis-sentinel /s.conf'"
    both = f"{{image: redis, entrypoint: [sh, -c, {run}], configs: [{{source: s, target: /s.conf}}]}}"
    text = f"services:\n  redis-1: {both}\nconfigs: {{s: {{content: 'sentinel monitor m redis-1 7000 1'}}}}"
    deployment = compose(text)
    assert [node.name for node in deployment.nodes] == ["redis-1", "sentinel-redis-1"]


def test_what_is_not_there_is_named(compose: Read) -> None:
    """Images, services that are left out, variables without a value, and files that Sentinels share are all said."""
    text = around(
        "{image: 'redis:7.2-alpine', command: redis-server --requirepass $NOWHERE_SET}",
        "{image: app}",
        "{image: redis, command: redis-cli -h redis-1 ping}",
        "{image: redis, command: sh -c 'sleep 5; redis-cli -h redis-1 ping'}",
        "{image: oliver006/redis_exporter}",
        sentinels="{image: 'redis:7.2-alpine', command: redis-sentinel /s.conf, volumes: ['./s.conf:/s.conf']}",
    )
    sentences = compose(text, {"s.conf": MONITOR}).not_reproduced
    assert [sentence.partition(": ")[0] for sentence in sentences[:-1]] == [
        "Images",
        "Services that run neither a data node nor a Sentinel are left out",
        "Variables that are not set are empty, as in Compose",
    ]
    assert sentences[0] == (
        "Images: redis:7.2-alpine (version 7.2) of redis-1, s1, s2, s3 is not run; the run's engine replaces it."
    )
    assert "redis-2, redis-3, redis-4, redis-5." in sentences[1]
    assert sentences[-1].startswith("One file that several Sentinels write to")


def test_files_beside_are_named(compose: Read) -> None:
    """An override that Compose would merge, and files that it would include, are said not to be read."""
    sentences = compose(
        "include: [other.yaml]\n" + around(PLAIN), {"compose.override.yaml": "services: {}"}
    ).not_reproduced
    assert any("compose.override.yaml" in sentence for sentence in sentences)
    assert any(sentence.startswith("Included files") for sentence in sentences)


def test_variables_come_from_the_env_file(compose: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process' environment is not asked; passed variables without a value come from the file too."""
    monkeypatch.setenv("JSQ_TEST_HZ", "12")
    text = around(
        "{image: redis, environment: [JSQ_TEST_HZ, JSQ_TEST_DB], command: 'redis-server --hz ${JSQ_TEST_HZ}'}",
        '{image: redis, environment: {JSQ_TEST_DB: , E: ""}, command: [sh, -c, '
        '"redis-server --databases $$JSQ_TEST_DB --replicaof redis-1 6379"]}',
    )
    deployment = compose(text, {".env": "JSQ_TEST_HZ=11\nJSQ_TEST_DB=3"})
    assert deployment.data[0].value("hz") == "11"
    assert deployment.data[1].value("databases") == "3"


def test_includes_are_followed_inside_the_container(compose: Read) -> None:
    """Includes of a container's paths, beside the file and by pattern are found in its mounts; files too."""
    files = {
        "conf/r.conf": "include /etc/redis/one.conf\ninclude two.conf\ninclude /etc/redis/d/*.conf\ninclude /gone/*.conf\n",
        "conf/one.conf": "hz 11",
        "conf/two.conf": "aclfile /etc/redis/users.acl",
        "conf/d/x.conf": "databases 3",
        "conf/users.acl": "user default on nopass ~* &* +@all",
    }
    text = around("{image: redis, command: redis-server /etc/redis/r.conf, volumes: ['./conf:/etc/redis']}")
    node = compose(text, files).data[0]
    assert [line.key for line in node.directives] == ["hz", "aclfile", "databases", "protected-mode"]
    assert node.value("aclfile").endswith("deployment/conf/users.acl")
    assert node.directives[0].where.endswith("conf/one.conf:1, hz")


BAD = {
    "no file": ("{image: redis, command: redis-server /etc/r.conf}", r"compose.yaml:2.*it reads /etc/r.conf, which is not in any"),
    "script": ("{image: redis, entrypoint: /go.sh}", r"its start cannot be read: /go.sh"),
    "statement": ("{image: redis, command: sh -c 'curl x; redis-server'}", r"cannot be read: curl …"),
    "user": ("{image: redis, user: me, entrypoint: [sh, -c, 'test $$(id -u) = 0 && redis-server']}", r"only a running container knows"),
    "quotes": ("{image: redis, command: redis-server 'x}", r"services.redis-1.command: unbalanced quotes"),
    "option quotes": ("{image: redis, command: [redis-server, '--a \"x']}", r"unbalanced quotes in the option --a"),
    "argument": ("{image: redis, command: [redis-server, /r, x], configs: [{source: s, target: /r}]}", r"argument of its server"),
    "built": ("{build: ./nowhere}", r"service redis-1: its image.s command is not known"),
    "no server": ("{image: redis, command: sh -c 'echo redis-server'}", r"it starts no server"),
    "itself": ("{image: redis, command: redis-server /c/i.conf, volumes: ['./c:/c']}", r"/c/i.conf includes itself"),
    "two": ("{image: redis, command: sh -c 'redis-server & redis-server'}", r"redis-1 runs several data nodes"),
    "config": ("{image: redis, configs: [none]}", r"no 'none' in the file's configs"),
    "extends": ("{extends: none}", r"no service 'none' to extend"),
    "extends itself": ("{extends: redis-1}", r"no service 'redis-1' to extend"),
    "extends a file": ("{extends: {file: x.yaml, service: y}}", r"x.yaml: no such file"),
    "extends half": ("{extends: {file: x.yaml}}", r"has no 'service'"),
    "copies": ("{image: redis, scale: 99}", r"'99' is not a whole number from 0 to 16"),
    "Sentinel in doubt": (
        "{image: redis, scale: 2, command: redis-server}", r"redis-1:6379 could be redis-1-1 or redis-1-2|is a second primary",
    ),
    "env file": ("{image: redis, env_file: none.env}", r"none.env: no such file"),
    "mapping": ("{image: redis, command: {a: b}}", r"must be one value"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_known_is_refused(compose: Read, case: str) -> None:
    """A deployment that cannot be known is refused with one line that names the place, and never guessed."""
    body, message = BAD[case]
    with pytest.raises(BadInputError, match=message) as caught:
        compose(around(body), {"c/i.conf": "include i.conf"})
    assert "\n" not in str(caught.value)


def test_too_many_containers_are_refused(compose: Read) -> None:
    """A file with more containers than any deployment has is refused."""
    services = "\n".join(f"  x{number}: {{image: app, scale: 16}}" for number in range(13))
    with pytest.raises(BadInputError, match="more than 200 containers"):
        compose(f"services:\n{services}")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {}\n", "must be|no data nodes"),
        ("services:\n  app: {image: app}\n", "no data nodes"),
        ("services: [a]\n", "must be a mapping"),
        ("services:\n  a: x\n", "must be a mapping"),
        ("services:\n  a: {image: redis}\n", "no Sentinels. Try: services with command: redis-sentinel"),
    ],
)
def test_files_without_a_deployment_are_refused(compose: Read, text: str, message: str) -> None:
    """A Compose file without data nodes or without Sentinels is refused as a folder without them is."""
    with pytest.raises(BadInputError, match=message):
        compose(text)


def test_our_own_form_is_told_from_compose(tree: Tree) -> None:
    """A YAML file with data and sentinels is ours, even with services beside; the name of a Compose file may be written."""
    ours = tree({"d.yaml": "data: [n1]\nsentinels: [n1]\nservices: {}\n"})
    with pytest.raises(BadInputError, match="unknown key 'services'"):
        load_deployment(ours / "d.yaml")


def test_the_name_is_the_files_or_the_folders(compose: Read) -> None:
    """``name`` counts, else the folder's name."""
    assert compose("name: cache\n" + around(PLAIN)).name == "cache"


SOUND = "--appendonly yes --requirepass pw --masterauth pw --repl-diskless-sync no --repl-backlog-size 64mb"
WATCH = "{image: redis, command: redis-sentinel /s.conf, configs: [{source: s, target: /s.conf}]}"


def analysed(compose: Read, data: str, sentinel: str, watchers: int = 3) -> set[str]:
    """The rules that find a violation in three data nodes with these options."""
    replica = f"{{image: redis, command: redis-server {data} --replicaof redis-1 6379}}"
    text = around(f"{{image: redis, command: redis-server {data}}}", replica, replica, sentinels=WATCH)
    lines = f"sentinel monitor m redis-1 6379 2\\n{sentinel}"
    text = text.replace(f"'{MONITOR.strip()}'", f'"{lines}"')
    if watchers == 2:
        text = text.replace(f"  s3: {WATCH}\n", "")
    found = analyse(compose(text))
    return {finding.rule for finding in found if finding.outcome == "violated"}


GOOD_SENTINEL = "\\n".join(
    f"sentinel {line}"
    for line in (
        "auth-pass m pw",
        "resolve-hostnames yes",
        "down-after-milliseconds m 3500",
        "failover-timeout m 6000",
    )
)


def test_the_analysis_finds_what_is_planted_in_compose_files(compose: Read, tmp_path: Path) -> None:
    """A sound file raises no alarm but the split that Sentinels apart from their data allow."""
    assert analysed(compose, SOUND, GOOD_SENTINEL) == {"ack-lost-in-split"}


@pytest.mark.parametrize(
    ("data", "sentinel", "watchers", "rule"),
    [
        (SOUND.replace("--masterauth pw ", ""), GOOD_SENTINEL, 3, "masterauth-missing"),
        (SOUND, GOOD_SENTINEL.replace("sentinel auth-pass m pw", "port 26379"), 3, "sentinel-auth-missing"),
        (SOUND, GOOD_SENTINEL.replace("resolve-hostnames yes", "resolve-hostnames no"), 3, "hostnames-not-resolved"),
        (SOUND, GOOD_SENTINEL, 2, "majority-dies-with-host"),
        (SOUND.replace("--appendonly yes ", "--save '' "), GOOD_SENTINEL, 3, "no-persistence"),
    ],
)
def test_planted_faults_of_compose_files_are_found(
    compose: Read, data: str, sentinel: str, watchers: int, rule: str
) -> None:
    """A Compose file with one thing wrong is found out by the rule about it."""
    assert rule in analysed(compose, data, sentinel, watchers)


def test_data_nodes_are_data_nodes(compose: Read) -> None:
    """Nodes are what they are, and the official images' default of protected-mode is theirs."""
    deployment = compose(around(PLAIN))
    assert isinstance(deployment.data[0], DataNode)
    assert texts(deployment.data[0]) == ["protected-mode no"]
    assert deployment.data[0].directives[0].where.endswith("services.redis-1.image")


@pytest.mark.parametrize(
    "command",
    [
        """[sh, -c, "redis-server --requirepass 'Kan7 x"]""",
        """[sh, -c, "curl -u admin:Kan7 http://x; redis-server"]""",
        """[sh, -c, "redis-server --requirepass a;Kan7"]""",
        """[sh, -c, "Kan7; redis-server"]""",
        """[sh, -c, "echo ${A%Kan7}; redis-server"]""",
        """[sh, -c, "cat Kan7; redis-server"]""",
        """[redis-server, --requirepas, '"Kan7']""",
        """[redis-server, '--requirepass "Kan7']""",
        """[redis-server, /r, -requirepass=Kan7]""",
    ],
)
def test_what_cannot_be_read_of_a_command_is_not_quoted(compose: Read, command: str) -> None:
    """The words of a script that is not understood may be a password."""
    text = around(f"{{image: redis, command: {command}, configs: [{{source: s, target: /r}}]}}")
    said = ""
    try:
        compose(text)
    except BadInputError as refused:
        said = str(refused)
    assert "Kan7" not in said


@pytest.mark.parametrize(
    ("timeout", "message"),
    [
        (
            "${FT}",
            r"Try: FT=… in .env beside the file, or --env FT=… \(FT is not set, so empty\), or sentinel failover",
        ),
        ("${FT:?how long}", r"FT is not set: how long. Try: FT=… in .env beside the file, or --env FT=…"),
    ],
)
def test_a_line_without_its_variables_names_them(compose: Read, timeout: str, message: str) -> None:
    """A line that is wrong without its value is no riddle: the variable is named, and how to set it."""
    lines = f"sentinel monitor m r1 6379 1\n      sentinel resolve-hostnames yes\n      sentinel failover-timeout m {timeout}\n"
    text = (
        "services:\n  r1: {image: redis}\n  s1: {image: redis, command: redis-sentinel /s.conf, configs: [{source: s, target: /s.conf}]}\n"
        f"configs:\n  s:\n    content: |\n      {lines}"
    )
    with pytest.raises(BadInputError, match=message):
        compose(text)
    assert "so empty" not in str(refusal(compose, text.replace(timeout, "x")))


def refusal(compose: Read, text: str) -> BadInputError:
    """The error of a Compose file."""
    with pytest.raises(BadInputError) as refused:
        compose(text)
    return refused.value

"""Kubernetes manifests as deployments: the charts and operators that people run, and what is refused instead of guessed."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from jsquared.deployment.model.host_names import names_in
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment, Node
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from jsquared.records.masked_files import masked_files
from jsquared.records.secrets import masked_at_the_door

FIXTURES = Path(__file__).parents[2] / "fixtures" / "kubernetes"
Tree = Callable[[dict[str, str]], Path]


def read(name: str) -> Deployment:
    """The deployment of one of the fixtures."""
    return load_deployment(FIXTURES / f"{name}.yaml")


def lines(node: Node) -> list[str]:
    """A node's lines."""
    return [line.text for line in node.directives]


def notes(deployment: Deployment, begin: str = "not read: ") -> list[str]:
    """The sentences about what was not read."""
    return [note.removeprefix(begin) for note in deployment.not_reproduced if note.startswith(begin)]


@pytest.mark.parametrize(
    ("name", "primary", "replicas", "sentinels", "master"),
    [
        ("bitnami-sentinel", "cache-redis-node-0", 2, 3, "mymaster"),
        ("redis-ha", "store-redis-ha-server-0", 2, 3, "mymaster"),
        ("valkey-by-address", "kv-valkey-node-0", 2, 3, "myprimary"),
        ("plain", "redis-0", 2, 3, "mymaster"),
        ("opstree-resources", "sessions-0", 2, 3, "myMaster"),
        ("opstree-kubectl", "sessions-0", 2, 3, "myMaster"),
        ("spotahome-resource", "rfr-queue-0", 2, 3, "mymaster"),
        ("spotahome-kubectl", "rfr-queue-0", 2, 3, "mymaster"),
    ],
)
def test_every_form_gives_hosts_and_roles(name: str, primary: str, replicas: int, sentinels: int, master: str) -> None:
    """Each pod is a host, the first one is the primary, the others follow it, and nothing leads astray."""
    deployment = read(name)
    assert (deployment.primary.host, deployment.master_name) == (primary, master)
    assert [node.replica_of for node in deployment.replicas] == [primary] * replicas
    assert len(deployment.sentinels) == sentinels
    assert deployment.astray == ()
    assert deployment.quorum == 2


def test_the_scripts_of_bitnamis_chart_are_followed() -> None:
    """A pod of Bitnami's chart runs redis and a Sentinel, with the lines that its start scripts make of ConfigMaps and Secrets."""
    deployment = read("bitnami-sentinel")
    replica = lines(deployment.replicas[0])
    assert "replicaof cache-redis-node-0.cache-redis-headless.shop.svc.cluster.local 6379" in replica
    assert "replica-announce-ip cache-redis-node-1.cache-redis-headless.shop.svc.cluster.local" in replica
    assert {"requirepass <secret-1>", "masterauth <secret-1>", 'rename-command FLUSHALL ""', "appendonly yes"} <= set(
        replica
    )
    sentinel = lines(deployment.sentinels[1])
    assert "sentinel monitor mymaster cache-redis-node-0.cache-redis-headless.shop.svc.cluster.local 6379 2" in sentinel
    assert "sentinel myid 02f357094b5a41c173ab9349e8477af221893927" in sentinel
    assert "sentinel announce-ip cache-redis-node-1.cache-redis-headless.shop.svc.cluster.local" in sentinel
    assert sum(line.startswith("sentinel known-sentinel mymaster cache-redis-node-") for line in sentinel) == 2
    assert deployment.secrets.values[0] == "open-sesame-42"
    assert notes(deployment) == []
    assert any(
        "registry.example/bitnami/redis:8.2.1-debian-12-r0 (version 8.2.1)" in note
        for note in deployment.not_reproduced
    )


def test_the_init_script_of_redis_ha_is_followed() -> None:
    """An init container prepares both configurations in a volume; announced addresses are those of each pod's own Service."""
    deployment = read("redis-ha")
    first, second = (lines(node) for node in deployment.data[:2])
    assert not any(line.startswith("slaveof") for line in first)
    assert {"slaveof 198.51.100.2 6379", "slave-announce-ip 198.51.100.3", "requirepass <secret-1>"} <= set(second)
    assert deployment.secrets.values[0] == "pa/ss&123456"
    sentinel = lines(deployment.sentinels[2])
    assert sentinel[:2] == [
        "sentinel myid c3f9c0d2b3e4f5a6978810213243546576879803",
        "sentinel monitor mymaster 198.51.100.2 6379 2",
    ]
    assert "sentinel announce-ip 198.51.100.4" in sentinel
    assert notes(deployment) == [
        (
            "container split-brain-fix of StatefulSet store-redis-ha-server (/readonly-config/fix-split-brain.sh) runs beside the "
            "servers; what it does to them is not reproduced."
        )
    ]


def test_names_stay_names_where_sentinels_resolve_them() -> None:
    """The names of pods in the cluster are those that the lab's name service answers for."""
    names = names_in(read("bitnami-sentinel"), served=True).of
    assert names["redis-cache-redis-node-1"][0] == "cache-redis-node-1.cache-redis-headless.shop.svc.cluster.local"


def test_an_operators_decisions_are_named() -> None:
    """An operator's choice at run time is stood in for: the first pod is the primary, and a sentence says so."""
    for name, operator in (
        ("opstree-resources", "redis-operator (OT-CONTAINER-KIT)"),
        ("opstree-kubectl", "redis-operator (OT-CONTAINER-KIT)"),
        ("spotahome-resource", "redis-operator (spotahome)"),
        ("spotahome-kubectl", "an operator"),
    ):
        deployment = read(name)
        (note,) = notes(deployment)
        assert note.startswith(f"{operator} decides at run time which pod is the primary")
        assert f"here {deployment.primary.host} begins as the primary" in note


def test_the_resources_of_opstrees_operator_become_lines() -> None:
    """Variables, defaults and further files of RedisReplication and RedisSentinel are the lines that its agent writes."""
    deployment = read("opstree-resources")
    assert {"maxmemory-policy allkeys-lru", "appendonly yes", "save 900 1", "requirepass <secret-1>"} <= set(
        lines(deployment.primary)
    )
    assert {
        "sentinel down-after-milliseconds myMaster 3000", "sentinel failover-timeout myMaster 10000",
        "sentinel auth-pass myMaster <secret-1>", "sentinel resolve-hostnames no",
    } <= set(lines(deployment.sentinels[0]))  # fmt: skip
    assert deployment.tested.down_after_ms == 3000
    by_kubectl = read("opstree-kubectl")
    assert lines(by_kubectl.replicas[0])[-1] == "replicaof 10.42.0.17 6379"  # the running pod's own address
    assert "sentinel monitor myMaster 10.42.0.17 6379 2" in lines(by_kubectl.sentinels[0])


def test_sentinels_inside_a_replication_are_read(tree: Tree) -> None:
    """A RedisReplication with its own Sentinels, TLS, and without what its ConfigMap would add."""
    text = """apiVersion: redis.redis.opstreelabs.in/v1beta2
kind: RedisReplication
metadata: {name: r, namespace: n}
spec:
  clusterSize: 2
  kubernetesConfig: {redisSecret: {name: s, key: k}}
  redisConfig: {additionalRedisConfig: gone}
  env: [{name: REDIS_MAX_MEMORY, value: 100mb}]
  TLS: {secret: {secretName: t}}
  sentinel: {size: 5, downAfterMilliseconds: "2000"}
"""
    deployment = load_deployment(tree({"m.yaml": text}) / "m.yaml")
    assert [node.host for node in deployment.sentinels] == [f"r-s-{number}" for number in range(5)]
    assert deployment.quorum == 3
    assert {"tls-port 6379", "port 0", "tls-cert-file /tls/tls.crt", "maxmemory 100mb"} <= set(
        lines(deployment.primary)
    )
    assert any(note.startswith("ConfigMap gone with redis-additional.conf") for note in notes(deployment))
    assert any(note.startswith("Secret s (k) is not in the manifests; a made-up value") for note in notes(deployment))


def test_the_resource_of_spotahomes_operator_becomes_lines() -> None:
    """The lines are those that the operator writes and sets at run time: settings, renamed commands, a quorum of its own."""
    deployment = read("spotahome-resource")
    primary = lines(deployment.primary)
    assert {"maxclients 100", "client-output-buffer-limit replica 512mb 256mb 60", 'rename-command monitor ""'} <= set(
        primary
    )
    assert "replica-priority 100" in primary
    assert deployment.tested.down_after_ms == 2000
    assert deployment.tested.parallel_syncs == 2


def test_an_acl_file_of_a_configmap_becomes_users() -> None:
    """Users of an ACL file that is on no disk here are lines of the configuration."""
    primary = lines(read("plain").primary)
    assert "user replica on ><secret-1> +psync +replconf +ping" in primary
    assert not any(line.startswith("aclfile") for line in primary)


def test_a_secret_that_is_not_there_gets_a_made_up_value() -> None:
    """A password of a Secret that the manifests lack is made up, the same for all, and a sentence says so."""
    deployment = read("valkey-by-address")
    assert deployment.secrets.values == ("made-up-1-in-place-of-a-secret",)
    assert any("Secret kv-password (valkey-password) is not in the manifests" in note for note in notes(deployment))


def test_every_value_of_a_secret_is_masked(tree: Tree) -> None:
    """Values of Secrets that no server uses are secrets too, in errors as well as in what a deployment writes."""
    other = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: o}\ndata: {url: dGlnZXItbGlseS0yMDI2}\n"
    text = (FIXTURES / "spotahome-resource.yaml").read_text() + other
    deployment = load_deployment(tree({"m.yaml": text}) / "m.yaml")
    assert "tiger" not in deployment.secrets.mask("at tiger-lily-2026, or dGlnZXItbGlseS0yMDI2")
    assert "tiger" not in masked_at_the_door("not a number: 'tiger-lily-2026'")


def test_the_names_of_secrets_stay_readable() -> None:
    """A Secret's name is no secret: names that begin with it are shown as they are."""
    deployment = read("bitnami-sentinel")
    kept = masked_files(deployment.input_files, deployment.secrets)
    assert "replica-announce-ip cache-redis-node-1." in kept["cache-redis-node-1/opt/bitnami/redis/etc/replica.conf"]
    assert "secretKeyRef: {name: cache-redis, key: redis-password}" in kept["bitnami-sentinel.yaml"]


@pytest.mark.parametrize("name", ["bitnami-sentinel", "opstree-kubectl", "opstree-resources", "plain", "redis-ha"])
def test_no_secret_is_kept(name: str) -> None:
    """The copies of the input have no password: not in a Secret, its base64 or its annotations, nor in what scripts wrote."""
    deployment = read(name)
    kept = "\n".join(masked_files(deployment.input_files, deployment.secrets).values())
    for secret in (*deployment.secrets.values, "b3Blbi1zZXNhbWUtNDI", "Y29ycmVjdC1ob3JzZS03", "cGVvcGxl", "cGVzcyYj"):
        assert secret not in kept
    assert ("# Not kept" in kept) == (name == "redis-ha")  # its script puts the password together again from parts


@pytest.mark.parametrize(
    ("name", "what", "hint"),
    [
        (
            "two-releases",
            "several deployments: shop/carts (3 data nodes, 3 Sentinels); jobs/queues (2 data nodes, 3 Sentinels)",
            "helm template of one",
        ),
        ("without-sentinel", "data nodes and no Sentinels", "sentinel.enabled=true"),
        ("image-decides", "container redis of db-0: its start cannot be read: /usr/local/bin/start-redis.sh", "kubectl exec"),
    ],
)  # fmt: skip
def test_what_cannot_be_known_is_refused_in_one_line(name: str, what: str, hint: str) -> None:
    """A refusal says what was seen and what to do."""
    with pytest.raises(BadInputError) as refused:
        read(name)
    text = str(refused.value)
    assert what in text
    assert hint in text
    assert "\n" not in text


def test_json_and_folders_are_read_as_well(tmp_path: Path) -> None:
    """The JSON that kubectl prints, and the folders that helm template --output-dir makes, give the same deployment."""
    documents = list(yaml.safe_load_all((FIXTURES / "spotahome-resource.yaml").read_text()))
    (tmp_path / "out" / "chart" / "templates").mkdir(parents=True)
    for number, document in enumerate(documents):
        (tmp_path / "out" / "chart" / "templates" / f"{number}.yaml").write_text(yaml.safe_dump(document))
    (tmp_path / "out" / "values.yaml").write_text("replicas: 3\n")
    (tmp_path / "list.json").write_text(json.dumps({"apiVersion": "v1", "items": documents, "kind": "List"}))
    wanted = [lines(node) for node in read("spotahome-resource").nodes]
    for path in (tmp_path / "out", tmp_path / "list.json"):
        assert [lines(node) for node in load_deployment(path).nodes] == wanted


def test_a_folder_of_native_files_stays_one(tmp_path: Path) -> None:
    """Manifests beside hosts' folders with redis.conf are not read."""
    for host in ("a", "b", "c"):
        (tmp_path / host).mkdir()
        (tmp_path / host / "redis.conf").write_text("" if host == "a" else "replicaof a 6379\n")
        (tmp_path / host / "sentinel.conf").write_text("sentinel monitor m a 6379 2\n")
    shutil.copy(FIXTURES / "plain.yaml", tmp_path / "plain.yaml")
    assert load_deployment(tmp_path).primary.host == "a"


def test_variables_are_for_compose_alone() -> None:
    """``--env`` says nothing about manifests."""
    with pytest.raises(BadInputError, match="--env: this deployment is no Compose file"):
        load_deployment(FIXTURES / "plain.yaml", Allowed(env=("A=1",)))


POD = """apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: r, namespace: n, labels: {{app: r}}}}
spec:
  replicas: {replicas}
  serviceName: r
  podManagementPolicy: Parallel
  template:
    metadata: {{labels: {{app: r}}}}
    spec:
{spec}
"""


def sentinel_of(address: str) -> str:
    """A Deployment of three Sentinels that monitor an address."""
    return f"""---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: s, namespace: n}}
spec:
  replicas: 3
  template:
    metadata: {{labels: {{app: r}}}}
    spec:
      containers: [{{name: s, image: redis, command: [redis-server, --sentinel, --sentinel monitor m {address} 6379 2]}}]
"""


def test_scripts_know_their_pods_user_and_full_name(tree: Tree) -> None:
    """``id -u`` is the user of the container or else of the pod, and ``hostname -f`` the name in its Service."""
    spec = """      securityContext: {runAsUser: 7}
      initContainers:
        - {name: i, image: redis, command: [sh, -c, 'echo "hz $(id -u)0" > /x/r.conf'], volumeMounts: [{name: x, mountPath: /x}]}
      containers:
        - name: r
          image: redis
          securityContext: {runAsUser: 8}
          command: [sh, -c]
          args: ['[ "$HOSTNAME" = r-0 ] || A="--replicaof r-0.$(hostname -d) 6379";
            redis-server /x/r.conf --databases $(id -u) --replica-announce-ip $(hostname -f) $A']
          volumeMounts: [{name: x, mountPath: /x}]
      volumes: [{name: x, emptyDir: {}}]
"""
    text = POD.format(replicas=2, spec=spec) + sentinel_of("r-0.r")
    replica = lines(load_deployment(tree({"m.yaml": text}) / "m.yaml").replicas[0])
    full = "r.n.svc.cluster.local"
    assert {"hz 70", "databases 8", f"replica-announce-ip r-1.{full}", f"replicaof r-0.{full} 6379"} <= set(replica)


def test_variables_of_every_source_are_expanded(tree: Tree) -> None:
    """``env``, ``envFrom``, fields and Services are variables, in values, command lines and scripts."""
    spec = """      enableServiceLinks: true
      containers:
        - name: r
          image: redis
          command: [sh, -c]
          args: ['if [ $NAME != r-0 ]; then A="--replicaof $(WHERE) 6379"; fi; exec redis-server $A --maxmemory $(SIZE) --hz $X_hz
            --databases $DB --save "$LITERAL $ZONE $APP" --tcp-backlog $W_SERVICE_PORT_TCP --timeout ${GONE:-7}']
          envFrom: [{prefix: X_, configMapRef: {name: c}}, {secretRef: {name: s}}]
          env:
            - {name: BASE, value: r-0}
            - {name: WHERE, value: $(BASE).r.n.svc.cluster.local}
            - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: ZONE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
            - {name: APP, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
            - {name: LITERAL, value: "$(NOT) $$(BASE)"}
            - {name: DB, valueFrom: {configMapKeyRef: {name: c, key: db}}}
            - {name: GONE, valueFrom: {secretKeyRef: {name: gone, key: k, optional: true}}}
            - {name: NODE, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
"""
    text = "---\n".join(
        [
            POD.format(replicas=2, spec=spec),
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: n}\ndata: {hz: '50', db: '4'}\n",
            "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: n}\ndata: {SIZE: MTAwbWI=}\n",
            "apiVersion: v1\nkind: Service\nmetadata: {name: w, namespace: n}\nspec: {ports: [{name: tcp, port: 99}]}\n",
        ]
    )
    deployment = load_deployment(tree({"m.yaml": text + sentinel_of("r-0.r")}) / "m.yaml")
    replica = lines(deployment.replicas[0])
    assert {"maxmemory 100mb", "hz 50", "databases 4", "tcp-backlog 99", "timeout 7"} <= set(replica)
    assert "replicaof r-0.r.n.svc.cluster.local 6379" in replica
    assert "save $(NOT) $(BASE) n r" in replica


def test_ports_of_a_service_lead_to_its_pod(tree: Tree) -> None:
    """A Service of one pod is a name of it, and its ports lead to those of the containers, named or not."""
    spec = """      containers:
        - {name: r, image: redis, command: [sh, -c, 'redis-server --port 7000 $( [ $HOSTNAME = r-0 ] || echo --replicaof first 6379 )'],
           ports: [{name: main, containerPort: 7000}]}
"""
    service = """---
apiVersion: v1
kind: Service
metadata: {name: first, namespace: n}
spec:
  selector: {"statefulset.kubernetes.io/pod-name": r-0}
  ports: [{name: redis, port: 6379, targetPort: main}, {name: other, port: 9, targetPort: gone}]
"""
    text = POD.format(replicas=2, spec=spec) + service + sentinel_of("first.n")
    deployment = load_deployment(tree({"m.yaml": text}) / "m.yaml")
    assert deployment.primary.host == "r-0"
    assert deployment.host_names.published["r-0"] == {6379: 7000}


def test_pods_that_start_in_parallel_are_settled_and_named(tree: Tree) -> None:
    """If each pod would lead unless another one does already, the first one leads, and a sentence says that it may be another."""
    script = "WHO=$(redis-cli -h r sentinel get-master-addr-by-name m | head -n 1); "
    redis = (
        script
        + '[ -n "$WHO" ] && redis-cli -h $WHO ping | grep -q PONG && A="--replicaof $WHO 6379"; exec redis-server $A'
    )
    watch = script + "exec redis-server --sentinel --sentinel monitor m ${WHO:-$HOSTNAME.r.n} 6379 2"
    spec = f"""      containers:
        - {{name: r, image: redis, command: {json.dumps(["sh", "-c", redis])}}}
        - {{name: s, image: redis, command: {json.dumps(["sh", "-c", watch])}}}
"""
    deployment = load_deployment(tree({"m.yaml": POD.format(replicas=3, spec=spec)}) / "m.yaml")
    assert [node.replica_of for node in deployment.data] == [None, "r-0", "r-0"]
    assert notes(deployment) == [
        "StatefulSet r starts its pods in parallel, so the first to start decides who is the primary; here it is r-0."
    ]


def test_an_init_container_that_cannot_be_read_is_named(tree: Tree) -> None:
    """The work of a foreign program is not known; the deployment is read where its servers do not need it."""
    spec = """      initContainers:
        - {name: tune, image: tools, command: [python, /tune.py]}
        - {name: own, image: tools}
        - {name: chown, image: busybox, command: [sh, -c, "chown -R 1000 /data"]}
      containers:
        - {name: r, image: redis, args: [--appendonly, "yes"]}
        - {name: exporter, image: oliver006/redis_exporter, args: [--web.listen-address=:9121]}
"""
    deployment = load_deployment(tree({"m.yaml": POD.format(replicas=1, spec=spec) + sentinel_of("r-0")}) / "m.yaml")
    assert notes(deployment) == [
        "init container tune of StatefulSet r, because of python …: what it prepares is not known."
    ]


def test_a_second_release_without_sentinels_is_left_out(tree: Tree) -> None:
    """A cache beside the deployment is not part of it, and a sentence says so."""
    cache = POD.format(replicas=1, spec="      containers: [{name: r, image: redis}]\n").replace(
        "name: r,", "name: cache,", 1
    )
    text = (
        (FIXTURES / "spotahome-kubectl.yaml").read_text().replace("namespace: jobs", "namespace: n") + "---\n" + cache
    )
    deployment = load_deployment(tree({"m.yaml": text}) / "m.yaml")
    assert len(deployment.data) == 3
    assert any("are left out: cache-0." in note for note in deployment.not_reproduced)

"""The file that a Sentinel saves its state to: a Sentinel without one, or with a read-only one, does not start."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.records.findings import Finding

Tree = Callable[[dict[str, str]], Path]
MONITOR = "sentinel monitor m 10.0.0.1 6379 2\n"
RUN = "command: redis-sentinel /c/s.conf"
COPIED = "command: sh -c 'cp /c/s.conf /tmp/s.conf && exec redis-sentinel /tmp/s.conf'"
COMPOSE = """services:
  r1: {{image: redis, networks: {{n: {{ipv4_address: 10.0.0.1}}}}}}
  r2: {{image: redis, command: redis-server --replicaof r1 6379}}
  w1: {{{watch}}}
  w2: {{{watch}}}
  w3: {{{last}}}
configs: {{file: {{file: ./s.conf}}, text: {{content: '{monitor}'}}}}
secrets: {{file: {{file: ./s.conf}}}}
"""
PODS = """kind: ConfigMap
apiVersion: v1
metadata: {{name: c}}
data: {{s.conf: 'sentinel monitor m r-0.r 6379 2'}}
---
kind: StatefulSet
apiVersion: apps/v1
metadata: {{name: r}}
spec:
  serviceName: r
  replicas: 2
  template:
    spec:
      containers:
      - name: r
        image: redis
        command: [sh, -c, 'case $HOSTNAME in r-0) exec redis-server;; *) exec redis-server --replicaof r-0.r 6379;; esac']
---
kind: StatefulSet
apiVersion: apps/v1
metadata: {{name: w}}
spec:
  serviceName: w
  replicas: 3
  template:
    spec:
{spec}
      volumes: [{{name: c, {kind}}}, {{name: d, emptyDir: {{}}}}]
"""
STRAIGHT = """      containers:
      - name: w
        image: redis
        command: [redis-sentinel, /c/s.conf]
        volumeMounts: [{name: c, mountPath: /c}]"""
PREPARED = """      initContainers:
      - name: i
        image: redis
        command: [sh, -c, cp /c/s.conf /d/s.conf]
        volumeMounts: [{name: c, mountPath: /c}, {name: d, mountPath: /d}]
      containers:
      - {name: w, image: redis, command: [redis-sentinel, /d/s.conf], volumeMounts: [{name: d, mountPath: /d}]}"""
CONFIG_MAP = "configMap: {name: c}"
NEVER_STARTS = ("sentinel-without-file", "sentinel-file-read-only")


def compose(tree: Tree, watch: str, last: str = "") -> Deployment:
    """A Compose file whose Sentinels are written like this, the last one perhaps otherwise."""
    text = COMPOSE.format(watch=watch, last=last or watch, monitor=MONITOR.strip())
    files = {"s.conf": MONITOR, "Dockerfile": "FROM redis\nVOLUME /state\nCOPY s.conf /state/s.conf\n"}
    return load_deployment(tree({"compose.yaml": text, **files}) / "compose.yaml")


def pods(tree: Tree, spec: str, kind: str = CONFIG_MAP) -> Deployment:
    """Manifests whose Sentinels' pods are written like this."""
    return load_deployment(tree({"all.yaml": PODS.format(spec=spec, kind=kind)}) / "all.yaml")


def never_start(deployment: Deployment) -> list[Finding]:
    """The findings about Sentinels that do not start."""
    return [finding for finding in analyse(deployment) if finding.rule in NEVER_STARTS]


@pytest.mark.parametrize(
    ("watch", "line"),
    [
        (f"image: redis, {RUN}, volumes: ['./:/c:ro']", "./:/c:ro"),
        (f"image: redis, {RUN}, volumes: ['./s.conf:/c/s.conf:ro,z']", "./s.conf:/c/s.conf:ro,z"),
        (
            f"image: redis, {RUN}, volumes: [{{type: bind, source: ./, target: /c, read_only: true}}]",
            "read_only: true",
        ),
        (f"image: redis, {RUN}, configs: [{{source: file, target: /c/s.conf}}]", "configs: file"),
        (f"image: redis, {RUN}, secrets: [{{source: file, target: /c/s.conf}}]", "secrets: file"),
        (f"image: redis, {COPIED}, read_only: true, volumes: ['./:/c']", "read_only: true"),
    ],
)
def test_a_sentinel_whose_file_a_service_mounts_read_only_is_found(tree: Tree, watch: str, line: str) -> None:
    """Sentinels that save to a file of a read-only mount or root are violated, with the line that makes it so."""
    deployment = compose(tree, watch)
    (finding,) = never_start(deployment)
    assert (finding.rule, finding.outcome) == ("sentinel-file-read-only", "violated")
    assert (finding.target, finding.directive) == ("sentinel-w1, sentinel-w2, sentinel-w3", line)
    assert "compose.yaml:4" in finding.where
    assert "0 of 3 Sentinels remain, and a failover needs 2: there is never one" in finding.message
    assert not any("that several Sentinels write to" in note for note in deployment.not_reproduced)


@pytest.mark.parametrize(
    "watch",
    [
        f"image: redis, {RUN}, volumes: ['./:/c']",
        f"image: redis, {RUN}, volumes: [{{type: bind, source: ./, target: /c, read_only: false}}]",
        f"image: redis, {RUN}, volumes: ['./s.conf:/c/s.conf:rw'], read_only: true",
        f"image: redis, {RUN}, configs: [{{source: text, target: /c/s.conf}}]",
        f"image: redis, {COPIED}, volumes: ['./:/c:ro']",
        f"image: redis, {COPIED}, volumes: ['./:/c:ro'], read_only: true, tmpfs: /tmp",
        f"image: redis, {COPIED.replace('/tmp', '/data')}, volumes: ['./:/c:ro'], read_only: true",
        f"image: our-own, {RUN}, volumes: ['./:/c:ro']",
        f"build: ., {RUN.replace('/c', '/state')}, read_only: true",
        "image: our-own, command: ['--sentinel monitor m 10.0.0.1 6379 2']",
    ],
)
def test_a_sentinel_that_a_service_lets_save_its_state_is_clean(tree: Tree, watch: str) -> None:
    """Writable mounts, copies to writable places, and images that may prepare a file themselves are no finding."""
    assert not never_start(compose(tree, watch))


@pytest.mark.parametrize("program", ["redis-sentinel", "redis-server --sentinel", "valkey-sentinel"])
def test_sentinels_with_options_alone_are_read_and_never_start(tree: Tree, program: str) -> None:
    """A Sentinel without a file is read as one, and violated with its command; where fewer are affected, it says what remains."""
    watch = f"image: redis, command: {program} --sentinel monitor m 10.0.0.1 6379 2"
    sound = f"image: redis, {RUN}, volumes: ['./:/c']"
    deployment = compose(tree, watch)
    assert len(deployment.sentinels) == len("123")
    (finding,) = never_start(deployment)
    assert (finding.rule, finding.outcome) == ("sentinel-without-file", "violated")
    assert finding.directive == f"{program.partition(' ')[0]} --sentinel …"
    assert "there is never one" in finding.message
    (finding,) = never_start(compose(tree, sound, watch))
    assert finding.target == "sentinel-w3"
    assert finding.message.endswith("2 of 3 Sentinels remain, and a failover needs 2.")


@pytest.mark.parametrize(
    ("spec", "kind", "line"),
    [
        (STRAIGHT, CONFIG_MAP, "mountPath: /c (configMap)"),
        (STRAIGHT, "projected: {sources: [{configMap: {name: c}}]}", "mountPath: /c (projected)"),
        (STRAIGHT.replace("/c}", "/c/s.conf, subPath: s.conf}"), CONFIG_MAP, "mountPath: /c/s.conf (configMap)"),
        (PREPARED.replace("[{name: d, mountPath: /d}]", "[{name: d, mountPath: /d, readOnly: true}]"), CONFIG_MAP, "readOnly: true"),
        (
            PREPARED.replace(
                "command: [redis-sentinel, /d/s.conf]",
                "securityContext: {readOnlyRootFilesystem: true}, command: [sh, -c, cp /d/s.conf /s.conf; exec redis-sentinel /s.conf]",
            ),
            CONFIG_MAP,
            "readOnlyRootFilesystem: true",
        ),
    ],
)  # fmt: skip
def test_a_sentinel_whose_file_a_pod_mounts_read_only_is_found(tree: Tree, spec: str, kind: str, line: str) -> None:
    """ConfigMaps and projected volumes are read-only always, other mounts and the root file system where it is written."""
    (finding,) = never_start(pods(tree, spec, kind))
    assert (finding.rule, finding.directive) == ("sentinel-file-read-only", line)
    assert "all.yaml:" in finding.where


def test_a_pod_that_copies_its_file_to_an_empty_directory_is_clean(tree: Tree) -> None:
    """The usual sound form: an init container copies the ConfigMap's file to a volume that the Sentinel can write to."""
    assert not never_start(pods(tree, PREPARED))

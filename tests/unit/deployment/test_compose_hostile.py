"""Whatever a Compose file or a start script says, it is read or refused in one line, never with a traceback."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jsquared.deployment.read.containers.container_files import ContainerFiles
from jsquared.deployment.read.containers.shell import Container, follow
from jsquared.deployment.read.containers.shell_words import Unreadable
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError

WORDS = [
    "", "redis", "redis-server", "redis-server /x.conf", "sh -c 'redis-server'", "./a:/b", "a:b:c", "x=y", "${X:-$", "${Y:?no}",
    "-1", "~nobody/x:/y", "bitnami/redis", "bitnami/redis-sentinel", "redis-sentinel", "--replicaof redis 6379", "2",
]  # fmt: skip
KEYS = [
    "image", "command", "entrypoint", "environment", "env_file", "volumes", "configs", "secrets", "networks", "ports", "links",
    "scale", "deploy", "hostname", "build", "extends", "<<", "replicas", "source", "target", "file", "service", "aliases", "context",
]  # fmt: skip
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(-1, 3), st.sampled_from(WORDS))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=6,
)
SERVICES = st.dictionaries(
    st.sampled_from(["redis", "r2", "s1", "app"]),
    st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=4) | VALUES,
    min_size=1,
    max_size=4,
)
PIECES = (
    "echo a ' \" $A ${A} $( ` ) ( { } ; && || | & > < << EOF if then fi while do done [ ] redis-server /x sed s/a/b/ -i cat ! # "
    '2>&1 cp printf %s export X=1 for in exit head awk cut tee set -- "$@" envsubst hostname -i test = case esac'
)
SHELL = st.sampled_from([*PIECES.split(), "\n", "\\"])


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(services=SERVICES, more=st.dictionaries(st.sampled_from(["configs", "secrets", "name"]), VALUES, max_size=2))
def test_a_compose_file_is_read_or_refused(tmp_path: Path, services: dict[str, Any], more: dict[str, Any]) -> None:
    """Any structure of YAML gives a deployment or one line."""
    path = tmp_path / "compose.yaml"
    path.write_text(yaml.safe_dump({"services": services, **more}), encoding="utf-8")
    with contextlib.suppress(BadInputError):
        load_deployment(path)


@settings(max_examples=150)
@given(st.lists(SHELL, min_size=1, max_size=14).map(" ".join))
def test_a_script_is_followed_or_unreadable(text: str) -> None:
    """Any script is followed to its end, or said to be unreadable."""
    with contextlib.suppress(Unreadable):
        follow(Container(ContainerFiles(), {"A": "1 2"}, "box", "192.0.2.1", lambda _: ""), ("sh", "-c", text))


@pytest.mark.parametrize(
    "name", ["env_file: [{a: 1}]", "volumes: [{a: 1}]", "configs: [{target: /x}]", "build: {a: 1}"]
)
def test_half_an_entry_is_refused_or_ignored(tmp_path: Path, name: str) -> None:
    """An entry without the part that counts gives one line about the file."""
    path = tmp_path / "compose.yaml"
    path.write_text(f"services: {{redis: {{image: redis, {name}}}}}")
    with pytest.raises(BadInputError, match=r"compose\.yaml"):
        load_deployment(path)

"""A Compose file that puts a secret together from parts is not kept, whatever else stands in it."""

from pathlib import Path

import pytest

from jsquared.deployment.read.containers.joints import MOST_CHARACTERS, Joints
from jsquared.deployment.read.load import load_deployment
from jsquared.records.masked_files import WITHHELD
from jsquared.records.secrets import Secrets

K = "Zebra77Quagga88XyloYak99"
COMPOSE = """\
services:
  r1:
    image: redis:7
    environment: {{FIRST: Zebra77Quagga}}
    command: ["sh", "-c", {script}]
  r2:
    image: redis:7
    command: redis-server --replicaof r1 6379
  s1: &s
    image: redis:7
    command: ["sh", "-c", "echo 'sentinel monitor mymaster r1 6379 1' > /s.conf; exec redis-sentinel /s.conf"]
  other:
    image: nginx
    labels: [{label}]
"""
PARTS = [
    "P=Zebra77Quagga; Q=88XyloYak99; exec redis-server --requirepass $$P$$Q",
    "P=Zebra77Quagga; exec redis-server --requirepass $${P}88XyloYak99",
    'P=Zebra77Quagga; exec redis-server --requirepass "$$P"88XyloYak99',
    "set -- Zebra77Quagga 88XyloYak99; exec redis-server --requirepass $$1$$2",
    "printf 'requirepass %s%s' Zebra77Quagga 88XyloYak99 > /r.conf; exec redis-server /r.conf",
    "printf 'requirepass Zebra77Quagga' > /r.conf; echo 88XyloYak99 >> /r.conf; exec redis-server /r.conf",
    "{ printf 'requirepass Zebra77Quagga'; echo 88XyloYak99; } > /r.conf; exec redis-server /r.conf",
    "echo 'requirepass Zebra77@@' | sed s/@@/Quagga88XyloYak99/ > /r.conf; exec redis-server /r.conf",
    "echo 'requirepass Zebra77@@' > /r.conf; sed -i s/@@/Quagga88XyloYak99/ /r.conf; exec redis-server /r.conf",
    "exec redis-server --requirepass $$FIRST$$(echo 88XyloYak99)",
    "exec redis-server --requirepass $FIRST$SECOND",
]
WHOLE = [
    f"P={K}; exec redis-server --requirepass $$P",
    f"echo 'requirepass {K}' > /r.conf; echo port 6379 >> /r.conf; exec redis-server /r.conf",
    f"printf 'requirepass %s' {K} > /r.conf; exec redis-server /r.conf",
    f"echo 'requirepass @@' | sed s/@@/{K}/ > /r.conf; exec redis-server /r.conf",
]


def kept(folder: Path, script: str, comment: str = "", label: str = "a") -> str:
    """What is kept of a Compose file with this script; FIRST and SECOND are the halves, in ``.env``."""
    (folder / ".env").write_text(f"# {K}\nFIRST=Zebra77Quagga\nSECOND=88XyloYak99\n")
    file = folder / "compose.yaml"
    file.write_text(f"{comment}\n" + COMPOSE.format(script='"' + script.replace('"', '\\"') + '"', label=label))
    deployment = load_deployment(str(file))
    assert K in deployment.secrets.values
    return deployment.input_files["compose.yaml"]


@pytest.mark.parametrize("script", PARTS)
@pytest.mark.parametrize(("comment", "label"), [("", "a"), (f"# {K}", "a"), ("", f"x={K}")])
def test_a_secret_in_parts_is_not_kept(tmp_path: Path, script: str, comment: str, label: str) -> None:
    """Not even where the whole stands in a comment, in another service or in the file of variables."""
    assert kept(tmp_path, script, comment, label) == WITHHELD


@pytest.mark.parametrize("script", WHOLE)
def test_a_secret_in_one_piece_is_kept_and_marked(tmp_path: Path, script: str) -> None:
    """It goes through variables, files and edits as a whole."""
    assert K in kept(tmp_path, script)


def test_more_than_can_be_remembered_may_be_anything() -> None:
    """Texts are remembered up to a limit; beyond it no secret is believed to be in one piece."""
    joints = Joints()
    joints.note("ab", ["a", "b"])
    assert joints.join("ab")
    assert not joints.join("a")
    assert not joints.join("c")
    joints.note("x" * MOST_CHARACTERS, ["y"])
    assert joints.join("c")
    assert Secrets().and_also(["a"]).values == ("a",)

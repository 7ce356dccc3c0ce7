"""Manifests of strangers: whatever they are, they are read or refused in one line, in little time."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.read.kubernetes.kept_manifests import without_secrets
from jsquared.deployment.read.kubernetes.manifests import is_manifests
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError

Tree = Callable[[dict[str, str]], Path]
HEAD = "apiVersion: v1\nkind: "
SET = "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: r}\nspec: {replicas: %s, template: {spec: {containers: [%s]}}}\n"
BOMB = "a: &a [x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (HEAD + "ConfigMap\n", "neither data nodes nor Sentinels in these manifests (1 ConfigMap)"),
        (HEAD + "ConfigMap\n---\n- 1\n", "must be a Kubernetes object"),
        (HEAD + "List\nitems: 7\n", "must be a list"),
        (HEAD + "List\nitems: [3]\n", "must be a Kubernetes object"),
        (HEAD + "List\nitems: [" + "{kind: List, items: [" * 4 + "]}" * 4 + "]\n", "lists of lists"),
        (HEAD + "List\nitems: [" + "{kind: A}," * 2001 + "]\n", "more than 2000 objects"),
        (HEAD + "Secret\ndata: {a: '***'}\n", "is not base64"),
        (HEAD + "Secret\nkind: Secret\n", "given twice"),
        (HEAD + "ConfigMap\ndata: [1]\n", "must be a mapping"),
        (HEAD + "X\n" + "a: [" * 300, "nested too deeply"),
        (HEAD + "X\n" + "# \n" * 200_000, "are too many"),
        (HEAD + "X\nb: {unclosed\n", "malformed YAML"),
        (BOMB + HEAD + "ConfigMap\n", "neither data nodes nor Sentinels"),
        (SET % ("17", "{name: r, image: redis}"), "is not a whole number from 0 to 16"),
        (SET % ("many", ""), "'many' is not a whole number"),
        (SET % ("1", "{name: r, image: redis}, {name: s, image: redis}"), "pod r-0 runs several data nodes"),
        (SET % ("1", "{name: r, image: redis, command: redis-server}"), "must be a list"),
        (SET % ("1", "{name: r, image: redis, command: [sh, -c, 'while A=1; do B=2; done; redis-server']}"), "more than 30000 commands"),
        (SET % ("1", "{name: r, image: redis, args: [/c/r.conf], volumeMounts: [{name: c}]}"), "it reads /c/r.conf, which is not in any"),
        (SET % ("1", "{name: r, image: redis, args: [\"/proc/self/environ.conf\"]}"), "which is not in any of its volumes"),
        ("\n---\n".join([SET % ("16", "{name: r, image: x}")] * 7), "more than 100 pods"),
        (HEAD + "RedisFailover\nmetadata: {name: q}\nspec: {redis: {customConfig: [hz]}}\n", "is not a setting with its value"),
        (HEAD + "RedisFailover\nmetadata: {name: q}\nspec: {bootstrapNode: {host: h}}\n", "its primary is a server outside"),
        (HEAD + "RedisSentinel\nmetadata: {name: q}\n", "Sentinels and no data nodes"),
    ],
)  # fmt: skip
def test_strange_manifests_are_one_line(tree: Tree, text: str, words: str) -> None:
    """A refusal names what is wrong, without a traceback and without a second line."""
    with pytest.raises(BadInputError) as refused:
        load_deployment(tree({"m.yaml": text}) / "m.yaml")
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_value_that_is_repeated_without_end_is_limited(tmp_path: Path) -> None:
    """A variable that names itself, and a ConfigMap that is mounted again and again, cost no memory."""
    doubled = ", ".join(f"{{name: A, value: $(A)$(A){'x' * 9}}}" for _ in range(60))
    mounts = ", ".join(f"{{name: c, mountPath: /m{number}}}" for number in range(2000))
    config = HEAD + f"ConfigMap\nmetadata: {{name: c}}\ndata: {{big: {'y' * 9000}}}\n---\n"
    wide = config + SET % ("1", f"{{name: r, image: redis, volumeMounts: [{mounts}]}}")
    wide = wide.replace("containers:", "volumes: [{name: c, configMap: {name: c}}], containers:")
    for text, words in (
        (SET % ("1", f"{{name: r, image: redis, env: [{doubled}]}}"), "variables expand to more than"),
        (wide, "characters are mounted in all"),
    ):
        (tmp_path / "m.yaml").write_text(text)
        with pytest.raises(BadInputError, match=words):
            load_deployment(tmp_path / "m.yaml")


def test_pipes_and_links_are_no_manifests(tmp_path: Path) -> None:
    """A pipe among the files of a folder is never opened, and a link out of it is not followed."""
    (tmp_path / "d").mkdir()
    os.mkfifo(tmp_path / "d" / "pipe.yaml")
    (tmp_path / "outside.yaml").write_text(HEAD + "ConfigMap\n")
    (tmp_path / "d" / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (tmp_path / "d" / "round").symlink_to(tmp_path / "d")
    with pytest.raises(BadInputError):
        load_deployment(tmp_path / "d")
    (tmp_path / "d" / "own.yaml").write_text(HEAD + "ConfigMap\n")
    with pytest.raises(BadInputError, match="neither data nodes nor Sentinels"):
        load_deployment(tmp_path / "d")


def test_a_folder_of_too_many_or_broken_manifests_is_refused(tmp_path: Path) -> None:
    """More files than any release has are refused, and so is one beside others that is no text."""
    (tmp_path / "a.yaml").write_text(HEAD + "ConfigMap\n")
    (tmp_path / "b.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(BadInputError, match="not UTF-8"):
        load_deployment(tmp_path)
    (tmp_path / "b.yaml").unlink()
    for number in range(201):
        (tmp_path / f"{number}.yaml").write_text(HEAD + "ConfigMap\n")
    with pytest.raises(BadInputError, match="more than 200 manifests"):
        load_deployment(tmp_path)


def test_only_objects_are_manifests() -> None:
    """Our own YAML, a Compose file and plain values are none."""
    assert is_manifests('{"apiVersion": "v1", "kind": "List", "items": []}')
    assert is_manifests("kind: Pod\napiVersion: v1\n")
    for text in (
        "data: [n1]\nsentinels: [n1]\n",
        "services: {a: {image: redis}}\n",
        "kind: x\n",
        "a:\n  apiVersion: v1\n  kind: Pod\n",
        "",
    ):
        assert not is_manifests(text)


def test_a_text_without_secrets_is_kept_as_it_is() -> None:
    """Only values of Secrets are replaced."""
    assert without_secrets("kind: ConfigMap\n", []) == "kind: ConfigMap\n"

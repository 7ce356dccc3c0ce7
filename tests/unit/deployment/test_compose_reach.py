"""Compose files: variables that are passed on purpose only, and files that lie elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.containers import shell_effort
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError
from jsquared.records.masked_files import WITHHELD

Tree = Callable[[dict[str, str]], Path]
REST = """
  s1:
    image: redis
    command: sh -c "echo 'sentinel monitor m redis 6379 1' > /s.conf; exec redis-sentinel /s.conf"
"""
CANARY = "canary-in-environment"


@pytest.fixture
def load(tree: Tree, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Deployment]:
    """Reads a project with this data node: ``load(service, files=…, **allowed)``; ``../elsewhere`` holds files that it may not read."""
    monkeypatch.setenv("JSQ_SECRET", CANARY)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "c.conf").write_text("requirepass canary-elsewhere\n")
    (elsewhere / "v.env").write_text("JSQ_SECRET=canary-elsewhere\nREDIS_PASSWORD=canary-elsewhere\n")
    (elsewhere / "Dockerfile").write_text("FROM redis\n")

    def read(service: str, files: dict[str, str] | None = None, more: str = "", **allowed: object) -> Deployment:
        root = tree({"compose.yaml": f"services:\n  redis: {service}{REST}{more}", **(files or {})})
        if files and ".env -> out" in files:
            (root / ".env").symlink_to("../elsewhere/v.env")
        return load_deployment(root / "compose.yaml", Allowed(**allowed))  # type: ignore[arg-type]

    return read


USES = "{image: redis, command: 'redis-server --requirepass x${JSQ_SECRET}', environment: [JSQ_SECRET, JSQ_NONE]}"


def test_the_environment_is_not_passed_on(load: Callable[..., Deployment]) -> None:
    """A variable that is set here is empty there, and the sentence says how to pass it without saying what it holds."""
    deployment = load(USES)
    assert deployment.data[0].value("requirepass") == "x"
    said = " ".join(deployment.not_reproduced)
    assert "Variables that are not set are empty, as in Compose: JSQ_SECRET." in said
    assert "--env JSQ_SECRET passes them" in said
    assert "JSQ_NONE" not in said
    assert CANARY not in said


def test_half_a_password_is_not_named(load: Callable[..., Deployment]) -> None:
    """A dollar sign that nobody doubled makes a variable of the rest of a password; the sentence counts it and tells how to write it."""
    said = " ".join(load("{image: redis, command: 'redis-server --requirepass pa$zebra9'}").not_reproduced)
    assert "1 variable without braces or capitals, not set, and empty" in said
    assert "Write $$ for a plain dollar sign" in said
    assert "zebra9" not in said


def test_variables_are_passed_by_name_or_value(load: Callable[..., Deployment], tmp_path: Path, tree: Tree) -> None:
    """``--env`` counts before ``--env-file``, which stands in the place of ``.env``."""
    (tmp_path / "a.env").write_text("JSQ_SECRET=a\n")
    (tmp_path / "b.env").write_text("JSQ_SECRET=b\n")
    files = {".env": "JSQ_SECRET=own\n"}
    values = {
        "own": {},
        "b": {"env_files": [str(tmp_path / "a.env"), str(tmp_path / "b.env")]},
        CANARY: {"env": ["JSQ_SECRET"], "env_files": [str(tmp_path / "a.env")]},
        "given=1": {"env": ["JSQ_SECRET=given=1"]},
    }
    path = None
    for value, allowed in values.items():
        deployment = load(USES, files, **allowed) if path is None else load_deployment(path, Allowed(**allowed))  # type: ignore[arg-type]
        path = deployment.folders[0] / "compose.yaml"
        assert deployment.data[0].value("requirepass") == f"x{value}"
        assert not any("--env" in sentence for sentence in deployment.not_reproduced)


@pytest.mark.parametrize(
    ("allowed", "what"),
    [
        ({"env": ["JSQ_NONE"]}, "JSQ_NONE is not set in the environment"),
        ({"env": ["a b=1"]}, "what it is given is not the name of a variable"),
        ({"env_files": ["/nowhere/x.env"]}, "no such file"),
        ({"env_files": ["/proc/self/environ"]}, "not a regular file"),
    ],
)
def test_variables_that_cannot_be_passed(
    load: Callable[..., Deployment], allowed: dict[str, list[str]], what: str
) -> None:
    """One line names the option or the file."""
    with pytest.raises(BadInputError, match=what):
        load(USES, **allowed)


def test_a_required_variable_says_how_to_pass_it(load: Callable[..., Deployment]) -> None:
    """The environment has it, and nobody gave it."""
    with pytest.raises(BadInputError, match="or --env JSQ_SECRET, which the environment here has") as refused:
        load("{image: redis, command: 'redis-server --requirepass ${JSQ_SECRET:?needed}'}")
    assert CANARY not in str(refused.value)


def test_only_a_compose_file_has_variables(tmp_path: Path) -> None:
    """An option without effect is refused."""
    (tmp_path / "a.yaml").write_text("data: [n1]\nsentinels: [n1]\n")
    for name in ("reference", str(tmp_path), str(tmp_path / "a.yaml")):
        with pytest.raises(BadInputError, match="--env: this deployment is no Compose file"):
            load_deployment(name, Allowed(env=["A=1"]))


REFUSED = {
    "env_file": "{image: redis, env_file: ../elsewhere/v.env}",
    "env_file of a home": "{image: redis, env_file: ~/v.env}",
    "configuration": "{image: redis, command: redis-server /c.conf, volumes: ['../elsewhere/c.conf:/c.conf']}",
    "configs": "{image: redis, command: redis-server /c.conf, configs: [{source: c, target: /c.conf}]}",
    "include": "{image: redis, command: redis-server --include /c.conf, configs: [{source: c, target: /c.conf}]}",
    "secret": "{image: bitnami/redis, environment: [ALLOW_EMPTY_PASSWORD=yes, REDIS_PASSWORD_FILE=/p], volumes: ['../elsewhere/v.env:/p']}",
    "script": "{image: redis, command: sh -c 'cat /c; redis-server', volumes: ['../elsewhere/c.conf:/c']}",
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_server_needs_from_elsewhere_is_refused(
    load: Callable[..., Deployment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    """Its text is not read, and where the lab knows the file it says how to allow it."""
    monkeypatch.setenv("HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(BadInputError) as refused:
        load(REFUSED[case], more="configs: {c: {file: ../elsewhere/c.conf}}\n")
    assert "canary" not in str(refused.value)
    assert "outside the folders that may be read" in str(refused.value) or case == "script"


def test_what_is_allowed_is_read(load: Callable[..., Deployment], tmp_path: Path) -> None:
    """The same file, once its folder is allowed."""
    deployment = load(REFUSED["configuration"], paths=[str(tmp_path / "elsewhere")])
    assert deployment.data[0].value("requirepass") == "canary-elsewhere"
    assert "allowed/1/c.conf" in deployment.input_files


def test_what_is_only_asked_for_is_not_reproduced(load: Callable[..., Deployment]) -> None:
    """A script that looks for a file finds none; a Dockerfile elsewhere may run anything."""
    deployment = load(
        "{image: redis, command: \"sh -c '[ -f /x/c.conf ] && echo; redis-server'\", volumes: ['../elsewhere:/x']}",
        more="  app: {build: ../elsewhere}\n",
    )
    said = [sentence for sentence in deployment.not_reproduced if "--allow-path" in sentence]
    assert len(said) == 2
    assert "nothing is known about it" in said[0]
    assert "its command is not known" in said[1]


def test_an_env_file_behind_a_link_is_refused(load: Callable[..., Deployment]) -> None:
    """The project's own ``.env`` may not lead elsewhere."""
    with pytest.raises(BadInputError, match=r"\.env: lies outside the folders"):
        load(USES, {".env -> out": ""})


BOMBS = {
    "defaults": ("redis-server --hz " + "${A:-" * 10_000 + "}" * 10_000, "nested"),
    "few defaults": ("redis-server --hz " + "${A:-" * 30 + "1" + "}" * 30, "defaults are nested more than 20 deep"),
    "long values": ("redis-server --hz " + "${V}" * 2000, "variables expand to more than"),
    "doubled": (["A=xxxxxxxx; " + "A=$$A$$A$$A$$A; " * 30], "variables expand to more than|characters of text"),
    "arguments": (["set -- x; " + 'set -- "$$@" "$$@"; ' * 40], "characters of text"),
    "substitutions": (["echo " + "$$(echo " * 60 + "x" + ")" * 60], "nested more than 10 deep"),
    "groups": (["( " * 60 + "true" + " )" * 60], "nested more than 30 deep"),
    "pattern": (["echo aaaaaaaaaaaaaaaaaaaaaaaaaab | sed -E 's/(a+)+z/x/'"], "sed"),
    "search": (["printf " + "a" * 2000 + " | sed 's/a*a*a*a*a*b/x/'"], "backtrack too often"),
    "replacement": (["printf " + "a" * 4000 + " | sed 's/a/" + "b" * 4000 + "/g'"], "characters of text"),
    "steps": (["true; " * 10_001], "more than 10000 commands"),
    "printed": (["printf " + "%s" * 300 + " " + "x " * 30_000], "characters of text"),
}


SLOW_BOMBS = {"arguments", "printed"}
"""Those that come to the limit in very small steps: an eighth of it shows the same."""


@pytest.mark.parametrize("case", BOMBS)
def test_what_would_never_end_is_refused(
    load: Callable[..., Deployment], case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Depth, repetition and patterns that go back and forth have limits; each is one line."""
    written, what = BOMBS[case]
    if case in SLOW_BOMBS:
        monkeypatch.setattr(shell_effort, "MOST_CHARACTERS", shell_effort.MOST_CHARACTERS // 8)
    command = ["sh", "-c", f"{written[0]}; redis-server"] if isinstance(written, list) else written
    with pytest.raises(BadInputError, match=what):
        load(json.dumps({"image": "redis", "command": command}), {".env": f"V={'v' * 5000}\n"})


def test_merges_have_a_limit(load: Callable[..., Deployment]) -> None:
    """The same mapping merged again and again takes time although nothing comes of it."""
    service = "&m {image: redis, a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8}\n  r2: {<<: [" + "*m, " * 12_000 + "]}"
    with pytest.raises(BadInputError, match="merges more than 100000 entries"):
        load(service)


def test_services_that_extend_each_other_have_a_limit(load: Callable[..., Deployment]) -> None:
    """A long chain is none that anybody wrote."""
    chain = "".join(f"  e{number}: {{extends: e{number + 1}}}\n" for number in range(40)) + "  e40: {image: redis}\n"
    with pytest.raises(BadInputError, match="to extend"):
        load("{image: redis}", more=chain)


def test_services_have_a_limit(load: Callable[..., Deployment]) -> None:
    """More of them than any project has, even where none of them has a container."""
    many = "".join(f"  e{number}: {{image: x, scale: 0}}\n" for number in range(300))
    with pytest.raises(BadInputError, match="more than 200 services"):
        load("{image: redis}", more=many)


@pytest.mark.parametrize(("password", "kept"), [("mossy-figtree", True), ("$$A-figtree", False)])
def test_a_file_that_puts_a_password_together_is_not_kept(tree: Tree, password: str, kept: bool) -> None:
    """Nobody can say which parts of it make the password up, so the run folder gets a line that says so in its place."""
    shell = f'A=mossy; redis-server --requirepass "{password}" --masterauth "{password}"'
    command = shell.replace('"', '\\"')
    replica = command.replace("redis-server", "redis-server --replicaof r1 6379")
    text = (
        f'services:\n  r1: {{image: "redis:7", command: ["sh", "-c", "{command}"]}}\n'
        f'  r2: {{image: "redis:7", command: ["sh", "-c", "{replica}"]}}\n'
        '  s1: {image: "redis:7", command: "redis-sentinel /s.conf", volumes: ["./s.conf:/s.conf"]}\n'
    )
    sentinel = "sentinel monitor m r1 6379 1\nsentinel resolve-hostnames yes\n"
    folder = tree({"compose.yaml": text, "s.conf": sentinel})
    deployment = load_deployment(str(folder / "compose.yaml"))
    assert (WITHHELD not in deployment.input_files.values()) == kept

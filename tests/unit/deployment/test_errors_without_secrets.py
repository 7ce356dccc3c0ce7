"""What an error or a note quotes of a Compose file or of ``--env`` is never a part of a password."""

from pathlib import Path

import pytest

from jsquared.deployment.dialect.doubts import doubts_about
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.compose.compose_variables import not_set
from jsquared.deployment.read.compose.compose_yaml import Variables, parse_compose
from jsquared.deployment.read.containers.shell_words import command_in, file_in
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.errors import BadInputError
from jsquared.records.plan import Engine

K = "Zebra77Quagga88Xylo"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"A: ${{APP_PASSWORD:?{K}}}", "APP_PASSWORD is not set"),
        (f"A: ${{app_password?{K}}}", "a variable is not set"),
        ("A: ${REDIS_TAG:?say which}", "REDIS_TAG is not set: say which"),
        (f'A: "a${{{K}!x}}"', "'${…}' cannot be read"),
        ('A: "a${TAG!x}"', "'${TAG…}' cannot be read"),
    ],
)
def test_a_variable_is_named_only_where_it_is_one(text: str, said: str) -> None:
    """In capitals, and what is said of one that is a secret is not repeated."""
    with pytest.raises(BadInputError) as caught:
        parse_compose(text, Source("c", "c"), Variables({}))
    assert said in str(caught.value)
    assert "Zebra" not in str(caught.value)


def test_a_variable_in_braces_that_may_be_half_of_a_password_is_counted() -> None:
    """Only names in capitals are told."""
    variables = Variables({})
    parse_compose(f"A: a${{{K}}}\nB: ${{TAG}}\n", Source("c", "c"), variables)
    assert (variables.missing, variables.unnamed) == ({"TAG"}, 1)
    assert "Zebra" not in " ".join(not_set(variables, ()))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("Zebra77/Quagga88", "a file"), ("/Zebra77/Quagga88", "a file"), ("/etc/redis/sentinel.conf", "/etc/redis/sentinel.conf"),
        ("/run/secrets/password", "/run/secrets/password"), ("./conf/redis.conf", "./conf/redis.conf"), ("redis.conf", "a file"),
    ],
)  # fmt: skip
def test_a_path_is_quoted_only_where_it_is_one(path: str, shown: str) -> None:
    """It lies in a folder that is known, or ends as files of configurations do."""
    assert file_in(path) == shown


def test_a_program_is_quoted_only_where_it_is_one() -> None:
    """Known programs and scripts."""
    said = [command_in([word]) for word in ("/Zebra77/Quagga88", "Zebra77/Quagga88", "/usr/bin/x", "./start.sh", "sed")]
    assert said == ["a command that is not known", "a command that is not known", "/usr/bin/x", "./start.sh", "sed"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (f"REDIS_PASSWORD:{K}", "what begins with 'REDIS_PASSWORD' is not the name"),
        (K, "a variable that it names is not set"),
        (f"{K}!", "what it is given is not the name"),
        ("Q7!", "what begins with 'Q7' is not the name"),
        ("NOT_SET_HERE_7", "NOT_SET_HERE_7 is not set"),
    ],
)
def test_what_is_given_as_a_variable_is_not_repeated(tmp_path: Path, given: str, said: str) -> None:
    """It may be a password, or end in one."""
    file = tmp_path / "compose.yaml"
    file.write_text("services: {r: {image: redis:7}}\n")
    with pytest.raises(BadInputError) as caught:
        load_deployment(str(file), Allowed(env=(given,)))
    assert said in str(caught.value)
    assert "Zebra" not in str(caught.value)


@pytest.mark.parametrize("written", ["requirepass7xQ: x", "masterauth9z: x"])
def test_what_is_glued_to_a_directive_is_not_repeated(written: str) -> None:
    """Neither by the place of the error nor by the name that it quotes."""
    text = f"data: [n1, n2, n3]\nsentinels: [n1, n2, n3]\nredis:\n  {written}\n"
    engine = Engine(name="redis", version="7.0.15", path="/nowhere")
    (doubt,) = doubts_about(from_yaml(text, Source("d", "d"), Path()).nodes, engine)
    name = written.partition(":")[0]
    assert "<secret>" in str(doubt.error())
    assert not any(glued in str(doubt.error()) for glued in ("7xQ", "9z", name))

"""Passwords that a YAML asks for by name: random, the same wherever the name stands, and in no file."""

import re
from pathlib import Path

import pytest

from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.errors import BadInputError

TEXT = """
data: [n1]
sentinels: [n1]
redis: {masterauth: "${password:one}", requirepass: "a${password:one}b${password:two}"}
sentinel: {auth-pass: "${password:one}"}
"""


def read(text: str = TEXT) -> Deployment:
    """The deployment of a text."""
    return from_yaml(text, Source("d.yaml", "d.yaml"), Path("/nowhere"))


def test_a_name_is_one_password_wherever_it_stands() -> None:
    """As many random digits as ACL GENPASS makes, other ones for another name, and other ones at the next reading."""
    deployment = read()
    one = deployment.primary.value("masterauth")
    assert re.fullmatch("[0-9a-f]{64}", one)
    line = deployment.sentinels[0].setting("auth-pass", "mymaster")
    assert line is not None
    assert line.arguments == ("mymaster", one)
    both = re.fullmatch(f"a{one}b([0-9a-f]{{64}})", deployment.primary.value("requirepass"))
    assert both
    assert both[1] != one
    assert read().primary.value("masterauth") != one


def test_it_is_masked_as_if_it_were_written_there() -> None:
    """No line of the deployment shows it, and the text of the file is as it was."""
    deployment = read()
    one = deployment.primary.value("masterauth")
    assert one in deployment.secrets.values
    shown = [line.text for node in deployment.nodes for line in node.directives]
    assert not [text for text in shown if one in text]
    assert deployment.input_files == {"d.yaml": TEXT}


@pytest.mark.parametrize("word", ["${password:}", "${password:with space}", "${password:open"])
def test_a_name_that_is_none_is_refused(word: str) -> None:
    """The line says where, and what a name looks like."""
    text = f'data: [n1]\nsentinels: [n1]\nredis:\n  masterauth: "\\"{word}\\""\n'
    with pytest.raises(BadInputError, match=re.escape("d.yaml:4, redis.masterauth: a made password needs a name")):
        read(text)


def test_other_words_with_a_dollar_stay_as_they_are() -> None:
    """They may be somebody's password."""
    assert read(TEXT.replace("${password:one}", "${one}")).primary.value("masterauth") == "${one}"

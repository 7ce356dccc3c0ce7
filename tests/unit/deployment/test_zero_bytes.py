r"""A zero byte in a configuration is refused: behind it a server reads nothing, and we would read another line than it does."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.model.directives import Directive, Source
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError

SOUND = {
    **{f"{name}/redis.conf": "port 6379\n" + ("" if name == "a" else "replicaof a 6379\n") for name in "abc"},
    **{f"{name}/sentinel.conf": "sentinel monitor m a 6379 2\n" for name in "abc"},
}
Tree = Callable[[dict[str, str]], Path]


@pytest.mark.parametrize(
    "line",
    [
        r'"loadmodule\x00" /evil.so',
        r'"include\x00" /etc/shadow',
        r'"user\x00" default on nopass ~* &* +@all',
        r'"rename-command\x00x" CONFIG ""',
        r'requirepass "moss\x00"',
        r'loadmodule "/evil.so\x00"',
    ],
)
def test_a_directive_with_a_zero_byte_is_refused(tree: Tree, line: str) -> None:
    """Whatever it names, and wherever in the line the byte is; one line says where."""
    folder = tree({**SOUND, "b/redis.conf": f"port 6379\nreplicaof a 6379\n{line}\n"})
    with pytest.raises(BadInputError, match="a zero byte") as caught:
        load_deployment(str(folder))
    assert "redis.conf:3" in str(caught.value)
    assert "\0" not in str(caught.value)


@pytest.mark.parametrize("word", [r'"notification-script\x00"', r'"monitor\x00"'])
def test_a_sentinels_line_with_a_zero_byte_is_refused(tree: Tree, word: str) -> None:
    """The second word is a name too."""
    folder = tree({**SOUND, "c/sentinel.conf": f"sentinel monitor m a 6379 2\nsentinel {word} m /x.sh\n"})
    with pytest.raises(BadInputError, match=r"sentinel\.conf:2.*zero byte"):
        load_deployment(str(folder))


@pytest.mark.parametrize("name", ["a/redis.conf", "a/users.acl"])
def test_a_file_with_a_zero_byte_is_refused(tree: Tree, name: str) -> None:
    """A server joins such a line with the next one."""
    text = SOUND["a/redis.conf"] + "aclfile users.acl\n"
    files = {**SOUND, "a/redis.conf": text, "a/users.acl": "user default on nopass ~* &* +@all\n"}
    files[name] = files[name] + "use\0\nr other on nopass\n"
    folder = tree(files)
    with pytest.raises(BadInputError, match="a zero byte is not text"):
        load_deployment(str(folder)).reach.text(folder / name)


def test_no_directive_is_made_with_a_zero_byte() -> None:
    """Wherever it comes from: a YAML file, a Compose file, the command line."""
    with pytest.raises(BadInputError, match="zero byte"):
        Directive.make(("loadmodule\0", "/evil.so"), Source("x", "x"), None, "")

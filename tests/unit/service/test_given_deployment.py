"""``sentinel://`` stands for a running deployment wherever one is named; what is wrong with an address is said in one line."""

import pytest

from jsquared.errors import BadInputError
from jsquared.service.given_deployment import load_given, running_now


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("sentinel://", "is not only Sentinels' addresses and options"),
        ("sentinel://10.0.0.5/other", "is not only Sentinels' addresses and options"),
        ("sentinel://user:password@10.0.0.5", "password in JSQUARED_PASSWORD"),
        ("sentinel://10.0.0.5?password=x", "'password' is not an option"),
        ("sentinel://10.0.0.5?user", "is no address"),
        ("sentinel://10.0.0.5:0", "is no HOST:PORT"),
        ("sentinel://[::1", "is no address"),
        ("sentinel://10.0.0.5?user=a", "has no password"),
    ],
)
def test_a_wrong_address_is_refused(address: str, said: str) -> None:
    """Nothing is asked then."""
    with pytest.raises(BadInputError) as refused:
        load_given(address)
    assert said in str(refused.value)


def test_all_else_is_read_from_files() -> None:
    """A shipped name stays one."""
    assert load_given("reference").name == "reference"


def test_a_deployment_is_asked_once_for_all_parts_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both its analysis and its trials are about the same moment."""
    asked: list[object] = []
    monkeypatch.setattr(
        "jsquared.service.given_deployment.take_snapshot", lambda *words: asked.append(words) or len(asked)
    )
    running_now.cache_clear()
    assert running_now("sentinel://10.0.0.5,10.0.0.6?user=") == running_now("sentinel://10.0.0.5,10.0.0.6?user=")
    assert len(asked) == 1
    running_now.cache_clear()

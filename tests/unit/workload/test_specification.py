"""The client's specification: what it refuses, and that it survives its way."""

import json
from typing import Any

import pytest

from jsquared.errors import BadInputError
from jsquared.workload.workload import ClientSpec, SentinelAddress


def spec(**changes: Any) -> ClientSpec:
    """A sound specification with some fields changed."""
    fields: dict[str, Any] = {
        "name": "client-1",
        "number": 1,
        "sentinels": (SentinelAddress(address="10.0.0.1", port=26379, username="u", password="p"),),
        "majority": 1,
        "master_name": "mymaster",
        "nodes": (("10.0.0.1", 6379), ("10.0.0.2", 6379)),
        "history": "client-1.ops",
    }
    return ClientSpec(**{**fields, **changes})


def test_specification_survives_its_pipe() -> None:
    """What is told is read back equal, and takes one line."""
    [line] = spec(ack_mode="wait", ack_replicas=2).orders().splitlines()
    assert ClientSpec.from_json(line.decode()) == spec(ack_mode="wait", ack_replicas=2)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sentinels": ()}, "no Sentinel"),
        ({"nodes": ()}, "0 data nodes"),
        ({"nodes": (("10.0.0.1", 1),) * 256}, "256 data nodes"),
        ({"majority": 0}, "majority of 0"),
        ({"majority": 2}, "majority of 2"),
        ({"ack_mode": "sometimes"}, "'sometimes'"),
        ({"ack_mode": "wait"}, "waits for nobody"),
        ({"ack_mode": "wait", "ack_replicas": 1, "wait_timeout_ms": 1000}, "wait_timeout_ms 1000"),
        ({"ack_mode": "waitaof", "ack_local": 1, "wait_timeout_ms": 0}, "wait_timeout_ms 0"),
        ({"rate_per_s": -1}, "rate_per_s -1"),
        ({"connections": 0}, "at least 1"),
        ({"max_run_ms": 0}, "at least 1"),
    ],
)
def test_impossible_specifications_are_refused(changes: dict[str, Any], words: str) -> None:
    """What cannot work is refused with one line that names the client and the value."""
    with pytest.raises(BadInputError, match=words) as caught:
        spec(**changes)
    assert "client-1" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", '{"sentinels": [], "nodes": []}', '{"sentinels": [{"host": 1}], "nodes": []}'],
)
def test_what_is_no_specification_is_refused(text: str) -> None:
    """Anything but a specification is refused with one line that names the file."""
    with pytest.raises(BadInputError, match="spec\\.json: not a client specification"):
        ClientSpec.from_json(text, where="spec.json")


def test_unknown_fields_are_refused() -> None:
    """A field that does not exist is not ignored."""
    values = json.loads(spec().to_json())
    with pytest.raises(BadInputError, match="surprise"):
        ClientSpec.from_json(json.dumps({**values, "surprise": 1}))

"""DNS messages: what is asked is understood, what is answered is what the resolver reads, and noise is nothing."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jsquared.sandbox.linux import dns

NAMES = {"redis-1.example.internal": "10.77.1.1", "r2": "10.77.1.2"}
LABEL = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20)


def asked(name: str, number: int = 7) -> dns.Question:
    """A question, sent and understood."""
    found = dns.parse_question(dns.question(number, name))
    assert found is not None
    return found


@given(st.lists(LABEL, min_size=1, max_size=5).map(".".join), st.integers(0, 65535))
def test_a_question_is_understood(name: str, number: int) -> None:
    """Name and number arrive as they were asked."""
    question = asked(name, number)
    assert (question.name, question.number, question.kind) == (name, number, 1)


@given(st.binary(max_size=80))
def test_noise_is_nothing(message: bytes) -> None:
    """Whatever arrives, nothing is raised."""
    question = dns.parse_question(message)
    assert question is None or isinstance(question.name, str)
    dns.parse_answer(message)


@pytest.mark.parametrize(
    ("name", "address", "exists"),
    [("redis-1.example.internal", "10.77.1.1", True), ("R2.", "10.77.1.2", True), ("nobody", "", False)],
)
def test_the_answer_is_the_address(name: str, address: str, exists: bool) -> None:
    """A known name gives its address in any case of its letters, an unknown one that there is none."""
    answer = dns.parse_answer(dns.reply(asked(name), NAMES))
    assert answer == dns.Answer(7, address, exists)


def test_a_refused_name_does_not_exist() -> None:
    """A known name that is refused looks like one that nobody knows."""
    answer = dns.parse_answer(dns.reply(asked("r2"), NAMES, refuse=True))
    assert answer == dns.Answer(7, "", False)


def test_another_kind_of_record_is_empty() -> None:
    """A known name has no IPv6 address, which is not the same as not existing."""
    message = dns.question(7, "r2")[:-4] + struct.pack(">2H", 28, 1)
    question = dns.parse_question(message)
    assert question is not None
    assert dns.parse_answer(dns.reply(question, NAMES)) == dns.Answer(7, "", True)


def test_an_answer_is_no_question() -> None:
    """What was sent back is not answered again, and a question is no answer."""
    assert dns.parse_question(dns.reply(asked("r2"), NAMES)) is None
    assert dns.parse_answer(dns.question(7, "r2")) is None

"""DNS messages, as far as looking up the address of a name takes them (RFC 1035): one question, at most one address as the answer."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

PORT = 53
LARGEST_BYTES = 512
TTL_S = 0  # no answer may be cached: every lookup is a real one
_HEADER = struct.Struct(">6H")
_A, _IN = 1, 1
_REPLY, _AUTHORITATIVE, _RECURSION_WANTED, _RECURSION = 0x8000, 0x0400, 0x0100, 0x0080
_NO_SUCH_NAME = 3
_POINTER_TO_QUESTION = 0xC00C


@dataclass(frozen=True)
class Question:
    """A question: ``wire`` is the question section as it came, to be sent back; ``name`` in lower case without the last dot."""

    number: int
    flags: int
    name: str
    kind: int
    wire: bytes


@dataclass(frozen=True)
class Answer:
    """A server's answer: an IPv4 address, else empty; ``exists`` is false if there is no such name."""

    number: int
    address: str
    exists: bool


def question(number: int, name: str) -> bytes:
    """A question for the IPv4 address of a name."""
    labels = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.rstrip(".").split("."))
    return _HEADER.pack(number, _RECURSION_WANTED, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">2H", _A, _IN)


def parse_question(message: bytes) -> Question | None:
    """The question in a message, None where there is none that can be understood."""
    try:
        number, flags, questions, *_ = _HEADER.unpack_from(message)
        name, at = _name(message, _HEADER.size)
        kind, _ = struct.unpack_from(">2H", message, at)
    except (struct.error, IndexError, UnicodeDecodeError):
        return None
    if flags & _REPLY or questions != 1:
        return None
    return Question(number, flags, name.lower(), kind, message[_HEADER.size : at + 4])


def _name(message: bytes, at: int) -> tuple[str, int]:
    """A name and where it ends; a question has no compressed ones."""
    labels = []
    while length := message[at]:
        labels.append(message[at + 1 : at + 1 + length].decode("ascii"))
        at += 1 + length
    return ".".join(labels), at + 1


def reply(asked: Question, names: Mapping[str, str], *, refuse: bool = False) -> bytes:
    """The answer to a question: the name's address, nothing for another kind of record, or that there is no such name."""
    address = "" if refuse else names.get(asked.name, "")
    given = bool(address) and asked.kind == _A
    flags = _REPLY | _AUTHORITATIVE | _RECURSION | asked.flags & _RECURSION_WANTED | (0 if address else _NO_SUCH_NAME)
    record = struct.pack(">3HIH", _POINTER_TO_QUESTION, _A, _IN, TTL_S, 4) + _packed(address) if given else b""
    return _HEADER.pack(asked.number, flags, 1, int(given), 0, 0) + asked.wire + record


def _packed(address: str) -> bytes:
    return bytes(int(part) for part in address.split("."))


def parse_answer(message: bytes) -> Answer | None:
    """Parse a reply of :func:`reply`; None if it is not one."""
    try:
        number, flags, questions, answers, *_ = _HEADER.unpack_from(message)
    except struct.error:
        return None
    if not flags & _REPLY or questions != 1:
        return None
    address = ".".join(map(str, message[-4:])) if answers else ""
    return Answer(number, address, flags & 0xF != _NO_SUCH_NAME)

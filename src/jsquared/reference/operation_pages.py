"""The reference pages of operations with a model: one a kind, and their index. All of it is asked of the models and of the checker."""

import inspect
from collections.abc import Iterator
from functools import cache

import hiredis

from jsquared.records import history as h
from jsquared.records.models import payloads
from jsquared.records.models.catalogue import MODELS, NAMESPACE
from jsquared.records.models.kept_replies import Reply, shown
from jsquared.records.models.model import SERIES, Call, Held, Model, State
from jsquared.reference.cells import cell, table
from jsquared.reference.planted_contents import (
    EVERY_MS,
    READ_MS,
    again_at_last,
    again_at_once,
    calls_of,
    changed_keys,
    shows_loss,
    states_of,
    without,
)
from jsquared.text import listed
from jsquared.workload.operation_replies import Proof, proof_of

_REFUSED = hiredis.ReplyError("READONLY You can't write against a read only replica.")
_ABORTED = hiredis.ReplyError(
    "EXECABORT Transaction discarded because of: READONLY You can't write against a read only replica."
)


# --- The index.


def index_page() -> str:
    """All kinds in their order, and what their values are."""
    rows = [
        [
            f"[{model.name}](operations/{model.name}.md)",
            cell(_about(model).partition("\n\n")[0]),
            ", ".join(f"`{command}`" for command in model.needs),
            str(len(model.suffixes)),
            _databases(model),
        ]
        for model in MODELS
    ]
    return "\n".join(
        [
            "# Operations with a model\n",
            (
                f"The {len(MODELS)} kinds, in the order in which a client sends them, one after the other and then again from the first. "
                f"{SERIES} operations of a kind share their keys; the next ones have new keys. For their possible effects, and the "
                "causes named for any other, see [operations with a model](../concepts/operations.md).\n"
            ),
            *table(["kind", "what it is", "commands", "keys", "database"], rows),
            "",
            f"{_sizes()}\n",
        ]
    )


def _sizes() -> str:
    sizes = ", ".join(f"{size:,}" for size in payloads.SIZES)
    return (
        f"Values have {sizes} bytes in turn, every {payloads.MEDIUM_EVERY}th {payloads.MEDIUM_BYTES:,}, every {payloads.LARGE_EVERY}th "
        f"{payloads.LARGE_BYTES:,}; every other series has values that nothing can compress. Each begins with what no other "
        "operation of its kind writes."
    )


def _about(model: Model) -> str:
    return inspect.cleandoc(type(model).__doc__ or "")


def _databases(model: Model) -> str:
    return listed([str(number) for number in sorted({model.database(series) for series in range(SERIES)})])


# --- A kind.


def model_page(model: Model) -> str:
    """One kind: what it needs, its steps with what each leaves, and what is named where something is wrong."""
    return _page(MODELS.index(model))


@cache
def _page(kind: int) -> str:
    model = MODELS[kind]
    return "\n".join(
        [
            f"# {model.name}\n",
            f"{_about(model)}\n",
            *_facts(model),
            *_script(model),
            *_steps(model),
            *_wrong_keys(model),
            *_due(model),
            *_replies(model),
        ]
    )


def _facts(model: Model) -> Iterator[str]:
    names = [_key_name(model, number) for number in range(len(model.suffixes))]
    base = f"{h.KEY_PREFIX}{NAMESPACE.decode()}{model.name}:CLIENT:SERIES"
    databases = _databases(model)
    yield from table(
        ["", ""],
        [
            ["commands that it needs", ", ".join(f"`{command}`" for command in model.needs)],
            ["keys", f"{listed([f'`{name}`' for name in names])}, where `key` is `{base}`"],
            ["database", databases if databases.isdecimal() else f"{databases}, in turn from series to series"],
            ["the end shows each operation", "yes" if model.shows_each else "no: a later one covers it"],
        ],
    )
    yield (
        "\nWhere the clients' user may not give one of these commands, the kind is left out "
        "([what cannot be exercised](../../concepts/operations.md#what-cannot-be-exercised)).\n"
    )


def _script(model: Model) -> Iterator[str]:
    for command in model.commands(calls_of(model)[0]):
        if command[0] == b"EVAL" and isinstance(command[1], bytes):
            yield f"The script:\n\n```lua\n{command[1].decode()}\n```\n"


def _steps(model: Model) -> Iterator[str]:
    calls = calls_of(model)
    states = states_of(model, calls)
    yield "## Its steps\n"
    yield (
        f"All {SERIES} were acknowledged, {EVERY_MS:.0f} ms apart, and the keys were read {READ_MS / 1000:.0f} s after the first. "
        "`vN` is the value that step N writes, `pN` its piece of 16 bytes. The last three columns are the checker's own words, with "
        "the steps that it names, where a step is *missing*, was applied *twice* at once, or *again* after all others.\n"
    )
    rows = [
        [
            str(step),
            f"`{'`, `'.join(_commands(model, call))}`",
            cell(_holds(model, states[step])),
            without(model, step),
            again_at_once(model, step),
            again_at_last(model, step),
        ]
        for step, call in enumerate(calls)
    ]
    yield from table(["step", "commands", "then the keys hold", "missing", "twice", "again"], rows)
    yield ""


def _wrong_keys(model: Model) -> Iterator[str]:
    yield f"## Its keys at the end\n\nAfter all {SERIES} steps one key is otherwise than it should be:\n"
    rows = [[f"`{_key_name(model, number)}`", seen, cause] for number, seen, cause in changed_keys(model)]
    yield from table(["key", "what is seen", "named"], rows)
    yield ""


def _due(model: Model) -> Iterator[str]:
    """Yield the expected reply of the server, and the earlier losses that it reveals."""
    calls = calls_of(model)
    states = [(None,) * len(model.suffixes), *states_of(model, calls)]
    unread = " The reply to GET is judged as a [read](../checks/stale-reads.md)." if "GET" in model.needs else ""
    yield "## What its replies must be\n"
    yield f"The last column has the earlier steps of which each, missing alone, makes this reply go back.{unread}\n"
    rows = []
    for step, call in enumerate(calls):
        names = [name for name in _names(model, call) if name != "GET"]
        said = [
            f"`{name}`: {_reply(model, one)}"
            for name, one in zip(names, model.replies(states[step], call), strict=True)
        ]
        shows = [str(before) for before in range(step) if shows_loss(model, before, step)]
        rows.append([str(step), cell(", ".join(said)), ", ".join(shows) or "none"])
    yield from table(["step", "replies", "shows the loss of"], rows)
    yield ""


def _reply(model: Model, reply: Reply) -> str:
    """A reply, with the values that steps write by their names."""
    if isinstance(reply, tuple):
        return f"[{' '.join(_reply(model, one) for one in reply)}]"
    return _value(model, reply) if isinstance(reply, bytes) and reply.endswith(b";") else shown(reply)


def _replies(model: Model) -> Iterator[str]:
    yield "## What its replies prove\n"
    ways = dict.fromkeys(_names(model, call) for call in calls_of(model))
    rows = [[what, _proven(proof_of(replies, names))] for names in ways for what, replies in _answers(names)]
    yield from table(["the server refuses", "outcome"], rows)
    yield ""


# --- Replies.


def _names(model: Model, call: Call) -> tuple[str, ...]:
    return tuple(str(command[0], "ascii") for command in model.commands(call) if isinstance(command[0], bytes))


def _answers(names: tuple[str, ...]) -> Iterator[tuple[str, list[object]]]:
    """Yield the possible refusals of an operation with these commands, with its replies."""
    accepted: list[object] = ["OK" for _ in names]
    if "MULTI" in names:
        yield "a command of the transaction, so all of it", ["OK", _REFUSED, *("QUEUED" for _ in names[3:]), _ABORTED]
        yield "a command while the transaction is executed", [*accepted[:-1], [1, _REFUSED]]
    elif "EVAL" in names:
        for line in (1, 2):
            text = f"{_REFUSED} script: 3c1a, on @user_script:{line}."
            yield f"line {line} of the script", [hiredis.ReplyError(text)]
    else:
        for number, name in enumerate(names):
            which = f" (number {number + 1})" if names.count(name) > 1 else ""
            yield f"`{name}`{which}", [*accepted[:number], _REFUSED, *accepted[number + 1 :]]
    if len(names) > 1:
        yield "all of it", [*([_REFUSED] * (len(names) - 1)), _ABORTED if "MULTI" in names else _REFUSED]


def _proven(proof: Proof) -> str:
    words = {
        h.OK: "`ok`: it was applied",
        h.FAIL: "`fail`: it was certainly not applied",
        h.UNKNOWN: "`unknown`, partly refused: its keys are not judged",
    }
    return words[proof.outcome]


# --- Words and values, shortened.


def _key_name(model: Model, number: int) -> str:
    return f"key{model.suffixes[number].decode()}"


def _commands(model: Model, call: Call) -> Iterator[str]:
    keys = {key: _key_name(model, number) for number, key in enumerate(call.keys)}
    for words in model.commands(call):
        shown = [keys.get(word) or _value(model, word) if isinstance(word, bytes) else str(word) for word in words]
        yield " ".join(["EVAL", "script", *shown[2:]] if words[0] == b"EVAL" else shown)


def _holds(model: Model, state: State) -> str:
    shown = [f"{_key_name(model, number)}: {_held(model, held)}" for number, held in enumerate(state)]
    return f"`{'`, `'.join(shown)}`"


def _held(model: Model, held: Held | None) -> str:
    if held is None:
        return "nothing"
    lives = (
        ""
        if held.ttl_s is None
        else f", for {held.ttl_s / 3600:.0f} h"
        if held.ttl_s >= 3600
        else f", for {held.ttl_s} s"
    )
    return f"{_content(model, held)}{lives}"


def _content(model: Model, held: Held) -> str:
    if held.type == "string":
        return _value(model, held.value)
    if held.type == "list":
        return f"[{' '.join(_value(model, job) for job in held.value)}]"
    pairs = [f"{_value(model, name)}={_value(model, value)}" for name, value in held.value]
    return f"[{' '.join(pairs)}]" if held.type == "stream" else f"{{{' '.join(pairs)}}}"


def _value(model: Model, value: bytes | float) -> str:
    """A value by the step that writes it, several pieces one after the other, or as it is."""
    if not isinstance(value, bytes):
        return f"{value:g}"
    calls = calls_of(model)
    names = {payloads.payload_of(call): f"v{call.step}" for call in calls}
    pieces = {payloads.short_of(call): f"p{call.step}" for call in calls}
    parts = [value[at : at + 16] for at in range(0, len(value), 16)]
    if value in names:
        return names[value]
    return " ".join(pieces[part] for part in parts) if all(part in pieces for part in parts) else value.decode()

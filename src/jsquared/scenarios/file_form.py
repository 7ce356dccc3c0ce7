"""Reading a scenario file: every refusal is one line with file, line, what is wrong and what to try."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from jsquared.check.objectives import MEASURES
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.input_files import read_given
from jsquared.deployment.read.yaml.yaml_items import Item, parse_yaml
from jsquared.errors import BadInputError
from jsquared.faults.catalogue import FAULTS, complete
from jsquared.faults.fault import Fault, Parameter
from jsquared.faults.schedule import Conductor
from jsquared.records.plan import Ack, PlannedFault, PlannedObjective
from jsquared.scenario.moments import Moment
from jsquared.scenario.planned_faults import HEAL, START
from jsquared.scenario.targets import WORDS, is_target_word
from jsquared.scenarios.scenario_file import REASON, ReadScenario, ScenarioFile, unit_of
from jsquared.text import did_you_mean

KEYS = (
    "name", "title", "description", "why", "ack", "faults", "objectives", "away", "cut_off", "expect_failover", "extra_recovery_ms",
    "suites", "tags",
)  # fmt: skip
FAULT_KEYS = ("name", "id", "targets", "parameters", "start", "heal")
OBJECTIVE_KEYS = ("name", "limit", "unit", "clients", "reason")
OWN_ANCHORS = ("load", "recovery", "injection")
EXAMPLE = "faults: [{name: kill, targets: [primary]}]"
LARGEST = 1_000_000_000
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_NODE = re.compile(r"(redis|sentinel)-[A-Za-z0-9_.-]+")
_PLANNED = re.compile(r"primary|replicas|zone|(replica|client):[1-9]\d{0,3}|host:\S+")

T = TypeVar("T")


def read_scenario_file(path: Path) -> ReadScenario:
    """Read a scenario file.

    :raises BadInputError: it cannot be read, or something in it is wrong.
    """
    return parse_scenario(read_given(path), str(path))


def parse_scenario(text: str, shown: str) -> ReadScenario:
    """Parse the text of a scenario file; ``shown`` is its name in messages.

    :raises BadInputError: something in it is wrong.
    """
    source = Source(Path(shown).name, shown)
    try:
        root = parse_yaml(text, source)
    except BadInputError as problem:
        hint = EXAMPLE if problem.what == "is empty" else problem.hint
        raise BadInputError(problem.what, where=problem.where, hint=hint) from problem
    keys = root.mapping(KEYS)
    if "faults" not in keys:
        raise root.bad("has no faults", EXAMPLE)
    faults, lines = _faults(keys["faults"])
    file = ScenarioFile(
        name=_named(keys["name"]) if "name" in keys else _plain_name(Path(shown).stem),
        title=_optional(keys, "title", _sentence, ""),
        description=_optional(keys, "description", _sentence, ""),
        why=_optional(keys, "why", _sentence, ""),
        ack=_optional(keys, "ack", _ack, None),
        faults=faults,
        objectives=_optional(keys, "objectives", _objectives, None),
        away=_optional(keys, "away", _sides, None),
        cut_off=_optional(keys, "cut_off", _sides, None),
        expect_failover=_optional(keys, "expect_failover", _truth, None),
        extra_recovery_ms=_optional(keys, "extra_recovery_ms", lambda item: item.integer(0, LARGEST), 0),
    )
    return ReadScenario(file, shown, lines)


def _optional(keys: dict[str, Item], key: str, read: Callable[[Item], T], default: T) -> T:
    return read(keys[key]) if key in keys else default


def _named(item: Item) -> str:
    text = item.text()
    if not _NAME.fullmatch(text):
        raise item.bad(f"'{text[:80]}' must be one word of letters, digits, '-', '_' or '.'", "name: my-scenario")
    return text


def _plain_name(stem: str) -> str:
    """A file's name as a word that may be part of a run folder's name."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", stem)[:80].strip("-") or "scenario"


def _sentence(item: Item) -> str:
    return item.text()


def _truth(item: Item) -> bool:
    return item.word(("yes", "no", "true", "false")) in ("yes", "true")


def _ack(item: Item) -> Ack | None:
    text = item.text()
    if text == "auto":
        return None
    try:
        return Ack.parse(text)
    except BadInputError as problem:
        raise item.bad(problem.what, problem.hint) from problem


def _words(item: Item) -> list[Item]:
    """The entries of a list; a single word is a list of one."""
    entries = item.items() if item.is_list else [item]
    if not entries:
        raise item.bad("names no target", "[primary]")
    return entries


# --- Faults.


def _faults(item: Item) -> tuple[tuple[PlannedFault, ...], tuple[int, ...]]:
    entries = item.items()
    if not entries:
        raise item.bad("has no faults", EXAMPLE)
    faults: list[PlannedFault] = []
    lines = []
    for entry in entries:
        keys = entry.mapping(FAULT_KEYS)
        if "name" not in keys or ("targets" not in keys and not _kind(keys["name"]).of_monitoring):
            raise entry.bad(
                f"a fault needs {'targets' if 'name' in keys else 'a name'}", "{name: kill, targets: [primary]}"
            )
        faults.append(_fault(keys, [fault.id for fault in faults]))
        lines.append(keys.get("targets", entry).line)
    for fault, entry in zip(faults, entries, strict=True):
        _check_moments(fault, entry, [other.id for other in faults])
    _check_schedule(faults, item)
    return tuple(faults), tuple(lines)


def _fault(keys: dict[str, Item], taken: Sequence[str]) -> PlannedFault:
    fault = _kind(keys["name"])
    return PlannedFault(
        id=_id(keys["id"], taken) if "id" in keys else _free(fault.name, taken),
        name=fault.name,
        targets=_no_targets(keys) if fault.of_monitoring else tuple(map(_target, _words(keys["targets"]))),
        parameters=_optional(keys, "parameters", lambda item: _parameters(item, fault), {}),
        start=_optional(keys, "start", _moment, START),
        heal=_optional(keys, "heal", _moment, HEAL),
    )


def _no_targets(keys: dict[str, Item]) -> tuple[str, ...]:
    """What breaks the monitoring hits no node."""
    item = keys.get("targets")
    if item is not None and not (item.is_list and not item.items()):
        raise item.bad("this fault has no targets: it breaks what monitors the trial", "leaving 'targets' out")
    return ()


def _kind(item: Item) -> Fault:
    name = item.text()
    if name not in FAULTS:
        raise item.bad(f"no such fault '{name}'", did_you_mean(name, FAULTS, most=2, listed_by="jsquared faults"))
    return FAULTS[name]


def _id(item: Item, taken: Sequence[str]) -> str:
    text = item.text()
    if not _NAME.fullmatch(text) or text in OWN_ANCHORS:
        raise item.bad(
            f"'{text[:80]}' is not a valid id: it must be one word, and none of {', '.join(OWN_ANCHORS)}",
            "id: first-cut",
        )
    if text in taken:
        raise item.bad(f"the id '{text}' is given twice", f"{text}-2")
    return text


def _free(name: str, taken: Sequence[str]) -> str:
    names = [name, *(f"{name}-{number}" for number in range(2, len(taken) + 2))]
    return next(candidate for candidate in names if candidate not in taken)


def _target(item: Item) -> str:
    text = item.text()
    if not is_target_word(text) and not _NODE.fullmatch(text):
        near = did_you_mean(text, WORDS)
        raise item.bad(f"'{text}' is not a target", near or f"{', '.join(WORDS)}, or a node's name such as redis-n1")
    return text


def _parameters(item: Item, fault: Fault) -> dict[str, Any]:
    known = {parameter.name: parameter for parameter in fault.parameters}
    if not known:
        item.mapping()
        raise item.bad(f"the fault '{fault.name}' has no parameters", "leaving 'parameters' out")
    given = {name: _value(value, known[name]) for name, value in item.mapping(tuple(known)).items()}
    try:
        complete(fault, given)
    except BadInputError as problem:
        raise item.bad(problem.what, problem.hint) from problem
    return given


def _value(item: Item, parameter: Parameter) -> Any:
    """A value of the type that the parameter's default has."""
    if parameter.choices:
        return item.word(parameter.choices)
    if isinstance(parameter.default, bool):
        return _truth(item)
    return item.integer(0, LARGEST) if isinstance(parameter.default, int) else item.text()


def _decimal(item: Item) -> float:
    text = item.text()
    if not re.fullmatch(r"\d{1,12}(\.\d{1,12})?(e[+-]?\d{1,2})?", text):
        raise item.bad(f"'{text}' is not a number of 0 or more", "0")
    return float(text)


def _moment(item: Item) -> str:
    text = " ".join(item.text().split())
    try:
        return str(Moment.parse(text))
    except BadInputError as problem:
        raise item.bad(
            problem.what, "'2000 ms after load', '500 ms after injection', or after the id of a fault"
        ) from problem


def _check_moments(fault: PlannedFault, entry: Item, ids: Sequence[str]) -> None:
    for key, text, own in (("start", fault.start, ("load", "recovery")), ("heal", fault.heal, OWN_ANCHORS)):
        anchor = Moment.parse(text).anchor
        if anchor not in own and anchor not in ids:
            known = [*own, *ids]
            place = entry.mapping(FAULT_KEYS)[key]
            raise place.bad(
                f"there is no '{anchor}' to wait for", did_you_mean(anchor, known, otherwise=", ".join(known))
            )


def _check_schedule(faults: Sequence[PlannedFault], item: Item) -> None:
    """Refuse moments that wait for each other; the conductor itself looks, and needs nothing else for that."""
    nobody = cast("Any", None)
    try:
        Conductor(faults, nobody, nobody, recovered=bool, recovery_limit_s=0)
    except BadInputError as problem:
        raise item.bad(f"{problem.where} {problem.what}", problem.hint) from problem


# --- Objectives, and who is where.


def _objectives(item: Item) -> tuple[PlannedObjective, ...] | None:
    if not item.is_list:
        item.word(("auto",))
        return None
    entries = item.items()
    if not entries:
        raise item.bad("asks for nothing", "objectives: auto")
    return tuple(_objective(entry) for entry in entries)


def _objective(item: Item) -> PlannedObjective:
    keys = item.mapping(OBJECTIVE_KEYS)
    if "name" not in keys or "limit" not in keys:
        raise item.bad(f"an objective needs a {'limit' if 'name' in keys else 'name'}", "{name: lost_writes, limit: 0}")
    name = keys["name"].word(tuple(MEASURES))
    return PlannedObjective(
        name=name,
        limit=_decimal(keys["limit"]),
        unit=_optional(keys, "unit", _sentence, unit_of(name)),
        reason=_optional(keys, "reason", _sentence, REASON),
        clients=_optional(keys, "clients", lambda names: tuple(entry.text() for entry in _words(names)), ()),
    )


def _sides(item: Item) -> tuple[str, ...]:
    return tuple(_side(entry) for entry in (item.items() if item.is_list else [item]))


def _side(item: Item) -> str:
    text = item.text()
    if not _PLANNED.fullmatch(text):
        raise item.bad(
            f"'{text}' cannot be resolved beforehand", "primary, replica:N, replicas, client:N, host:NAME or zone"
        )
    return text

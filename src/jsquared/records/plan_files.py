"""plan.json and placement.json: written with marks in the place of secrets, and read again, from a run folder that may be somebody else's.

Before format 3 there was one file: plan.json was the placement too. Such a file is read twice, once as each of them.
"""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from jsquared.errors import BadInputError
from jsquared.records.placement import Placement
from jsquared.records.plan import FIRST_FORMAT_APART, PLAN_FORMAT, Plan
from jsquared.records.plan_check import check_placement, check_plan
from jsquared.records.private_files import open_private, write_private
from jsquared.records.reading import ANOTHER, read_bounded
from jsquared.records.shown import shown_configuration, shown_placement, shown_plan
from jsquared.records.shown_files import read_shown
from jsquared.text import encode_json

T = TypeVar("T")
PLAN, PLACEMENT, CONFIG, SHOWN = "plan.json", "placement.json", "config", "shown"


def write_plan(plan: Plan, folder: Path) -> None:
    """(Over)write plan.json.

    :raises OSError: it cannot be written.
    """
    write_atomically(folder / PLAN, encode_json(shown_plan(plan)))


def write_placement(plan: Plan, placement: Placement, folder: Path) -> None:
    """(Over)write placement.json, and the rendered configuration beside it, with and without secrets.

    :raises OSError: they cannot be written.
    """
    for name, text in placement.config_files.items():
        write_private(folder / CONFIG / name, text)
    for name, text in shown_configuration(plan, placement).items():
        write_private(folder / CONFIG / SHOWN / name, text)
    write_atomically(folder / PLACEMENT, encode_json(shown_placement(plan, placement)))


def read_plan(folder: Path) -> Plan:
    """The plan.

    :raises BadInputError: no run folder, or its plan is damaged, contradicts itself or is of a newer JSquared.
    """
    file = folder / PLAN
    if not is_file(file):
        raise BadInputError(
            "no run folder (it has no plan.json)",
            where=str(folder),
            hint="a folder that 'jsquared run' printed, such as runs/<time>-<scenario>-<seed>",
        )
    plan = decode(file, Plan)
    if plan.format > PLAN_FORMAT:
        raise BadInputError(
            f"plan format {plan.format} is newer than this JSquared",
            where=str(file),
            hint="upgrading",
        )
    check_plan(plan, str(file))
    return plan


def read_placement(plan: Plan, folder: Path) -> Placement:
    """The placement of the plan in this folder, with the rendered configuration as it may be shown.

    :raises BadInputError: it is missing, is damaged or contradicts the plan.
    """
    if plan.format < FIRST_FORMAT_APART:
        return _read_with_plan(plan, folder)
    if not plan.starts_servers:
        return Placement.nowhere(plan)
    file = folder / PLACEMENT
    if not is_file(file):
        raise BadInputError("placement.json is missing", where=str(folder), hint=ANOTHER)
    placement = decode(file, Placement)
    check_placement(placement, plan, str(file))
    return msgspec.structs.replace(placement, config_files=read_shown(folder / CONFIG))


def _read_with_plan(plan: Plan, folder: Path) -> Placement:
    """The placement in a plan.json of before they were apart."""
    file = folder / PLAN
    placement = decode(file, Placement)
    check_placement(placement, plan, str(file))
    if plan.format > 1:
        return msgspec.structs.replace(placement, config_files=read_shown(folder / CONFIG))
    texts = shown_configuration(plan, placement)  # it holds the texts, and secrets, itself
    return msgspec.structs.replace(shown_placement(plan, placement), config_files=texts)


def is_file(path: Path) -> bool:
    """True if a regular file is there, as far as this user may look."""
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long, or a folder that may not be entered
        return False


def write_atomically(path: Path, data: bytes) -> None:
    """(Over)write a file so that it is never there in part.

    :raises OSError: it cannot be written.
    """
    temporary = path.with_name(path.name + ".partial")
    with open_private(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def decode(path: Path, kind: type[T]) -> T:
    """The content of a JSON file.

    :raises BadInputError: it is damaged or cannot be read.
    """
    try:
        return msgspec.json.decode(read_bounded(path), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadInputError(f"damaged: {problem}", where=str(path), hint=ANOTHER) from problem

"""What the page can ask to be changed: a typed message each, decoded strictly, and done by the service that the command line uses."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import msgspec

from jsquared.errors import BadInputError, LabError
from jsquared.records.lab_messages import ParameterValue
from jsquared.records.private_files import make_private_folder
from jsquared.records.run_directory import explain_write_errors
from jsquared.service import report, runs
from jsquared.service.lab.lab_order import NAME
from jsquared.service.lab.running_lab import RunningLab

LONGEST_HEAL_S = 3600.0


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """A change that is asked for."""


class Break(Change, frozen=True, kw_only=True, tag="break"):
    """Inject a fault; after so many seconds it heals by itself, 0: it does not."""

    fault: str
    targets: tuple[str, ...] = ()
    parameters: dict[str, ParameterValue] = {}
    heal_after_s: float = 0.0


class Heal(Change, frozen=True, kw_only=True, tag="heal"):
    """Heal a fault by its id; empty: all."""

    id: str = ""


class Load(Change, frozen=True, kw_only=True, tag="load"):
    """Let the writers begin, change their rate, or end."""

    action: Literal["start", "rate", "stop"]
    rate_per_s: int | None = None


class Save(Change, frozen=True, kw_only=True, tag="save"):
    """Conclude the session, and write its run folder."""


class BeginAgain(Change, frozen=True, kw_only=True, tag="again"):
    """Begin a new session; what was not saved is gone."""


class WriteReport(Change, frozen=True, kw_only=True, tag="report"):
    """Write a run's report from its records."""

    run: str


_CHANGE = msgspec.json.Decoder(Break | Heal | Load | Save | BeginAgain | WriteReport)


class Changes:
    """Does changes, in the lab that is followed and among the runs of one folder."""

    def __init__(self, lab: Callable[[], RunningLab], folder: Path) -> None:
        """:param lab: gives the lab that is up.
        :param folder: the folder with the run folders.
        """
        self._lab = lab
        self._folder = folder

    def do(self, body: bytes) -> Any:
        """Do one change, and return what came of it.

        :raises JSquaredError: it is no change, or it was refused, or it failed.
        """
        try:
            change = _CHANGE.decode(body)
        except (msgspec.DecodeError, UnicodeError) as problem:
            hint = "loading the page anew"
            raise BadInputError(f"not a change that is known ({problem})", where="the page", hint=hint) from problem
        match change:
            case WriteReport():
                return self._write_report(change.run)
            case Save():
                return self._save()
        return _do_in_lab(change, self._lab())

    def _write_report(self, run: str) -> Any:
        report.report(report.ReportRequest(folders=[runs.folder_of(self._folder, run)]))
        return {"run": run}

    def _save(self) -> Any:
        lab = self._lab()
        with explain_write_errors(self._folder):
            make_private_folder(self._folder, exist_ok=True)
        name = f"{datetime.now():%Y%m%dT%H%M%S}-{NAME}-{lab.plan().seed}"
        verdict = lab.save(self._folder / name)
        return {"run": name, "outcome": verdict.outcome, "reasons": verdict.reasons}


def _do_in_lab(change: Any, lab: RunningLab) -> Any:
    match change:
        case Break():
            if not 0 <= change.heal_after_s <= LONGEST_HEAL_S:
                hint = f"0 to {LONGEST_HEAL_S:.0f}"
                raise BadInputError(f"{change.heal_after_s} s is not a valid time", where="the page", hint=hint)
            asked = lab.break_(change.fault, *change.targets, heal_after_s=change.heal_after_s, **change.parameters)
            return asked.told
        case Heal():
            return lab.heal(change.id)
        case Load():
            return _change_load(change, lab)
        case BeginAgain():
            lab.restart()
            return None
    raise LabError(f"cannot do '{type(change).__name__}'")


def _change_load(change: Load, lab: RunningLab) -> Any:
    if change.action == "stop":
        lab.load.stop()
    elif change.action == "start":
        lab.load.start(rate_per_s=change.rate_per_s)
    elif change.rate_per_s is None:
        raise BadInputError("no rate is given", where="the page", hint="moving the slider")
    else:
        lab.load.change_rate(change.rate_per_s)
    return lab.load.now()

"""Small records and verdicts for the report's tests, bent from the samples."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from jsquared.records.event import Event
from jsquared.records.run_directory import TrialRecord
from jsquared.records.verdict import TrialVerdict
from support.sample_run import sample_record

Trial = tuple[TrialRecord, TrialVerdict]


@pytest.fixture(scope="session")
def samples() -> Callable[[str], Trial]:
    """Gives a sample's record and verdict, fresh each time."""
    return lambda sample: sample_record(sample, Path("runs") / sample)


@pytest.fixture
def crash(samples: Callable[[str], Trial]) -> Trial:
    """The primary was killed and nothing was lost."""
    return samples("crash")


@pytest.fixture
def split_brain(samples: Callable[[str], Trial]) -> Trial:
    """A cut-off side acknowledged writes that were lost."""
    return samples("split-brain")


@pytest.fixture
def idle(samples: Callable[[str], Trial]) -> Trial:
    """A trial without an operation."""
    return samples("idle")


@pytest.fixture
def with_events(idle: Trial) -> Callable[..., TrialRecord]:
    """Gives a record that has just these events."""

    def build(*events: Event) -> TrialRecord:
        return replace(idle[0], events=list(events))

    return build


@pytest.fixture
def altered(crash: Trial) -> Callable[..., TrialVerdict]:
    """Gives the crash's verdict with some fields changed."""
    return lambda **changes: msgspec.structs.replace(crash[1], **changes)

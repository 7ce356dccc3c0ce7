"""The sample runs that reports, checkers and documents are tried on."""

from pathlib import Path

import msgspec
import numpy as np
import pytest

from jsquared.records.run_directory import RunDirectory
from support.sample_run import SAMPLES, sample_record, write_sample_run


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_is_a_run_folder_that_loads_as_it_was_made(tmp_path, sample) -> None:
    """Written and read back, a sample is the record that it was, with its verdict unless the lab was killed."""
    run = write_sample_run(tmp_path / "run", sample)
    record, verdict = sample_record(sample, tmp_path / "run")
    loaded = RunDirectory(run.path).load()
    assert loaded.plan == msgspec.structs.replace(record.plan, input_files={})  # which lie beside plan.json
    assert loaded.events == record.events
    assert np.array_equal(loaded.operations.completed_ns, record.operations.completed_ns)
    assert list(loaded.operations.found) == list(record.operations.found)
    assert run.read_verdict() == (None if sample == "killed" else verdict)


def test_samples_are_the_same_everywhere() -> None:
    """The same sample has the same operations each time, and the rate is a client's."""
    one, other = (sample_record("crash", Path("x"))[0].operations for _ in range(2))
    assert np.array_equal(one.completed_ns, other.completed_ns)
    assert len(sample_record("crash", Path("x"), rate_per_s=1000)[0].operations) == 2 * len(one)

"""A static check as a trial: no sandbox and no server, but a run folder, a verdict and a report like any other."""

from jsquared.clock import TrialClock
from jsquared.records.event_types import Phase
from jsquared.records.events import EventLog
from jsquared.records.run_directory import RunDirectory, explain_write_errors
from jsquared.records.verdict import TrialVerdict
from jsquared.trial.one_trial import conclude


def run_static_check(run: RunDirectory) -> TrialVerdict:
    """Judge the plan in the folder, whose findings were made with it.

    :raises RecordError: the folder cannot be written.
    """
    with explain_write_errors(run.path):
        events = EventLog(run.events_file, TrialClock.start())
        events.add(Phase("done"))
        events.close()
    return conclude(run)

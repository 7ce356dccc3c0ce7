"""A run that was ended before all of its trials had finished, in lines for people: why, and which trials are missing."""

from collections import Counter
from collections.abc import Iterator

from jsquared.records.verdict import RunVerdict
from jsquared.text import counted


def ended_early(run: RunVerdict) -> Iterator[str]:
    """Yield these lines; none for a run that came to its end."""
    finished = f"{len(run.trials)} of {counted(len(run.trials) + len(run.unfinished), 'trial')} finished"
    if run.interrupted:
        yield f"interrupted: {finished}"
    elif run.stopped_after is not None:
        yield f"stopped by --fail-fast, since {run.stopped_after} was violated: {finished}"
    for trial in run.unfinished:
        if trial.run_dir is not None:
            yield f"did not finish: {trial.label} (seed {trial.seed}), kept in {trial.run_dir}"
    waiting = Counter(trial.label for trial in run.unfinished if trial.run_dir is None)
    if waiting:
        yield f"did not begin: {', '.join(_times(label, times) for label, times in waiting.items())}"


def _times(label: str, times: int) -> str:
    return label if times == 1 else f"{label} ({counted(times, 'trial')})"

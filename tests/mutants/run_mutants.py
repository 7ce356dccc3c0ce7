"""The mutation score of the lab: ``python tests/mutants/run_mutants.py [NAME …]``; ``scripts/test --mutants`` runs it.

Builds the engine without any edit, runs the scenarios that are needed against it (the control), then builds each mutant and runs its
scenarios until one sees it. NAME is a mutant or an area; without any, all run. Exit code: 0 the score is reached, 1 it is not, 2 an
unknown name, 3 the sound engine is not judged as it should be, so that nothing can be said, 4 no engine can be built here.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from engine_mutants.build import BuildError, Workshop
from engine_mutants.catalogue import AREA_OF, AREAS, UnknownMutantError, chosen
from engine_mutants.judgement import score
from engine_mutants.mutant import Mutant
from engine_mutants.rounds import Rounds
from engine_mutants.source import ROOT, SourceError
from engine_mutants.table import document, percent, table

SCORE_MISSED, UNKNOWN_NAME, NOTHING_PROVEN, CANNOT_BUILD, INTERRUPTED = 1, 2, 3, 4, 130
MOST_JOBS = 8
"""More trials would disturb each other's failovers."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for and print what came of it."""
    asked = parse(arguments)
    try:
        mutants = chosen(asked.names)
        if asked.list:
            return show(mutants)
        return run(mutants, asked)
    except UnknownMutantError as problem:
        return complain(problem, UNKNOWN_NAME)
    except (BuildError, SourceError) as problem:
        return complain(problem, CANNOT_BUILD)
    except KeyboardInterrupt:
        return INTERRUPTED


def run(mutants: Sequence[Mutant], asked: argparse.Namespace) -> int:
    """Control, mutants, result."""
    rounds = Rounds(Workshop(jobs=os.cpu_count() or 1), jobs=asked.jobs, out=asked.out, tell=tell)
    control = rounds.control(mutants)
    failed = [one for one in control.values() if one.failed]
    for one in failed:
        tell(
            f"control: {one.trial.scenario} was {one.trial.outcome}, not {one.expected}: {'; '.join(one.trial.reasons)}"
        )
    if failed:
        tell("The engine without edits is not judged as it should be, so nothing can be said about mutants.")
        return NOTHING_PROVEN
    judged = rounds.judge(mutants, control)
    print(json.dumps(document(judged, AREA_OF, control), indent=2) if asked.json else table(judged, AREA_OF))
    return 0 if percent(*score(judged)) >= asked.at_least else SCORE_MISSED


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="scripts/test --mutants", description="The mutation score of the lab.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"a mutant, or an area: {', '.join(AREAS)}")
    parser.add_argument("--list", action="store_true", help="only say what there is")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--jobs", type=int, default=default_jobs(), help="trials side by side (default: %(default)s)")
    parser.add_argument(
        "--at-least", type=float, default=100.0, metavar="PERCENT", help="the score asked for (default: 100)"
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "test-results" / "mutants", help="where run folders are made"
    )
    return parser.parse_args(arguments)


def default_jobs() -> int:
    """As many as the tests run side by side, or one a processor: a trial mostly waits, a build does not."""
    return int(os.environ.get("JSQUARED_TEST_WORKERS") or min(os.cpu_count() or 1, MOST_JOBS))


def show(mutants: Sequence[Mutant]) -> int:
    """What there is, a line each."""
    for mutant in mutants:
        print(f"{AREA_OF[mutant.name]:<18} {mutant.name:<40} {mutant.why}")
    return 0


def tell(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)


def complain(problem: Exception, code: int) -> int:
    """The one line of an error."""
    tell(f"mutants: {problem}")
    return code


if __name__ == "__main__":
    sys.exit(main())

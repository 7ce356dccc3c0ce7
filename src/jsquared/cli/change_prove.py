"""``jsquared change prove``: options to a request, the proof to text or JSON, and a code."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.completion import complete_suites
from jsquared.cli.listing import print_rows
from jsquared.cli.options import AckOption, EngineOption, JobsOption, JsonFlag, SandboxOption
from jsquared.cli.output import error, explain_output_errors, print_json, print_text, stderr_console
from jsquared.cli.progress import LiveProgress, Silence
from jsquared.deployment.model.reach import Allowed
from jsquared.errors import InterruptedTrialError
from jsquared.records.verdict import EXIT_CODES
from jsquared.report.summary_text import print_summary
from jsquared.rollout.proof_document import PROOF_FILE, ProofTrial
from jsquared.scenario.limits import FAILOVER_LIMIT_MS
from jsquared.service import change_prove as service
from jsquared.service.interruption import Interruption
from jsquared.service.run import FAILED
from jsquared.text import counted, duration

OUTCOMES = {
    "pass": "proven",
    "violated": "this change does harm",
    "inconclusive": "not proven",
}


@takes_allowed(modules=True)
def prove(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder that change plan --out has written.")],
    engine: EngineOption = "auto",
    to_engine: Annotated[
        str, typer.Option(metavar="ENGINE", help="The engine that runs afterwards, where the plan is an upgrade.")
    ] = "auto",
    ack: AckOption = "auto",
    write_gap: Annotated[
        int, typer.Option("--write-gap", metavar="MS", help="How long a client may have no write acknowledged.")
    ] = FAILOVER_LIMIT_MS,
    suite: Annotated[
        str,
        typer.Option(
            help="Then run this suite on TO, such as standard; default: only say so.", autocompletion=complete_suites
        ),
    ] = "",
    sandbox: SandboxOption = "auto",
    seed: Annotated[int | None, typer.Option(help="The seed of a proof to repeat; default: a new one.")] = None,
    jobs: JobsOption = 0,
    out: Annotated[Path, typer.Option(help="Where to create run folders.")] = Path("runs"),
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing but the result.")] = False,
    *,
    allowed: Allowed,
    as_json: JsonFlag = False,
) -> int:
    """Play the plan of a change in the lab under load, then the way back from every step, and write the proof beside the plan.

    No acknowledged write may be lost, no client may wait longer than --write-gap, and after each step all must be well again; taken back
    from any step, every setting must be as before. Nothing is touched outside of the lab. Exit code 1 when a step does harm, which is
    named, 3 when something cannot be proven here.

    Examples:

    jsquared change prove ./plan

    jsquared change prove ./plan --jobs 4 --suite standard --json
    """
    request = service.ProveRequest(
        folder=folder,
        engine=engine,
        new_engine=to_engine,
        ack=ack,
        write_gap_limit_ms=write_gap,
        suite=suite,
        sandbox=sandbox,
        seed=seed,
        jobs=jobs,
        out=out,
        allowed=allowed,
    )
    interruption = Interruption()
    try:
        with LiveProgress(stderr_console()) if not quiet else contextlib.nullcontext(Silence()) as progress:
            result = service.prove(request, progress, interruption)
        return _conclude(result, folder, as_json=as_json)
    finally:
        interruption.close()


def _conclude(result: service.ProveResult, folder: Path, *, as_json: bool) -> int:
    """Tell people and programs, and give the exit code.

    :raises InterruptedTrialError: the user stopped it; all that there is has been told.
    """
    proof = result.proof
    if as_json:
        print_json(proof)
    else:
        _show(result, folder)
    for problem in dict.fromkeys(failure.error for failure in result.failures if failure.error):
        error(problem)
    if proof.interrupted:
        raise InterruptedTrialError("interrupted", where=str(folder), hint=f"jsquared change prove {folder}")
    failed = [failure.exit_code for failure in result.failures if failure.exit_code in FAILED]
    return max(failed, default=EXIT_CODES[proof.outcome])


def _show(result: service.ProveResult, folder: Path) -> None:
    proof = result.proof
    if proof.trials:
        print_rows(["trial", "acknowledged", "lost", "longest gap", "outcome"], [_row(trial) for trial in proof.trials])
    console = stderr_console()
    for sentence in proof.cannot:
        console.say(f"cannot be proven here: {sentence}")
    for harm in proof.harms:
        console.say(f"{harm.what}: {harm.reason}{f' ({harm.trial})' if harm.trial else ''}")
    for trial in proof.trials:
        if trial.outcome == "inconclusive":
            console.say(f"{trial.label}: {trial.reasons[0]}")
    for sentence in proof.unknown:
        console.say(sentence)
    if result.suite is not None:
        with explain_output_errors():
            print_summary(result.suite.document, console)
    print_text(f"{counted(len(proof.trials), 'trial')}: {OUTCOMES[proof.outcome]}\nwritten: {folder / PROOF_FILE}\n")
    if proof.next_command:
        print_text(f"next: {proof.next_command}\n")


def _row(trial: ProofTrial) -> list[str]:
    return [
        trial.label,
        f"{trial.acknowledged:,}",
        "unknown" if trial.lost is None else f"{trial.lost:,}",
        "unknown" if trial.longest_gap_ms is None else duration(trial.longest_gap_ms),
        trial.outcome,
    ]

"""Which fault fires which alert, after how long, and whether it arrived: monitored trials, told as one matrix."""

import time
from dataclasses import dataclass
from datetime import datetime

from jsquared.campaign.campaign import free_name
from jsquared.campaign.interruption import Interruption
from jsquared.errors import BadInputError
from jsquared.records.alert_matrix import AlertMatrix, matrix_of
from jsquared.report.alert_page import write_page
from jsquared.service.progress import Progress
from jsquared.service.run import Failure, RunRequest, run


@dataclass(frozen=True)
class MatrixResult:
    """The matrix, what failed meanwhile, and whether the user stopped it."""

    matrix: AlertMatrix
    failures: list[Failure]
    interrupted: bool


def alert_matrix(request: RunRequest, progress: Progress, interruption: Interruption | None = None) -> MatrixResult:
    """Run the scenarios with their alerts, and write the page.

    :raises BadInputError: something in the request is wrong, or a program of the monitoring is missing.
    :raises LabError: the lab cannot do what is asked for here.
    """
    if request.alerts is None:
        raise BadInputError("nothing monitors these trials", where="alerts matrix", hint="--scrape 5s")
    began_s = time.monotonic()
    done = run(request, progress, interruption=interruption)
    document = done.document
    matrix = matrix_of(
        document.trials,
        profile=request.alerts.profile,
        judged=not request.alerts.rules,
        not_run=[f"{one.scenario}: {one.reason}" for one in document.not_run],
        took_s=time.monotonic() - began_s,
    )
    if matrix.rows:
        stamp = datetime.now().strftime("%Y%m%dT%H%M%S")
        page = free_name(request.out / f"{stamp}-alerts.html")
        matrix.page = str(page)
        write_page(matrix, page)
    return MatrixResult(matrix, done.failures, document.interrupted)

"""Orders of trials whose plans were written by hand."""

from functools import cache

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.records.plan import Plan
from jsquared.trial.order import TrialOrder


def order_of(plan: Plan) -> TrialOrder:
    """The order to run such a plan of the deployment ``reference``."""
    return TrialOrder(plan=plan, deployment=_reference(), engine=plan.engine)


@cache
def _reference() -> Deployment:
    return load_deployment("reference")

"""The README of a rendered stack: what to do, step by step, and what of it was run. Its text is in ``templates/``."""

import jinja2

from jsquared.monitor.render.alerting import USUAL_MASTER, contact_secrets
from jsquared.monitor.render.images import IMAGES, USERS, WHEELS
from jsquared.monitor.render.stack import (
    GRAFANA_PASSWORD,
    KEPT_DAYS,
    NAME,
    PORTS,
    REDIS_PASSWORDS,
    SENTINEL_PASSWORD,
    TARGETS_FILE,
    Stack,
)
from jsquared.monitor.rule_tests import TESTS_FILE

_TEMPLATES = jinja2.Environment(
    loader=jinja2.PackageLoader("jsquared.monitor.render", "templates"),
    undefined=jinja2.StrictUndefined,
    autoescape=False,  # noqa: S701 -- it is Markdown, for whoever rendered it
)


def readme(form: str, stack: Stack) -> str:
    """Return the page for one form."""
    text = _TEMPLATES.get_template("readme.md.j2").render(
        form=form,
        stack=stack,
        contacts=contact_secrets(stack.contacts),
        name=NAME,
        folder=f"/etc/{NAME}",
        ports=PORTS,
        users=USERS,
        images=IMAGES,
        wheels=WHEELS,
        kept_days=KEPT_DAYS,
        usual_master=USUAL_MASTER,
        targets_file=TARGETS_FILE,
        tests_file=TESTS_FILE,
        redis_passwords=REDIS_PASSWORDS,
        sentinel_password=SENTINEL_PASSWORD,
        grafana_password=GRAFANA_PASSWORD,
    )
    return text.rstrip("\n") + "\n"

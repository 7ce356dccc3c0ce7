"""The whole monitoring stack as files: what the user chose, and everything written that his machines need."""

import re
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.monitor.contacts import read_contacts
from jsquared.monitor.dashboards import dashboards
from jsquared.monitor.profile import PROFILES
from jsquared.monitor.render.alerting import contact_secrets
from jsquared.monitor.render.forms import stack_files
from jsquared.monitor.render.stack import Stack
from jsquared.running.discovered import place
from jsquared.service.access import AccessRequest, seeds_of
from jsquared.service.outputs import write_new
from jsquared.text import one_line

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_PATH = re.compile(r"/[A-Za-z0-9_./@+-]{1,500}")


class StackRequest(msgspec.Struct, frozen=True, kw_only=True):
    """The form of the stack and the folder to write; without Sentinels the user fills in the targets, without contacts nobody is told."""

    form: str
    out: Path
    sentinels: list[str] = []
    deployment: str = "redis"
    profile: str = "5s"
    contacts: Path | None = None


class WrittenStack(msgspec.Struct, frozen=True, kw_only=True):
    """The files that were written: all of them, and those that their user alone may read."""

    form: str
    files: list[str]
    private: list[str]


def write_stack(request: StackRequest) -> WrittenStack:
    """Write the stack; nothing is overwritten.

    :raises BadInputError: a file is there already, the contact list is none, or a name is one that a file would misread.
    """
    files = stack_files(request.form, _stack(request))
    written = {request.out / file.path: file for file in files}
    public = {path for path, file in written.items() if not file.private}
    write_new({path: file.text for path, file in written.items()}, for_all=public)
    return WrittenStack(
        form=request.form,
        files=[str(path) for path in written],
        private=[str(path) for path in written if path not in public],
    )


def _stack(request: StackRequest) -> Stack:
    if not _NAME.fullmatch(request.deployment):
        raise BadInputError(
            "cannot be used in names and labels",
            where=f"--deployment {one_line(request.deployment)[:100]}",
            hint="letters, digits, dots, dashes and underscores",
        )
    contacts = read_contacts(request.contacts) if request.contacts else None
    for secret in contact_secrets(contacts):
        # It goes into commands, units and YAML, each with rules of its own for quoting
        if not _PATH.fullmatch(secret.path):
            where = f"{request.contacts}: {one_line(secret.path)[:100]}"
            raise BadInputError(
                "has characters that units and manifests would misread", where=where, hint="/etc/secrets/NAME"
            )
    seeds = seeds_of(AccessRequest(sentinels=request.sentinels)) if request.sentinels else []
    return Stack(
        profile=PROFILES[request.profile],
        deployment=request.deployment,
        sentinels=[place(*seed) for seed in seeds],
        contacts=contacts,
        dashboards=dashboards(PROFILES[request.profile]),
    )

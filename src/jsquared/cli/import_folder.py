"""``jsquared import``: a folder, an archive or a Compose file as people have it, understood and written as a plain folder."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.allowed_options import takes_allowed
from jsquared.cli.listing import print_rows
from jsquared.cli.options import (
    JsonFlag,
)
from jsquared.cli.output import print_json, print_text
from jsquared.deployment.model.reach import Allowed
from jsquared.service import import_folder as service
from jsquared.text import counted, listed


@takes_allowed()
def import_folder(
    deployment: Annotated[str, typer.Argument(metavar="FOLDER", help="A folder, an archive or a Docker Compose file.")],
    out: Annotated[
        Path | None, typer.Option(help="The folder to write; default: none, only what was understood is shown.")
    ] = None,
    *,
    allowed: Allowed,
    as_json: JsonFlag = False,
) -> int:
    """Read configurations as they lie there, and write them as one folder per host, with the files that they name.

    Shows which file is understood as which host's data node or Sentinel. In the written folder jsquared.yaml keeps the
    mapping; nothing is overwritten.

    Examples:

    jsquared import ./etc-of-all-hosts

    jsquared import ./configs.tgz --host sentinel.conf=n1 --out ./my-config
    """
    request = service.ImportRequest(
        deployment=deployment,
        allowed=allowed,
        out=out,
    )
    result = service.import_folder(request)
    if as_json:
        print_json(result)
        return 0
    print_rows(["host", "role", "file", *(["written as"] if out else [])], [_row(file) for file in result.files])
    print_text(summary(result))
    return 0


def _row(file: service.ImportedFile) -> list[str]:
    return [file.host, file.role, file.file, *([file.written] if file.written else [])]


def summary(result: service.Import) -> str:
    """What is monitored, what was written, and what is missing, one line each."""
    files = result.files
    data = sum(file.role == "data node" for file in files)
    monitored = f"{listed(result.master_names)} with a quorum of {result.quorum}"
    lines = [f"{counted(data, 'data node')} and {counted(len(files) - data, 'Sentinel')}, which monitor {monitored}"]
    lines += [f"not read: {sentence}" for sentence in result.missing]
    if result.out:
        also = f", also {listed(result.also_written)}" if result.also_written else ""
        lines.append(f"written: {result.out}{also}")
        lines.append(f"try it: jsquared run --deployment {result.out}")
    else:
        lines.append("nothing was written; --out DIR writes it as a plain folder")
    return "".join(f"{line}\n" for line in lines)

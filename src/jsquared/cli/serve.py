"""``jsquared serve``: a lab and the run folders as a page in a browser of this machine, until Ctrl-C."""

import importlib.util
import time
from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.errors import BadInputError, LabError
from jsquared.service.interruption import Interruption
from jsquared.service.lab.lab_names import check_name

STEP_S = 0.1
LIBRARIES = ("starlette", "uvicorn")


def serve(
    lab: Annotated[
        str, typer.Option("--lab", metavar="NAME", help="Which lab, where several are up; default: the only one.")
    ] = "",
    runs: Annotated[
        Path, typer.Option("--runs", metavar="DIR", help="The folder with the run folders; sessions are saved there.")
    ] = Path("runs"),
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port on 127.0.0.1; 0: a free one.")] = 0,
    as_json: JsonFlag = False,
) -> int:
    """Show a lab and the run folders as a page: look, break, heal, load and save in a browser of this machine.

    It listens on 127.0.0.1 alone, and only whoever has the printed address gets in. The lab is that of jsquared lab up, which may come
    later; it stays up when the page ends, with Ctrl-C. It needs the extra web: pip install 'jsquared[web]'.

    Examples:

    jsquared serve

    jsquared serve --lab disks --runs /var/lib/jsquared/runs --port 8080
    """
    if lab:
        check_name(lab)
    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise BadInputError(
            f"{' and '.join(missing)} not installed", where="jsquared serve", hint="pip install 'jsquared[web]'"
        )
    from jsquared.web.lab_watch import LabWatch  # noqa: PLC0415 -- an extra, which others need not have
    from jsquared.web.page_server import LivePageServer  # noqa: PLC0415

    interruption = Interruption()
    interruption.start()
    try:
        server = LivePageServer(LabWatch(lab), runs.absolute(), port)
        try:
            print_json({"url": server.url, "port": server.port}) if as_json else print_text(f"{server.url}\n")
            stderr_console().say("Ctrl-C ends it")
            while not interruption.asked:
                if not server.is_up:
                    raise LabError("has ended by itself", where="the page's server", hint="jsquared serve")
                time.sleep(STEP_S)
        finally:
            server.close()
    finally:
        interruption.close()
    return 0

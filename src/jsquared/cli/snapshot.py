"""``jsquared snapshot``: a running deployment as native files."""

from pathlib import Path
from typing import Annotated

import typer

from jsquared.cli.access_options import takes_access
from jsquared.cli.listing import print_rows
from jsquared.cli.options import JsonFlag
from jsquared.cli.output import print_json, print_text, stderr_console
from jsquared.errors import EXIT_INCONCLUSIVE, EXIT_PASS
from jsquared.running.snapshot_manifest import MANIFEST_FILE, SnapshotManifest
from jsquared.service import snapshot_folder as service
from jsquared.service.access import AccessRequest

PasswordsOption = Annotated[
    Path | None,
    typer.Option(
        "--passwords",
        metavar="FILE",
        help="Passwords that may be in use, one a line: each is written where a server shows its hash.",
    ),
]


@takes_access()
def snapshot(
    *,
    access: AccessRequest,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="The folder to write, which must be new or empty.")],
    passwords: PasswordsOption = None,
    as_json: JsonFlag = False,
) -> int:
    """Write a running deployment as native files, one folder per host, with a manifest of what could not be read.

    It asks and changes nothing: settings by their names, never CONFIG GET *, and no password. One that you give is recognised by the
    hash that a server shows; for others a placeholder stands, and snapshot.json says where. The folder is what --deployment
    takes; --deployment sentinel://HOST:PORT does both in one step. Exit code 3 when a server did not tell all that it could.

    Examples:

    jsquared snapshot --sentinel 10.0.0.5:26379 --out ./running

    jsquared snapshot --sentinel 10.0.0.5 --user admin --passwords ./passwords --out ./running
    """
    manifest = service.snapshot(service.SnapshotRequest(access=access, out=out, passwords=passwords))
    if as_json:
        print_json(manifest)
    else:
        _show(manifest, out)
    return EXIT_PASS if manifest.is_whole else EXIT_INCONCLUSIVE


def _show(manifest: SnapshotManifest, out: Path) -> None:
    rows = [
        [one.host, one.role, one.where, f"{one.engine} {one.version}".strip() or "no answer", one.file]
        for one in manifest.servers
    ]
    print_rows(["host", "role", "address", "engine", "written as"], rows)
    console = stderr_console()
    for each in manifest.assumed:
        console.say(f"{'placeholder' if each.placeholder else 'assumed'}: {each.file}, {each.directive}: {each.why}")
    for part in manifest.unread:
        console.say(f"not read: {part.where}, {part.what}: {part.why}")
    for problem in manifest.problems:
        console.say(problem)
    print_text(f"written: {out}, with {MANIFEST_FILE}\ntry it: jsquared analyse {out}\n")

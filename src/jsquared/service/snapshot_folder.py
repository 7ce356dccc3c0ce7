"""Takes snapshots of running deployments: as a folder of native files, or as the deployment of one request."""

from dataclasses import dataclass
from pathlib import Path

from jsquared.deployment.model.input_files import LONGEST_PLACE, read_given, readable
from jsquared.errors import BadInputError
from jsquared.records.private_files import make_private_folder, write_private
from jsquared.records.run_directory import explain_write_errors
from jsquared.running.snapshot import Snapshot, take_snapshot
from jsquared.running.snapshot_manifest import MANIFEST_FILE, SnapshotManifest
from jsquared.service.access import AccessRequest, access_of, seeds_of
from jsquared.text import encode_json


@dataclass(frozen=True, kw_only=True)
class SnapshotRequest:
    """The access to a deployment that runs, and the folder to write; ``passwords`` is a file with one a line."""

    access: AccessRequest
    out: Path
    passwords: Path | None = None


def snapshot(request: SnapshotRequest) -> SnapshotManifest:
    """Write a running deployment as native files, and return what is known of them.

    :raises BadInputError: no Sentinel answers, or something has the name of the folder.
    :raises RecordError: the folder cannot be written.
    """
    where = readable(str(request.out), LONGEST_PLACE)
    out = request.out
    if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
        raise BadInputError("is there already, and is not overwritten", where=where, hint="--out with a new folder")
    taken = taken_of(request.access, given_passwords(request.passwords))
    write_snapshot(taken, out)
    return taken.manifest


def given_passwords(file: Path | None) -> list[str]:
    """Return the passwords of a file, one a line.

    :raises BadInputError: it cannot be read.
    """
    return [line for line in read_given(file).splitlines() if line] if file else []


def taken_of(access: AccessRequest, passwords: list[str]) -> Snapshot:
    """Return a snapshot of the deployment that these Sentinels belong to.

    :raises BadInputError: none answers, or an option is wrong.
    """
    return take_snapshot(seeds_of(access), access_of(access), passwords)


def write_snapshot(taken: Snapshot, out: Path) -> None:
    """Write the files of a snapshot, and its manifest.

    :raises RecordError: they cannot be written.
    """
    with explain_write_errors(out):
        make_private_folder(out, exist_ok=True)
        for name, text in taken.files.items():
            make_private_folder((out / name).parent, exist_ok=True)
            write_private(out / name, text.encode("utf-8", "surrogateescape"))
        write_private(out / MANIFEST_FILE, encode_json(taken.manifest) + b"\n")

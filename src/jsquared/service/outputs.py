"""Results as files: whether they can be written is looked at before anything is started, and nothing that is there is overwritten."""

import errno
import os
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

from jsquared.errors import BadInputError
from jsquared.records.private_files import is_replaced, make_private_folder, open_given, open_private, write_private
from jsquared.records.run_directory import explain_write_errors

LEAST_FREE_BYTES = 64 * 1024 * 1024
"""Less free space than this and a trial's logs and history may not fit."""


def check_free_space(out: Path) -> None:
    """Refuse to begin where run folders cannot be written.

    :raises RecordError: no permission, no folder, or less than 64 MiB free.
    """
    with explain_write_errors(out):
        make_private_folder(out, exist_ok=True)
        free = shutil.disk_usage(out).free
        if free < LEAST_FREE_BYTES:
            raise OSError(errno.ENOSPC, f"only {free // 1024 // 1024} MiB free", str(out))
        probe = out / f".jsquared-{os.getpid()}"
        open_private(probe).close()
        probe.unlink()


def check_writable(file: Path) -> None:
    """Refuse to begin where a file that is asked for at the end cannot be written.

    :raises RecordError: no permission or no folder.
    """
    with explain_write_errors(file):
        existed = file.exists() and not is_replaced(file)
        open_given(file, "ab").close()
        if not existed:
            file.unlink()


READABLE_FILE, READABLE_FOLDER = 0o644, 0o755


def write_new(files: Mapping[Path, str], *, for_all: Collection[Path] = ()) -> None:
    """Write files that are not there yet, for their user alone.

    :param for_all: those of them that every user may read, with the folders that are made for them: they hold no secret.
    :raises BadInputError: one of them is there already; none is written.
    :raises RecordError: no permission or no folder.
    """
    for path in files:
        if path.exists() or path.is_symlink():
            raise BadInputError("is there already, and is not overwritten", where=str(path), hint="another name")
    for path, text in files.items():
        with explain_write_errors(path):
            made = [folder for folder in path.parents if not folder.exists()]
            make_private_folder(path.parent, exist_ok=True)
            write_private(path, text)
            if path in for_all:
                path.chmod(READABLE_FILE)
                for folder in made:
                    folder.chmod(READABLE_FOLDER)

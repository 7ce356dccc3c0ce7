"""Looks before anything is started whether its results can be written."""

import errno
import os
import shutil
from pathlib import Path

from jsquared.records.private_files import is_replaced, make_private_folder, open_given, open_private
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

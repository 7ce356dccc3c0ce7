"""Handing a run folder out of a lab: file by file, into a folder that somebody outside has opened.

The lab's own file system ends with it, and a path means something else outside; a descriptor means the same.
"""

import os
import shutil
from pathlib import Path

from jsquared.records.private_files import make_private_folder, open_private
from jsquared.records.run_directory import explain_write_errors


def copy_records(source: Path, target: int) -> None:
    """Copy every file and folder of a run folder into an empty one, for its owner alone.

    :param target: the descriptor of the folder.
    :raises RecordError: it cannot be written.
    """
    inside = Path(f"/proc/self/fd/{target}")
    with explain_write_errors(inside):
        for folder, _, files in os.walk(source):
            here = inside / Path(folder).relative_to(source)
            if Path(folder) != source:
                make_private_folder(here)
            for name in files:
                with (Path(folder) / name).open("rb") as read, open_private(here / name, "wb") as written:
                    shutil.copyfileobj(read, written)

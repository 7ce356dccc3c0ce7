"""A deployment's folder as an archive: unpacked into a private folder that goes with the deployment.

An archive may be a stranger's. Its names, kinds and sizes are looked at before anything is written, files and folders are all that is
unpacked, and of a compressed file no more is read than may come out. Nothing is left where the process ends by itself; what one that was
killed left behind goes with the next archive.
"""

import contextlib
import fcntl
import gzip
import io
import os
import shutil
import stat
import struct
import tarfile
import tempfile
import time
import weakref
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from jsquared.deployment.model.input_files import LONGEST_PLACE, is_never_read, read_bytes, readable, resolved
from jsquared.errors import BadInputError
from jsquared.records.private_files import make_private_folder, write_private

ENDINGS = (".tar.gz", ".tgz", ".tar", ".zip")
OTHER_ENDINGS = (".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".7z", ".rar", ".gz", ".xz", ".bz2", ".zst")
LARGEST_ARCHIVE_BYTES = 32 << 20
MOST_UNPACKED_BYTES = 64 << 20
MOST_MEMBERS = 2000
MOST_PARTS = 20
LONGEST_NAME = 1000
MOST_DIRECTORY_BYTES = 4 << 20
"""So large may a zip's list of its files be, all of which is read at once."""
PREFIX = "jsquared-archive-"
STALE_S = 60
"""A folder that is younger may belong to a process that has not marked it as its own yet."""
PLAIN = "an archive of files and folders"
MOST_HEADER_BYTES = 8 << 20
_BROKEN = (
    tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, struct.error, KeyError, IndexError,
    OverflowError, NotImplementedError, RuntimeError, AttributeError,
)  # fmt: skip
_END_OF_ZIP, _LARGE_ZIP = b"PK\x05\x06", b"PK\x06\x07"


@dataclass(frozen=True)
class Member:
    """A file of an archive, or a folder where ``data`` is None."""

    name: str
    data: bytes | None


class UnpackedArchive:
    """The content of an archive in ``folder``, which is removed with this object, and at the end of the process that made it."""

    def __init__(self, archive: str, members: list[Member]) -> None:
        """:param archive: its path as the user gave it."""
        _remove_stale()
        self.archive = archive
        self.folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
        mark = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._remove = weakref.finalize(self, _remove, self.folder, mark, os.getpid())
        for member in members:
            path = self.folder / member.name
            make_private_folder(path if member.data is None else path.parent, exist_ok=True)
            if member.data is not None:
                write_private(path, member.data)

    def __getstate__(self) -> dict[str, object]:
        """What another process is told: where the files are, not that it should remove them."""
        return {"archive": self.archive, "folder": self.folder}


def is_archive(path: Path) -> bool:
    """True if a file is called like an archive that is read.

    :raises BadInputError: it is called like one of another kind.
    """
    name = path.name.lower()
    if name.endswith(ENDINGS):
        return True
    if name.endswith(OTHER_ENDINGS):
        what = f"archives of this kind ({''.join(PurePosixPath(name).suffixes[-2:])}) are not read"
        hint = "a .tar.gz, .tar or .zip of the folder, or the folder itself"
        raise BadInputError(what, where=readable(str(path), LONGEST_PLACE), hint=hint)
    return False


def name_of(path: Path) -> str:
    """An archive's name without its ending."""
    ending = next(ending for ending in ENDINGS if path.name.lower().endswith(ending))
    return path.name[: -len(ending)] or "archive"


def unpack(path: Path, shown: str) -> UnpackedArchive:
    """The archive at a path, called ``shown`` in messages, in a folder of its own.

    :raises BadInputError: it is damaged, too large, or holds anything but files and folders below its own.
    """
    where = readable(shown, LONGEST_PLACE)
    whole = resolved(path)
    if whole is None or is_never_read(whole):
        raise BadInputError("no such file", where=where, hint="an archive of a deployment's folder")
    data = read_bytes(whole, LARGEST_ARCHIVE_BYTES, shown=Path(shown))
    members = members_of(data, where)
    return UnpackedArchive(where, members)


def members_of(data: bytes, where: str) -> list[Member]:
    """Every file and folder of an archive, each name once and below no other file.

    :raises BadInputError: as :func:`unpack`.
    """
    try:
        members = list(_zip_members(data, where) if data[:2] == b"PK" else _tar_members(data, where))
    except _BROKEN as problem:
        what = f"cannot be unpacked: {readable(str(problem)) or type(problem).__name__}"
        raise BadInputError(
            what, where=where, hint="making the archive again: tar -czf DEPLOYMENT.tgz FOLDER"
        ) from problem
    files = [member.name for member in members if member.data is not None]
    if not files:
        raise BadInputError(
            "the archive has no files", where=where, hint="an archive of the folder with the configuration"
        )
    _check_no_clash(members, files, where)
    return members


def _check_no_clash(members: list[Member], files: list[str], where: str) -> None:
    known = set(files)
    folders = {member.name for member in members if member.data is None}
    folders |= {str(above) for name in files for above in PurePosixPath(name).parents}
    clashes = [name for at, name in enumerate(files) if name in files[:at]] if len(known) < len(files) else []
    clashes += sorted(known & folders)
    if clashes:
        raise _refused(f"{readable(clashes[0])} is in it twice", where, "each file once")


def _refused(what: str, where: str, hint: str) -> BadInputError:
    return BadInputError(what, where=where, hint=hint)


def _checked_name(name: str, where: str) -> str:
    """A member's name as a path below the archive's folder, empty for that folder itself."""
    shown = readable(name)
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        hint = "an archive with paths below one folder: tar -czf X.tgz FOLDER"
        raise _refused(f"{shown} would lie outside the archive's folder", where, hint)
    if len(name) > LONGEST_NAME or len(path.parts) > MOST_PARTS or any(len(part.encode()) > 255 for part in path.parts):
        raise _refused(f"the path {readable(name, 80)} is too long", where, "shorter paths")
    if readable(name, LONGEST_NAME) != name or "\\" in name:
        raise _refused(f"'{shown}' is not a plain path", where, "names without control characters and backslashes")
    return "" if path == PurePosixPath() else path.as_posix()


def _check_numbers(members: int, size_bytes: int, where: str) -> None:
    hint = "an archive of the configuration alone"
    if members > MOST_MEMBERS:
        raise _refused(f"more than {MOST_MEMBERS} files and folders", where, hint)
    if size_bytes > MOST_UNPACKED_BYTES:
        raise _refused(f"more than {MOST_UNPACKED_BYTES} bytes when unpacked", where, hint)


def _tar_members(data: bytes, where: str) -> Iterator[Member]:
    if data[:2] == b"\x1f\x8b":
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            data = packed.read(MOST_UNPACKED_BYTES + MOST_HEADER_BYTES)
        _check_numbers(0, len(data) - MOST_HEADER_BYTES + 1, where)
    count = size_bytes = 0
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for info in archive:
            count += 1
            size_bytes += max(0, info.size)
            _check_numbers(count, size_bytes, where)
            name = _checked_name(info.name, where)
            _check_kind(info, where)
            if info.isdir():
                yield from [Member(name, None)] if name else []
                continue
            file = archive.extractfile(info)
            content = file.read(info.size) if file else b""
            if not name or len(content) != info.size:
                raise tarfile.ReadError(f"{info.name} is cut off")
            yield Member(name, content)
        if any(
            data[archive.offset : archive.offset + tarfile.BLOCKSIZE]
        ):  # the library takes a damaged header for the end
            raise tarfile.ReadError(f"what follows its first {count} files is damaged")


def _check_kind(info: tarfile.TarInfo, where: str) -> None:
    kinds = (
        (info.issym(), "a link"),
        (info.islnk(), "a hard link"),
        (info.isfifo(), "a pipe"),
        (info.isdev(), "a device"),
    )
    kind = next((text for is_it, text in kinds if is_it), "")
    if not kind and (info.issparse() or not (info.isreg() or info.isdir())):
        kind = "something else"
    if info.size < 0:
        raise tarfile.ReadError(f"{info.name} has a negative size")
    if kind:
        followed = "an archive with the files that links lead to: tar -chzf X.tgz FOLDER"
        hint = followed if "link" in kind else PLAIN
        raise _refused(f"{readable(info.name)} is not a regular file but {kind}", where, hint)


def _zip_members(data: bytes, where: str) -> Iterator[Member]:
    _check_directory(data, where)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        infos = archive.infolist()
        _check_numbers(len(infos), sum(info.file_size for info in infos), where)
        for info in infos:
            name = _checked_name(info.filename, where)
            kind = stat.S_IFMT(info.external_attr >> 16)
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                what = f"is not a regular file but {'a link' if kind == stat.S_IFLNK else 'something else'}"
                raise _refused(f"{readable(info.filename)} {what}", where, PLAIN)
            if info.flag_bits & 1:
                raise _refused(f"{readable(info.filename)} is encrypted", where, "an archive without a password")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                what = f"{readable(info.filename)} is packed in another way than 'deflate'"
                raise _refused(what, where, "zip -r X.zip FOLDER")
            if info.is_dir():
                yield from [Member(name, None)] if name else []
                continue
            with archive.open(info) as file:
                content = file.read(info.file_size + 1)
            if not name or len(content) != info.file_size:
                raise zipfile.BadZipFile(f"{info.filename} has another size than it says")
            yield Member(name, content)


def _check_directory(data: bytes, where: str) -> None:
    """Refuse a zip whose list of files would take more memory to read than any deployment needs."""
    at = data.rfind(_END_OF_ZIP)
    if at < 0 or len(data) < at + 22:
        raise zipfile.BadZipFile("its end is missing")
    (size_bytes,) = struct.unpack_from("<I", data, at + 12)
    if size_bytes > MOST_DIRECTORY_BYTES or data[max(0, at - 20) : at].startswith(_LARGE_ZIP):
        _check_numbers(MOST_MEMBERS + 1, 0, where)


def _remove(folder: Path, mark: int, owner: int) -> None:
    """Remove a folder, unless this is a process that was forked by the one that made it."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            os.close(mark)


def _remove_stale() -> None:
    """Remove what processes left behind that were killed: folders of this user that none marks as its own any more."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            mark = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                found = os.fstat(mark)
                if found.st_uid == os.geteuid() and time.time() - found.st_mtime > STALE_S:
                    fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(mark)

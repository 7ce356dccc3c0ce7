"""Archives of a stranger: nothing is written beside their own folder, nothing is left, and what is odd is refused in one line."""

import gc
import gzip
import io
import os
import pickle
import stat
import struct
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.deployment.read import archive as archive_module
from jsquared.deployment.read.archive import PREFIX, is_archive, members_of, unpack
from jsquared.deployment.read.load import load_deployment
from jsquared.errors import BadInputError

FILES = {
    "n1/redis.conf": b"appendonly yes\n",
    "n2/redis.conf": b"replicaof n1 6379\n",
    "n1/sentinel.conf": b"sentinel monitor m n1 6379 1\n",
}


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which holds nothing else."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def tar(
    change: Callable[[tarfile.TarInfo], None] | None = None,
    files: dict[str, bytes] | None = None,
    *,
    mode: str = "w:gz",
) -> bytes:
    """An archive of a small deployment, its last member changed."""
    made = io.BytesIO()
    members = FILES if files is None else files
    with tarfile.open(fileobj=made, mode=mode) as packed:  # type: ignore[call-overload]
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            if change and name == list(members)[-1]:
                change(info)
            packed.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return made.getvalue()


def zipped(change: Callable[[zipfile.ZipInfo], None] | None = None, files: dict[str, bytes] | None = None) -> bytes:
    """The same as a zip."""
    made = io.BytesIO()
    members = FILES if files is None else files
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change and name == list(members)[-1]:
                change(info)
            packed.writestr(info, data)
    return made.getvalue()


def renamed(name: str) -> Callable[[tarfile.TarInfo | zipfile.ZipInfo], None]:
    """A member with another name."""

    def change(info: tarfile.TarInfo | zipfile.ZipInfo) -> None:
        setattr(info, "name" if isinstance(info, tarfile.TarInfo) else "filename", name)

    return change


def of_kind(kind: bytes, link: str = "") -> Callable[[tarfile.TarInfo], None]:
    """A member of another kind."""

    def change(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = kind, link, 0

    return change


def with_mode(mode: int) -> Callable[[zipfile.ZipInfo], None]:
    """A member of a zip with another mode."""

    def change(info: zipfile.ZipInfo) -> None:
        info.external_attr = mode << 16

    return change


def as_pax(size: str) -> bytes:
    """A tar whose member claims another size in an extended header."""
    return tar(lambda info: info.pax_headers.update({"size": size}), mode="w:")


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "dots": (lambda: tar(renamed("n3/../../redis.conf")), "n3/../../redis.conf would lie outside the archive's folder"),
    "absolute": (lambda: tar(renamed("/etc/cron.d/job")), "/etc/cron.d/job would lie outside"),
    "dots in a zip": (lambda: zipped(renamed("../x")), r"\.\./x would lie outside"),
    "absolute in a zip": (lambda: zipped(renamed("/x")), "/x would lie outside"),
    "backslashes": (lambda: zipped(renamed("..\\x")), r"is not a plain path"),
    "control characters": (lambda: tar(renamed("n1/a\x1b[2Jb")), r"is not a plain path"),
    "too long": (lambda: tar(renamed("a/" * 600 + "x")), "is too long"),
    "a long part": (lambda: tar(renamed("n1/" + "x" * 300)), "is too long"),
    "a link": (lambda: tar(of_kind(tarfile.SYMTYPE, "/etc/shadow")), r"n1/sentinel.conf is not a .* but a link\. Try: .*tar -chzf"),
    "a hard link": (lambda: tar(of_kind(tarfile.LNKTYPE, "n1/redis.conf")), "but a hard link"),
    "a pipe": (lambda: tar(of_kind(tarfile.FIFOTYPE)), "but a pipe"),
    "a device": (lambda: tar(of_kind(tarfile.CHRTYPE)), "but a device"),
    "a disk": (lambda: tar(of_kind(tarfile.BLKTYPE)), "but a device"),
    "a sparse file": (lambda: tar(of_kind(tarfile.GNUTYPE_SPARSE)), "but something else|cannot be unpacked"),
    "a link in a zip": (lambda: zipped(with_mode(stat.S_IFLNK | 0o777)), "is not a regular file but a link"),
    "a device in a zip": (lambda: zipped(with_mode(stat.S_IFCHR | 0o777)), "is not a regular file but something else"),
    "a file twice": (lambda: tar(renamed("n1/redis.conf")), "n1/redis.conf is in it twice"),
    "a file that is a folder too": (lambda: tar(renamed("n1/redis.conf/x")), "n1/redis.conf is in it twice"),
    "too many": (lambda: tar(files={f"{number}.conf": b"" for number in range(2001)}), "more than 2000 files and folders"),
    "too many in a zip": (lambda: zipped(files={f"{number}.conf": b"" for number in range(2001)}), "more than 2000 files"),
    "a bomb": (lambda: gzip.compress(bytes(80 << 20), 1), "more than 67108864 bytes when unpacked"),
    "a bomb in a tar": (lambda: tar(files={"x.conf": bytes(70 << 20)}), "more than 67108864 bytes when unpacked"),
    "a bomb in a zip": (lambda: zipped(files={"x.conf": bytes(70 << 20)}), "more than 67108864 bytes when unpacked"),
    "a size that is not there": (lambda: as_pax(str(1 << 60)), "more than 67108864 bytes when unpacked"),
    "a size below zero": (lambda: as_pax("-5"), "cannot be unpacked|negative"),
    "a broken size": (lambda: as_pax("x"), "cannot be unpacked"),
    "nothing": (lambda: b"", "cannot be unpacked|no files"),
    "no archive": (lambda: b"data: [n1]\n" * 100, "cannot be unpacked"),
    "an empty tar": (lambda: tar(files={}), "the archive has no files"),
    "an empty zip": (lambda: zipped(files={}), "the archive has no files"),
    "half of it": (lambda: tar()[:150], "cannot be unpacked"),
    "half of a zip": (lambda: zipped()[:150], "cannot be unpacked: its end is missing"),
    "a damaged header": (lambda: (t := bytearray(tar(mode="w:"))) and bytes(t[:1024] + b"\xff" * 512 + t[1536:]), "files is damaged"),
    "a wrong checksum": (lambda: zipped().replace(b"PK\x03\x04", b"PK\x03\x05", 1), "cannot be unpacked"),
    "a long list": (lambda: (z := zipped())[:-10] + struct.pack("<I", 5 << 20) + z[-6:], "more than 2000 files"),
    "another packing": (lambda: zipped(lambda info: setattr(info, "compress_type", zipfile.ZIP_BZIP2)), "packed in another way"),
    "encrypted": (lambda: _with_flag(zipped()), "is encrypted"),
}  # fmt: skip


def _with_flag(data: bytes) -> bytes:
    """A zip whose list says that its first file has a password."""
    at = data.index(b"PK\x01\x02") + 8
    return data[:at] + b"\x01" + data[at + 1 :]


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(tmp_path: Path, temporary: Path, case: str) -> None:
    """One line names the archive and what is wrong with it; no file is written anywhere."""
    make, message = HOSTILE[case]
    path = tmp_path / f"live.{'zip' if 'zip' in case else 'tgz'}"
    path.write_bytes(make())
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(BadInputError, match=message) as refused:
        load_deployment(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)
    assert "Try: " in str(refused.value)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_an_archive_names_resolves_inside_it(tmp_path: Path) -> None:
    """Dots in an include lead to the archive's own files and not out of its folder."""
    files = FILES | {"n2/redis.conf": b"include ../common.conf\nreplicaof n1 6379\n", "common.conf": b"hz 7\n"}
    path = tmp_path / "live.tgz"
    path.write_bytes(tar(files=files))
    assert load_deployment(path).replicas[0].value("hz") == "7"
    (tmp_path / "tmp" / "secret.conf").write_text("requirepass canary\n")
    for written in ("../../secret.conf", f"{tmp_path}/tmp/secret.conf", "/etc/passwd"):
        path.write_bytes(tar(files=files | {"n2/redis.conf": f"include {written}\n".encode()}))
        with pytest.raises(
            BadInputError, match=r"live\.tgz/n2/redis\.conf:1, include: .* outside the folders"
        ) as refused:
            load_deployment(path)
        assert "canary" not in str(refused.value)
        assert str(tmp_path / "tmp" / PREFIX) not in str(refused.value)


def test_the_folder_is_private_and_goes_with_the_deployment(tmp_path: Path, temporary: Path) -> None:
    """Only the owner can read it, copies of the deployment keep it, and it is removed when none is left."""
    path = tmp_path / "live.tgz"
    path.write_bytes(tar())
    deployment = load_deployment(path).about("m")
    [folder] = temporary.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.rglob("*.conf")} == {0o600}
    elsewhere = pickle.loads(pickle.dumps(deployment))
    assert elsewhere.reach.unpacked.folder == folder
    del elsewhere
    gc.collect()
    assert folder.is_dir()
    del deployment
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_a_refused_deployment_leaves_no_folder(tmp_path: Path, temporary: Path) -> None:
    """The files of an archive that is no deployment go at once."""
    path = tmp_path / "live.zip"
    path.write_bytes(zipped(files={"notes.txt": b"x"}))
    with pytest.raises(BadInputError, match=r"no file of a data node or a Sentinel: there is notes\.txt"):
        load_deployment(path)
    gc.collect()
    assert list(temporary.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_archive(tmp_path: Path, temporary: Path) -> None:
    """Folders that no process marks as its own are removed; those in use, and young ones, stay."""
    path = tmp_path / "live.tgz"
    path.write_bytes(tar())
    stale, young, used = temporary / f"{PREFIX}stale", temporary / f"{PREFIX}young", unpack(path, "live.tgz")
    for folder in (stale, young):
        folder.mkdir()
    (stale / "redis.conf").touch()
    for folder in (stale, used.folder):
        os.utime(folder, (time.time() - 3600,) * 2)
    unpack(path, "live.tgz")
    assert sorted(path.name for path in temporary.iterdir()) == sorted([young.name, used.folder.name])


def test_a_forked_process_removes_nothing(tmp_path: Path) -> None:
    """The folder belongs to the process that made it."""
    path = tmp_path / "live.tgz"
    path.write_bytes(tar())
    unpacked = unpack(path, "live.tgz")
    archive_module._remove(unpacked.folder, -1, os.getpid() + 1)
    assert unpacked.folder.is_dir()


@pytest.mark.parametrize(
    ("name", "shown"), [("a.tar.xz", ".tar.xz"), ("b.7z", ".7z"), ("c.tar.bz2", ".tar.bz2"), ("d.gz", ".gz")]
)
def test_other_archives_are_told_what_is_read(tmp_path: Path, name: str, shown: str) -> None:
    """An archive of another kind is not mistaken for a YAML file."""
    (tmp_path / name).write_bytes(b"\0")
    with pytest.raises(
        BadInputError, match=rf"archives of this kind \({shown}\) are not read\. Try: a .tar.gz, .tar or .zip"
    ):
        load_deployment(tmp_path / name)


def test_an_archive_that_is_a_pipe_or_a_link_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe is not waited for, and below the working folder no link is followed out of its folder."""
    os.mkfifo(tmp_path / "pipe.tgz")
    with pytest.raises(BadInputError, match="is not a regular file but a pipe"):
        load_deployment(tmp_path / "pipe.tgz")
    (tmp_path / "work").mkdir()
    (tmp_path / "live.tgz").write_bytes(tar())
    (tmp_path / "work" / "live.tgz").symlink_to(tmp_path / "live.tgz")
    monkeypatch.chdir(tmp_path / "work")
    with pytest.raises(BadInputError, match="is a link that leads out of its folder"):
        load_deployment("live.tgz")


def test_an_archive_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """The size of the file alone decides."""
    with (tmp_path / "live.tar").open("wb") as file:
        file.truncate(archive_module.LARGEST_ARCHIVE_BYTES + 1)
    with pytest.raises(BadInputError, match="33554433 bytes are too many"):
        load_deployment(tmp_path / "live.tar")


def test_folders_of_an_archive_are_nothing_by_themselves() -> None:
    """An entry for a folder, the archive's own one too, is no file."""
    data = tar(of_kind(tarfile.DIRTYPE), FILES | {"./": b""})
    assert [member.name for member in members_of(data, "x") if member.data is not None] == list(FILES)
    assert is_archive(Path("A.TAR.GZ"))

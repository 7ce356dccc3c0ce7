"""Copies of the user's files in the nodes' folders, made when a node is installed."""

import os
from pathlib import Path

import pytest

from jsquared.errors import BadInputError
from jsquared.records.placement import CopiedFile
from jsquared.testing.fake_deployment import FakeDeployment


def copied(source: Path, target: str) -> CopiedFile:
    """A copy for the first node."""
    return CopiedFile(node="redis-n1", source=str(source), target=target, limit_bytes=1 << 20)


def test_a_node_gets_copies_of_its_own(tmp_path: Path) -> None:
    """A server may overwrite them, as with ``ACL SAVE``: the user's file stays, and a new installation begins from it again."""
    acl = tmp_path / "users.acl"
    acl.write_text("user default on\n")
    files = (copied(acl, "redis-n1.users.acl"), copied(acl, "redis-n1.tls-ca/0.pem"))
    fake = FakeDeployment(tmp_path, copied_files=files)
    try:
        folder = Path(fake.deployment.folder("redis-n1").path)
        copy = folder / "redis-n1.users.acl"
        assert copy.read_text() == (folder / "redis-n1.tls-ca" / "0.pem").read_text() == acl.read_text()
        assert copy.stat().st_mode & 0o777 == 0o600
        assert not (Path(fake.deployment.folder("redis-n2").path) / "redis-n1.users.acl").exists()
        copy.write_text("saved by the server")
        assert acl.read_text() == "user default on\n"
        copy.unlink()
        copy.symlink_to(acl)
        fake.deployment.install("redis-n1")
        assert not copy.is_symlink()
        acl.unlink()
        os.mkfifo(acl)
        with pytest.raises(BadInputError, match="is not a regular file but a pipe"):
            fake.deployment.install("redis-n1")
    finally:
        fake.close()


def test_what_can_be_executed_stays_so(tmp_path: Path) -> None:
    """Servers refuse a module that cannot be executed, so the copy of one can be where the user's own can."""
    files = []
    for name, mode in (("loaded.so", 0o755), ("refused.so", 0o644)):
        (tmp_path / name).write_bytes(b"module")
        (tmp_path / name).chmod(mode)
        files.append(copied(tmp_path / name, f"redis-n1.{name}"))
    fake = FakeDeployment(tmp_path, copied_files=tuple(files))
    try:
        folder = Path(fake.deployment.folder("redis-n1").path)
        modes = [(folder / f"redis-n1.{name}").stat().st_mode & 0o777 for name in ("loaded.so", "refused.so")]
        assert modes == [0o700, 0o600]
    finally:
        fake.close()


def test_a_file_that_has_grown_is_refused(tmp_path: Path) -> None:
    """What is copied has a limit, also where it was smaller when the trial was planned."""
    acl = tmp_path / "users.acl"
    acl.write_text("user default on\n")
    fake = FakeDeployment(
        tmp_path,
        copied_files=(CopiedFile(node="redis-n1", source=str(acl), target="redis-n1.users.acl", limit_bytes=20),),
    )
    try:
        acl.write_text("user default on\n" * 2)
        with pytest.raises(BadInputError, match="32 bytes are too many"):
            fake.deployment.install("redis-n1")
    finally:
        fake.close()

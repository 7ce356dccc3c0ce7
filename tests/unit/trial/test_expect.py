"""What a trial will start is told to the sandbox before anything heavy is loaded, and each client may write its own file alone."""

import sys
from pathlib import Path

from jsquared.testing.fake_deployment import FakeDeployment
from jsquared.trial.expect import expect_processes


def test_every_process_is_expected_with_what_it_owns(tmp_path: Path) -> None:
    """Folders are there; a client owns the file of its own history, made empty, and what was in one stays."""
    fake = FakeDeployment(tmp_path, needs=("process", "links"))
    expected: list[tuple[str, str, Path, tuple[str, ...]]] = []
    needed: list[object] = []

    def note(
        host: str, program: str, *, cwd: Path, sees: object = (), owns: tuple[str, ...] = (), needs: object = ()
    ) -> None:
        assert cwd.is_dir()
        needed.append(needs)
        expected.append((host, program, cwd, owns))

    fake.sandbox.expect = note  # type: ignore[method-assign]
    history = tmp_path / "history"
    history.mkdir()
    (history / "client-1.ops").write_bytes(b"kept")
    try:
        expect_processes(fake.plan, fake.placement, fake.sandbox, history)
    finally:
        fake.close()
    assert needed[: len(fake.plan.nodes)] == [fake.plan.needs] * len(fake.plan.nodes)

    servers = [one for one in expected if one[1] == fake.placement.engine.path]
    clients = [one for one in expected if one[1] == sys.executable]
    assert [one[2].name for one in servers] == [node.name for node in fake.plan.nodes]
    assert [one[3] for one in clients] == [(str(history / f"{client.name}.ops"),) for client in fake.plan.clients]
    assert (history / "client-1.ops").read_bytes() == b"kept"
    assert (history / "client-2.ops").stat().st_mode & 0o777 == 0o600

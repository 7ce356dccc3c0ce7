"""Every way in which namespaces may be refused is explained with the setting that changes it."""

import errno
import os
from pathlib import Path

import pytest

from jsquared.errors import SandboxError
from jsquared.sandbox.linux import refusal, syscalls
from jsquared.sandbox.linux.refusal import explain_namespaces, explain_network

WHOLE = "0 0 4294967295"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose settings allow everything, seen by a user without privileges."""
    monkeypatch.setattr(syscalls, "is_privileged", lambda: False)
    settings = {"kernel/unprivileged_userns_clone": "1", "kernel/apparmor_restrict_unprivileged_userns": "0"}
    settings |= {f"user/max_{kind}_namespaces": "96365" for kind in ("user", "net", "mnt", "pid")}
    for name, value in settings.items():
        path = tmp_path / "proc/sys" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(value + "\n")
    (tmp_path / "proc/self").mkdir()
    (tmp_path / "proc/self/uid_map").write_text(f"         {WHOLE}\n")
    return tmp_path


def refused(number: int) -> OSError:
    """An error as the kernel gives it."""
    return OSError(number, os.strerror(number))


@pytest.mark.parametrize(
    ("setting", "value", "command"),
    [
        ("kernel.unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
        ("user.max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
        ("user.max_net_namespaces", "0", "sudo sysctl -w user.max_net_namespaces=15000"),
        (
            "kernel.apparmor_restrict_unprivileged_userns",
            "1",
            "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_setting_is_named(setting: str, value: str, command: str, machine: Path) -> None:
    """The sysctl that forbids user namespaces is named with the command that allows them."""
    (machine / "proc/sys" / setting.replace(".", "/", 1)).write_text(value)
    error = explain_namespaces(refused(errno.EPERM), machine)
    assert f"{setting} is {value}" in error.what
    assert command in error.hint
    assert "--sandbox loopback" in error.hint


def test_user_namespace_settings_do_not_stop_root(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root needs no user namespace, so their settings are not blamed, unless it is root inside one only."""
    monkeypatch.setattr(syscalls, "is_privileged", lambda: True)
    (machine / "proc/sys/kernel/unprivileged_userns_clone").write_text("0")
    assert "unprivileged_userns_clone" not in str(explain_namespaces(refused(errno.EPERM), machine))
    (machine / "proc/self/uid_map").write_text("0 1000 1\n")
    assert "unprivileged_userns_clone" in str(explain_namespaces(refused(errno.EPERM), machine))


@pytest.mark.parametrize(
    ("number", "reason", "remedy"),
    [
        (errno.ENOSPC, "too many namespaces", "user.max_user_namespaces"),
        (errno.EUSERS, "nested", "user.max_user_namespaces"),
        (errno.EINVAL, "built without", "CONFIG_USER_NS"),
        (errno.EPERM, "security-module", "--security-opt seccomp=unconfined"),
    ],
)
def test_reason_follows_the_error(number: int, reason: str, remedy: str, machine: Path) -> None:
    """Where every setting allows them, the error's number says what it is."""
    error = explain_namespaces(refused(number), machine)
    assert reason in error.what
    assert remedy in error.hint


@pytest.mark.parametrize("mark", [".dockerenv", "run/.containerenv"])
def test_container_is_recognised(mark: str, machine: Path) -> None:
    """In a container the options that allow namespaces there are named."""
    (machine / mark).parent.mkdir(exist_ok=True)
    (machine / mark).touch()
    error = explain_namespaces(refused(errno.EPERM), machine)
    assert "this container's" in error.what
    assert "systempaths=unconfined" in error.hint
    assert "--privileged" in error.hint


def test_settings_that_do_not_exist_forbid_nothing(monkeypatch: pytest.MonkeyPatch, machine: Path) -> None:
    """Most kernels lack some of the settings; that is no reason."""
    for path in (machine / "proc/sys").rglob("*_*"):
        path.unlink()
    assert "profile" in explain_namespaces(refused(errno.EPERM), machine).what


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EPROTONOSUPPORT, errno.ENOENT])
def test_missing_module_is_named(number: int) -> None:
    """A request that the kernel does not know names the modules and the command that loads them."""
    error = explain_network(refused(number), "cutting links", "nf_tables")
    assert "cutting links" in error.what
    assert error.hint == "sudo modprobe -a nf_tables"


def test_refused_network_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that is known but forbidden is explained like refused namespaces."""
    explained = SandboxError("because", hint="that")
    monkeypatch.setattr(refusal, "explain_namespaces", lambda _: explained)
    error = explain_network(refused(errno.EPERM), "making a network switch", "bridge")
    assert (error.what.endswith("; because"), error.hint) == (True, "that")


def test_timeout_is_said_as_such() -> None:
    """A network that does not come up in time is no matter of settings."""
    error = explain_network(TimeoutError("interface 2 does not come up"), "setting up", "bridge")
    assert "interface 2 does not come up" in error.what

"""Every sandbox keeps the contract, as this user and, when this is root, as another user; the contract finds those that do not."""

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import jsquared

PACKAGE = Path(jsquared.__file__).parent
TIME_LIMIT_S = 120
OTHER_USER = pwd.getpwnam("nobody")

# A sandbox that does everything right except for one thing; that and the check that is about it are named on the command line.
BROKEN = """
import sys
from dataclasses import replace
from pathlib import Path
from jsquared.sandbox.linux.links import HOST_LINK_INDEX, add_address
from jsquared.sandbox.namespaces import NamespacesSandbox
from jsquared.sandbox.link import Endpoint, Impairment, LinkSelector
from jsquared.testing import sandbox_means
from jsquared.testing.sandbox_contract import HOSTS, checks_for, run_check

sandbox_means.WAIT_LIMIT_S = 1.0  # what is broken does not become right by waiting

class NoCut:
    def dropped(self): return 0
    def restore(self): pass

class Broken(NamespacesSandbox):
    def __init__(self):
        super().__init__()
        self.real_cut, self.links.cut = self.links.cut, self.cut
        self.real_impair, self.impairments.impair = self.impairments.impair, self.impair
    def cut(self, links):
        if sys.argv[1] == "blunt": return NoCut()
        if sys.argv[1] == "wide": links = [LinkSelector(Endpoint(l.source.host), Endpoint(l.destination.host)) for l in links]
        if sys.argv[1] == "mutual": links = [*links, *(LinkSelector(l.destination, l.source, l.port) for l in links)]
        if sys.argv[1] == "portless": links = [LinkSelector(l.source, l.destination) for l in links]
        return self.real_cut(links)
    def impair(self, links, impairment):
        if sys.argv[1] == "prompt": impairment = Impairment()
        if sys.argv[1] == "lossless": impairment = replace(impairment, loss_percent=0)
        if sys.argv[1] == "single": impairment = replace(impairment, duplicate_percent=0)
        if sys.argv[1] == "rapid": impairment = replace(impairment, rate_kbit=0)
        if sys.argv[1] == "slow-both": links = [*links, *(LinkSelector(l.destination, l.source, l.port) for l in links)]
        return self.real_impair(links, impairment)
    @property
    def name_service(self):
        names = super().name_service
        if sys.argv[1] == "nameless": names.serve = lambda names: None
        if sys.argv[1] == "patient": names.disturb = lambda hosts, **how: None
        return names
    @property
    def floating(self):
        floating = super().floating
        if sys.argv[1] == "hesitant": floating.take = lambda host, address: None
        if sys.argv[1] == "clinging": floating.give_up = lambda host, address: None
        if sys.argv[1] == "modest":
            floating.take = lambda host, address: self._network.tell(host, [add_address(HOST_LINK_INDEX, address, 32)])
        return floating
    def readdress(self, host, role):
        if sys.argv[1] == "rooted": return
        old = self.address(host, role)
        super().readdress(host, role)
        if sys.argv[1] == "greedy":
            again = add_address(HOST_LINK_INDEX, old, 32)
            self._network.tell(host, [again])
    def address(self, host, role):
        return super().address(host, "data" if sys.argv[1] == "shared" else role)
    def spawn(self, *arguments, **options):
        if sys.argv[1] == "deaf": options["environment"] = None
        return super().spawn(*arguments, **options)
    def close(self):
        if sys.argv[1] != "leaky": super().close()

sandbox = Broken()
sandbox.enter(HOSTS)
[check] = [check for check in checks_for(sandbox) if check.__name__ == sys.argv[2]]
print(run_check(check, sandbox, Path(sys.argv[3])).problem)
NamespacesSandbox.close(sandbox)
"""


def run_contract(
    python: str, sandbox: str, folder: Path, package_root: Path, user: int | None = None
) -> dict[str, str]:
    """Run the contract in a process of its own; problem by check, and nothing on stderr."""
    done = subprocess.run(
        [python, "-m", "jsquared.testing.sandbox_contract", sandbox, str(folder)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        env={**os.environ, "PYTHONPATH": str(package_root), "PYTHONDONTWRITEBYTECODE": "1"},
        user=user,
        group=None if user is None else OTHER_USER.pw_gid,
        extra_groups=None if user is None else [],
        check=False,
    )
    findings = [json.loads(line) for line in done.stdout.splitlines()]
    assert findings, f"exit code {done.returncode}: {done.stderr}"
    assert done.stderr == ""
    assert done.returncode == int(any(finding["problem"] for finding in findings))
    return {finding["check"]: finding["problem"] for finding in findings}


@pytest.fixture
def public_folder() -> Iterator[Path]:
    """A folder in which every user may read the package and write."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    shutil.copytree(PACKAGE, folder / "package" / "jsquared", ignore=shutil.ignore_patterns("__pycache__"))
    yield folder
    shutil.rmtree(folder)


def python_of_everyone(user: int) -> str:
    """A Python that the user may run: this one, or the system's."""
    for python in (os.path.realpath(sys.executable), "/usr/bin/python3"):
        argv = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        try:
            if subprocess.run(argv, user=user, cwd="/", capture_output=True, timeout=20, check=False).returncode == 0:
                return python
        except OSError:
            continue
    pytest.fail("no Python >= 3.11 that another user may run; apt-get install python3")


@pytest.mark.namespaces
def test_namespaces_keep_the_contract(tmp_path: Path) -> None:
    """The namespaces sandbox does all that the contract asks for, as the user who runs the tests."""
    problems = run_contract(sys.executable, "namespaces", tmp_path, PACKAGE.parent)
    assert "observer_is_never_cut" in problems
    assert not any(problems.values()), problems


@pytest.mark.namespaces
@pytest.mark.root
@pytest.mark.parametrize("sandbox", ["namespaces", "loopback"])
def test_unprivileged_user_keeps_the_contract(sandbox: str, public_folder: Path) -> None:
    """A user without any privilege gets the same from both sandboxes."""
    python = python_of_everyone(OTHER_USER.pw_uid)
    problems = run_contract(python, sandbox, public_folder, public_folder / "package", OTHER_USER.pw_uid)
    assert "close_leaves_nothing" in problems
    assert not any(problems.values()), problems


def test_loopback_keeps_the_contract(tmp_path: Path) -> None:
    """The loopback sandbox does all that the contract asks for, and neither cuts, impairs, serves names nor changes addresses."""
    problems = run_contract(sys.executable, "loopback", tmp_path, PACKAGE.parent)
    assert {"cutting_is_refused", "impairing_is_refused", "names_are_refused", "new_addresses_are_refused"} <= set(
        problems
    )
    assert not any(problems.values()), problems
    assert not [path for path in tmp_path.iterdir() if path.is_dir()], "the data folder is left"


@pytest.mark.namespaces
@pytest.mark.parametrize(
    ("fault", "found_by"),
    [
        ("blunt", "cut_takes_one_direction"),
        ("wide", "cut_may_name_roles"),
        ("mutual", "cut_takes_one_direction"),
        ("rooted", "hosts_get_other_addresses"),
        ("greedy", "hosts_get_other_addresses"),
        ("hesitant", "an_address_floats"),
        ("modest", "an_address_floats"),
        ("clinging", "an_address_floats"),
        ("nameless", "names_resolve"),
        ("patient", "names_are_disturbed"),
        ("portless", "cut_may_name_a_port"),
        ("prompt", "delay_takes_one_direction"),
        ("slow-both", "delay_takes_one_direction"),
        ("lossless", "loss_takes_its_share"),
        ("single", "duplicates_arrive_twice"),
        ("rapid", "rate_is_kept"),
        ("shared", "addresses_are_distinct"),
        ("deaf", "output_is_appended"),
        ("leaky", "close_leaves_nothing"),
    ],
)
def test_contract_finds_a_broken_sandbox(fault: str, found_by: str, tmp_path: Path) -> None:
    """A sandbox with one planted fault breaks the check that is about it."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, fault, found_by, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_S,
        check=False,
    )
    assert done.stdout.startswith("ContractError: "), done.stdout + done.stderr

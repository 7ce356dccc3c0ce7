"""What of a plan is written where others can read it, and of its placement."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.records.placement import CopiedFile
from jsquared.records.plan import Engine, Rewrite, Workload
from jsquared.records.secret_places import secrets_in
from jsquared.records.shown import secrets_of, shown_configuration, shown_input, shown_placement, shown_plan
from jsquared.sandbox.loopback import LoopbackSandbox
from jsquared.scenarios.catalogue import SCENARIOS, scenario_named
from jsquared.trial.order import TrialOrder
from jsquared.trial.place import place
from jsquared.trial.plan import assemble
from support.records import Story

ENGINE = Engine(name="redis", version="7.2.6", path="redis-server")
SECRETS = {
    "AppPass7Zebra8Quagga": "user app on >AppPass7Zebra8Quagga ~app:* +@read +@write -@dangerous",
    "OffPass7Zebra8Quagga": "user gone off >OffPass7Zebra8Quagga ~* +@all",
    "AclPass7Zebra8Quagga": "user bob on >AclPass7Zebra8Quagga ~bob:* +get",
    "Zebra77Quagga88Xylo": "requirepass Zebra77Quagga88Xylo",
    "qZ7xW": "masterauth qZ7xW",
    "KeyPass7Zebra8Quagga": "tls-key-file-pass KeyPass7Zebra8Quagga",
    "SentPass7Zebra8Quagga": "sentinel auth-pass mymaster SentPass7Zebra8Quagga",
}


def test_new_names_of_commands_are_masked() -> None:
    """A new name that holds a password or a login has a mark in its place; other names stay."""
    plan = Story(hosts=2).plan()
    renamed = (("CONFIG", "http://u:zebra-9@h"), ("DEBUG", "zebra-crossing"), ("SAVE", "store"), ("KEYS", ""))
    nodes = (msgspec.structs.replace(plan.nodes[0], renamed=renamed), *plan.nodes[1:])
    shown = shown_plan(msgspec.structs.replace(plan, nodes=nodes, secrets=("zebra-crossing",))).nodes[0].renamed
    assert shown == (("CONFIG", "http://u:<secret>@h"), ("DEBUG", "<secret-1>"), ("SAVE", "store"), ("KEYS", ""))


def test_lines_and_paths_that_a_configuration_names_are_masked() -> None:
    """What was rewritten, what is copied and from where."""
    rewrite = Rewrite(
        file="a.conf", line=1, before="dir /x/requirepass=Zebra", after="dir /x/masterauthZebra", reason=""
    )
    copied = CopiedFile(node="redis-n1", source="/x/requirepassZebra/a.acl", target="requirepassZebra", limit_bytes=1)
    story = Story(rewrites=(rewrite,), copied_files=(copied,))
    shown = shown_placement(story.plan(), story.placement())
    assert "Zebra" not in str(shown)
    assert shown.rewrites[0].before == "dir /x/requirepass=<secret>"


def _deployment(folder: Path) -> Path:
    """Three hosts with a secret in every directive that takes one, and users with passwords of their own."""
    lines = [line for line in SECRETS.values() if not line.startswith(("sentinel", "user bob"))]
    for number in (1, 2, 3):
        host = folder / f"n{number}"
        host.mkdir()
        own = f"port 6379\nprotected-mode no\nreplica-announce-ip 10.0.0.{number}\nmin-replicas-to-write 1\n"
        replica = "" if number == 1 else "replicaof 10.0.0.1 6379\n"
        (host / "redis.conf").write_text(own + replica + "\n".join([*lines, SECRETS["AclPass7Zebra8Quagga"]]) + "\n")
        sentinel = f"port 26379\nsentinel monitor mymaster 10.0.0.1 6379 2\n{SECRETS['SentPass7Zebra8Quagga']}\n"
        (host / "sentinel.conf").write_text(sentinel)
    return folder


def _ordered(deployment: Deployment, scenario: str) -> TrialOrder:
    plan = assemble(
        scenario_named(scenario),
        deployment=deployment,
        engine=ENGINE,
        sandbox=LoopbackSandbox.kind,
        ack=None,
        workload=Workload(),
        seed=7,
        command=("jsquared", "run", scenario),
    )
    return TrialOrder(plan=plan, deployment=deployment, engine=ENGINE)


def _strings(value: Any) -> Iterator[str]:
    """Every text in plain data, keys among them."""
    if isinstance(value, dict):
        yield from (text for item in value.items() for each in item for text in _strings(each))
    elif isinstance(value, list | tuple):
        yield from (text for each in value for text in _strings(each))
    elif isinstance(value, str):
        yield value


@pytest.mark.unmeasured
def test_no_text_of_a_shown_trial_holds_a_secret(tmp_path: Path) -> None:
    """Every string of every scenario, wherever it stands: logins, guards with the passwords of users, faults, findings, rewrites."""
    deployment = load_deployment(str(_deployment(tmp_path)))
    known = set(secrets_in(line.words for node in deployment.nodes for line in node.directives))
    assert known == set(SECRETS)
    tried: set[str] = set()
    for name in SCENARIOS:
        if scenario_named(name).unsuited(deployment, ENGINE):
            continue
        order = _ordered(deployment, name)
        plan, placement = order.plan, place(order, LoopbackSandbox(tmp_path, prefix="127.88.1"))
        tried |= {guard.credentials[-1] for guard in plan.guards if guard.credentials}
        shown = (shown_plan(plan), shown_placement(plan, placement))
        texts = [*_strings(msgspec.to_builtins(shown)), *shown_configuration(plan, placement).values()]
        secrets = (*SECRETS, *plan.secrets, *placement.secrets)
        assert not [text for text in texts if any(secret in text for secret in secrets)], name
    assert {"AppPass7Zebra8Quagga", "OffPass7Zebra8Quagga", "AclPass7Zebra8Quagga"} <= tried


def test_no_key_of_an_authority_is_shown() -> None:
    """It signs certificates that a trial's servers trust, and nobody needs it once the trial is over."""
    story = Story(hosts=2)
    placement = msgspec.structs.replace(story.placement(), authority=("certificate", "key"))
    assert shown_placement(story.plan(), placement).authority is None


def test_a_deployment_that_is_called_like_a_password_takes_it_from_no_net() -> None:
    """Its name stays, as names do; everywhere else the word is masked."""
    plan = msgspec.structs.replace(Story().plan(), deployment="zebra-crossing", secrets=("zebra-crossing",))
    assert secrets_of(plan).mask("it is zebra-crossing") == "it is <secret-1>"


def test_names_of_files_hold_no_secret() -> None:
    """In the manifest of a run folder's copies of the input, each name once."""
    files = {
        "a-zebra-crossing.conf": "port 1\n",
        "a-zebra crossing.conf": "port 2\n",
        "<secret-1>.conf": "",
        "zebra-crossing.conf": "",
    }
    plan = msgspec.structs.replace(Story().plan(), input_files=files, secrets=("zebra-crossing",))
    assert list(shown_input(plan)) == [
        "a-<secret-1>.conf",
        "a-zebra crossing.conf",
        "<secret-1>.conf",
        "<secret-1>.conf (4)",
    ]

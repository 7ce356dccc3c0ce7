"""Floating addresses: how they are described, whom lines that name one mean, and what the analysis says of them."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jsquared.analysis.analysis import analyse
from jsquared.deployment.model.directives import Source
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.model.spec import Deployment, Floating
from jsquared.deployment.read.floating import from_option
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.read.yaml.yaml_form import from_yaml
from jsquared.deployment.render.render import Rendered, render
from jsquared.deployment.render.rendering_context import Role
from jsquared.errors import BadInputError
from jsquared.records.plan import Engine

Tree = Callable[[dict[str, str]], Path]
ADDRESS, HERE = "10.9.0.100", "10.77.9.1"
ROLES: dict[Role, int] = {"data": 1, "sentinel": 2, "client": 3}
THREE = "data: [n1, n2, n3]\nsentinels: [n1, n2, n3]\n"


def yaml(text: str) -> Deployment:
    """A YAML deployment of three hosts with this as its list of floating addresses."""
    return from_yaml(f"{THREE}floating: {text}\n", Source("shop.yaml", "shop.yaml"), Path())


def native(tree: Tree, option: str = f"{ADDRESS}=primary", **lines: str) -> Deployment:
    """Three hosts: ``bind`` is the line of all data nodes, ``follow`` and ``monitor`` whom they name, ``data`` and ``sentinel`` more."""
    given = {"bind": "bind 10.9.0.{n}", "follow": "10.9.0.1", "monitor": "10.9.0.1", "data": "", "sentinel": ""} | lines
    files = {}
    for n in (1, 2, 3):
        follow = f"replicaof {given['follow']} 6379\n" if n > 1 else ""
        files[f"n{n}/redis.conf"] = f"{given['bind'].format(n=n)}\n{follow}{given['data']}\n"
        files[f"n{n}/sentinel.conf"] = f"sentinel monitor m {given['monitor']} 6379 2\n{given['sentinel']}\n"
    return load_deployment(tree(files), Allowed(floating=[option] if option else []))


def here(deployment: Deployment) -> Rendered:
    """Rendered where the floating address is :data:`HERE`."""
    numbers: dict[str, int] = {}

    def address(host: str, role: Role) -> str:
        return f"10.77.{ROLES[role]}.{numbers.setdefault(host, len(numbers) + 1)}"

    engine = Engine(name="redis", version="7.0.15")
    floating = {one.address: HERE for one in deployment.floating}
    return render(deployment, address, lambda host: Path("/lab") / host, engine, 1, floating=floating)


def lines(rendered: Rendered, node: str, word: str) -> list[str]:
    """The lines of a node's file that begin with a word."""
    return [line for line in rendered.files[node].splitlines() if line.startswith(word)]


def found(deployment: Deployment) -> dict[str, Any]:
    """The findings about floating addresses, by their rules."""
    return {one.rule: one for one in analyse(deployment) if one.rule.startswith("floating-address")}


def test_a_short_description_is_enough() -> None:
    """An address alone floats between all data hosts, follows the primary, and takes as long as keepalived does."""
    assert yaml(f"[{{address: {ADDRESS}}}]").floating == (
        Floating(ADDRESS, ("n1", "n2", "n3"), "n1", "primary", 3000, master_name="mymaster"),
    )


def test_everything_can_be_said() -> None:
    """Hosts in their order, the rule, its time, and whether servers may listen early; both forms say the same."""
    entry = f"[{{address: {ADDRESS}, hosts: [n3, n2], follows: host, after: 1500ms, preempt: no, nonlocal_bind: yes}}]"
    said = Floating(ADDRESS, ("n3", "n2"), "n3", "host", 1500, nonlocal_bind=True, preempts=False)
    assert yaml(entry).floating == (said,)
    option = f"{ADDRESS}=host,after=1500ms,hosts=n3+n2,preempt=no,nonlocal_bind=yes"
    assert load_deployment("reference", Allowed(floating=[option])).floating == (said,)


def test_what_never_moves_is_where_the_primary_is() -> None:
    """An address that is moved by hand only begins on the primary's host, or on the first of its hosts where the primary's is none."""
    assert yaml(f"[{{address: {ADDRESS}, hosts: [n2, n1], follows: manual}}]").floating[0].starts_on == "n1"
    assert yaml(f"[{{address: {ADDRESS}, hosts: [n3, n2], follows: manual}}]").floating[0].starts_on == "n3"


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("[{hosts: [n1, n2]}]", "no address"),
        ("[{address: vip}]", "'vip' is not an IPv4 address"),
        ("[{address: '::1'}]", "is not an IPv4 address"),
        ("[{address: 127.0.0.1}]", "is not an IPv4 address"),
        (f"[{{address: {ADDRESS}, follow: primary}}]", "Try: follows"),
        (f"[{{address: {ADDRESS}, follows: primaries}}]", "primary"),
        (f"[{{address: {ADDRESS}, after: 2}}]", "'2' is not a time from 500ms to 60s"),
        (f"[{{address: {ADDRESS}, after: 400ms}}]", "'400ms' is not a time"),
        (f"[{{address: {ADDRESS}, hosts: [n1, nn2]}}]", "host 'nn2' has no data node. Try: n2"),
        (f"[{{address: {ADDRESS}, hosts: [n1, somewhere]}}]", "one of n1, n2, n3"),
        (f"[{{address: {ADDRESS}, hosts: [n1]}}]", "floats between at least two hosts"),
        (f"[{{address: {ADDRESS}, hosts: [n1, n1, n2]}}]", "is given a host twice"),
        (f"[{{address: {ADDRESS}, hosts: [n2, n3]}}]", "no primary is among n2, n3"),
        (f"[{{address: {ADDRESS}}}, {{address: {ADDRESS}}}]", "is described twice"),
        (f"[{', '.join(f'{{address: 10.9.1.{n}}}' for n in range(17))}]", "more than 16 floating addresses"),
        ("10.9.0.100", "must be a list"),
    ],
)
def test_mistakes_in_yaml_are_named(entry: str, says: str) -> None:
    """Each is one line with the file, the place in it and what to try."""
    with pytest.raises(BadInputError, match=r"^shop.yaml:\d+, floating") as refusal:
        yaml(entry)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("option", "says"),
    [
        (ADDRESS, f"is not ADDRESS=RULE. Try: {ADDRESS}=primary"),
        ("=primary", "is not an IPv4 address"),
        (f"{ADDRESS}=primry", "Try: primary"),
        (f"{ADDRESS}=primary,aftr=2s", "Try: after=…"),
        (f"{ADDRESS}=primary,x", "'x' is not part of it"),
        (f"{ADDRESS}=primary,after=2s,after=3s", "'after' is given twice"),
        (f"{ADDRESS}=primary,nonlocal_bind=maybe", "'maybe' is none of yes, no"),
        (f"{ADDRESS}=host,follows=host", "'follows' is given twice"),
    ],
)
def test_mistakes_in_the_option_are_named(option: str, says: str) -> None:
    """Each is one line that begins with the option as it was given."""
    with pytest.raises(BadInputError) as refusal:
        from_option(option)
    assert str(refusal.value).startswith(f"--floating {option}: ")
    assert says in str(refusal.value)


def test_an_address_is_described_once(tmp_path: Path) -> None:
    """What the file describes the command line does not describe again, and a host's own address does not float."""
    file = tmp_path / "shop.yaml"
    file.write_text(f"{THREE}floating: [{{address: {ADDRESS}}}]\n", encoding="utf-8")
    with pytest.raises(BadInputError, match="is already described in the deployment"):
        load_deployment(file, Allowed(floating=[f"{ADDRESS}=manual"]))
    file.write_text("data: [10.9.0.1, 10.9.0.2]\nsentinels: [n1]\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=r"10\.9\.0\.1 is a host's own"):
        load_deployment(file, Allowed(floating=["10.9.0.1=primary"]))


def test_it_outlives_a_changed_line() -> None:
    """A setting that is changed for one run changes nothing about the addresses."""
    changed = apply_overrides(yaml(f"[{{address: {ADDRESS}}}]"), ["redis.appendonly=yes"])
    assert [one.address for one in changed.floating] == [ADDRESS]


def test_lines_that_name_it_keep_their_meaning(tree: Tree) -> None:
    """Whoever follows, monitors, announces or listens on it names here what stands for it, and not the host that has it."""
    bind = f"bind 10.9.0.{{n}} -{ADDRESS} 127.0.0.1"
    data = f"replica-announce-ip {ADDRESS}\nbind-source-addr {ADDRESS}"
    rendered = here(native(tree, bind=bind, follow=ADDRESS, monitor=ADDRESS, data=data))
    assert lines(rendered, "redis-n2", "bind") == [f"bind 10.77.1.2 -{HERE} 127.0.0.1", f"bind-source-addr {HERE}"]
    assert lines(rendered, "redis-n2", "replicaof") == [f"replicaof {HERE} 6379"]
    assert lines(rendered, "redis-n3", "replica-announce-ip") == [f"replica-announce-ip {HERE}"]
    assert lines(rendered, "sentinel-n3", "sentinel monitor") == [f"sentinel monitor m {HERE} 6379 2"]
    assert rendered.unreproduced_lines == ()


def test_who_listens_on_everything_does_so_here(tree: Tree) -> None:
    """A data node listens on what comes to its host, if it listens on everything; without floating addresses its own is enough."""
    shared = native(tree, bind="bind * -::*")
    assert lines(here(shared), "redis-n2", "bind") == ["bind * -::*"]
    assert lines(here(replace(shared, floating=())), "redis-n2", "bind") == ["bind 10.77.1.2"]


def test_an_address_that_nobody_describes_is_said_to_stay(tree: Tree) -> None:
    """What may hang on it is named, and so is the option that says how it moves."""
    rendered = here(native(tree, "", bind=f"bind 10.9.0.{{n}} -{ADDRESS}", monitor=ADDRESS))
    assert any(f"--floating {ADDRESS}=primary" in sentence for sentence in rendered.not_reproduced)
    assert len(rendered.unreproduced_lines) == 3


def test_who_listens_on_nothing_else_is_not_reproduced(tree: Tree) -> None:
    """The lab must see a server at its host's own address, so one without such an address is not run as it was written."""
    rendered = here(native(tree, bind=f"bind {ADDRESS} 127.0.0.1"))
    assert lines(rendered, "redis-n3", "bind") == [f"bind 10.77.1.3 {HERE} 127.0.0.1"]
    assert len(rendered.unreproduced_lines) == 3


@pytest.mark.parametrize(
    ("rule", "option", "given", "targets"),
    [
        ("monitored", "=primary", {"monitor": ADDRESS}, "sentinel-n1, sentinel-n2, sentinel-n3"),
        ("monitored", "=host", {"monitor": ADDRESS}, "sentinel-n1, sentinel-n2, sentinel-n3"),
        ("followed", "=primary", {"follow": ADDRESS}, "redis-n2, redis-n3"),
        (
            "announced",
            "=manual",
            {"sentinel": f"sentinel announce-ip {ADDRESS}"},
            "sentinel-n1, sentinel-n2, sentinel-n3",
        ),
        ("required", "=primary", {"bind": f"bind 10.9.0.{{n}} {ADDRESS}"}, "redis-n2, redis-n3"),
        ("not-listened-on", "=primary", {"bind": f"bind 10.9.0.{{n}} -{ADDRESS}"}, "redis-n2, redis-n3"),
        ("not-listened-on", "=primary", {"bind": "bind 10.9.0.{n}"}, "redis-n2, redis-n3"),
    ],
)
def test_lines_that_go_wrong_are_found(tree: Tree, rule: str, option: str, given: dict[str, str], targets: str) -> None:
    """Each finding names its nodes and the line that is responsible."""
    given = {"bind": "bind * -::*", **given}
    (finding,) = found(native(tree, f"{ADDRESS}{option}", **given)).values()
    assert (finding.rule, finding.target) == (f"floating-address-{rule}", targets)
    assert finding.directive
    assert finding.where


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("=primary", {"bind": "bind * -::*"}),
        ("=manual", {"bind": "bind * -::*", "monitor": ADDRESS, "follow": ADDRESS}),
        ("=primary,nonlocal_bind=yes", {"bind": f"bind 10.9.0.{{n}} {ADDRESS}"}),
        ("=primary,nonlocal_bind=yes", {"bind": f"bind 10.9.0.{{n}} -{ADDRESS}"}),
    ],
)
def test_lines_that_keep_their_meaning_are_not(tree: Tree, option: str, given: dict[str, str]) -> None:
    """Servers that listen on everything, or early; and addresses that never move, so they lead where they led."""
    deployment = native(tree, f"{ADDRESS}{option}", **given)
    assert found(deployment) == {}
    assert not any(one.rule in ("hosts-share-machine", "majority-dies-with-primary") for one in analyse(deployment))


def test_a_compose_file_takes_the_option(tmp_path: Path) -> None:
    """The containers that have data nodes share the address."""
    service = "{{image: redis:7, command: redis-server --bind '*'{more}}}"
    sentinel = "{image: redis:7, command: redis-sentinel /s.conf, configs: [{source: s, target: /s.conf}]}"
    text = (
        f"services:\n  a: {service.format(more='')}\n  b: {service.format(more=f' --replicaof {ADDRESS} 6379')}\n  s: {sentinel}\n"
        f"configs:\n  s: {{content: sentinel monitor m {ADDRESS} 6379 1}}\n"
    )
    file = tmp_path / "compose.yaml"
    file.write_text(text, encoding="utf-8")
    deployment = load_deployment(file, Allowed(floating=[f"{ADDRESS}=primary"]))
    assert [(one.hosts, one.starts_on) for one in deployment.floating] == [(("a", "b"), "a")]


def test_clients_may_go_through_it() -> None:
    """By the file or by an option; an address that is none of the deployment's is refused with its place."""
    whole = f"{THREE}floating: [{{address: {ADDRESS}}}]\nclients: {{through: {ADDRESS}}}\n"
    assert from_yaml(whole, Source("shop.yaml", "shop.yaml"), Path()).client_policy.through == ADDRESS
    shared = load_deployment("reference", Allowed(floating=[f"{ADDRESS}=primary"]))
    changed = apply_overrides(shared, [f"clients.through={ADDRESS}"])
    assert changed.client_policy.through == ADDRESS
    assert apply_overrides(changed, ["clients.through="]).client_policy.through == ""
    with pytest.raises(
        BadInputError, match=r"--with, clients\.through: clients go through 10\.9\.0\.10, .* Try: 10\.9\.0\.100"
    ):
        apply_overrides(shared, ["clients.through=10.9.0.10"])
    with pytest.raises(
        BadInputError, match=r"which is not one of its floating addresses\. Try: an entry of it in 'floating'"
    ):
        from_yaml(f"{THREE}clients: {{through: vip}}\n", Source("shop.yaml", "shop.yaml"), Path())

"""A secret that is glued to the name of its directive, in the value of another one, is shown by nothing that is said of the deployment."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jsquared.analysis.analysis import RULES, analyse
from jsquared.deployment.dialect.dialect import all_directives
from jsquared.deployment.model.reach import Allowed
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.render.not_reproduced import not_read
from jsquared.errors import BadInputError
from jsquared.records.masked_files import masked_files
from jsquared.records.secrets import NO_SECRETS, masked_at_the_door, remember

K = "Zebra77Quagga88Xylo"
SENTINEL = "sentinel monitor mymaster 10.0.0.1 6379 2\n"


def said_of(folder: Path, line: str = "", more: str = "", *settings: str) -> str:
    """All that is said of three hosts of which one has this line, and its Sentinel another one: findings, notes, copies, an error."""
    for number in (1, 2, 3):
        host = folder / f"n{number}"
        host.mkdir(exist_ok=True)
        upstream = "replicaof 10.0.0.1 6379\n" if number > 1 else ""
        own = (f"{line}\n", f"{more}\n") if number == 1 else ("", "")
        (host / "redis.conf").write_text(f"bind 10.0.0.{number}\n{upstream}{own[0]}")
        (host / "sentinel.conf").write_text(f"bind 10.0.0.{number}\n{SENTINEL}{own[1]}")
    remember(NO_SECRETS)
    try:
        return "\n".join(_said(folder, settings))
    except BadInputError as problem:
        return masked_at_the_door(str(problem))


def _said(folder: Path, settings: tuple[str, ...]) -> Iterator[str]:
    deployment = apply_overrides(load_deployment(str(folder), Allowed()), list(settings))
    yield from (msgspec.json.encode(finding).decode() for finding in analyse(deployment))
    yield from not_read(deployment)
    yield from masked_files(deployment.input_files, deployment.secrets).values()
    yield from (line.text for node in deployment.nodes for line in node.directives)
    yield from (line.where for node in deployment.nodes for line in node.directives)
    yield from (text for change in deployment.overrides for text in (change.before, change.after))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("port 6379requirepassK", "redis.conf:2, port: '6379requirepass<secret-1>' is not a whole number"),
        ("maxmemory requirepassK", '"try_with":["redis@n2.maxmemory=requirepass<secret-1>"'),
        ("maxmemory 1gb#requirepassK", '"fix":"maxmemory 1gb#requirepass<secret-1>"'),
        ("aclfile /x/requirepass=K", "the ACL file /x/requirepass=<secret-1> ("),
        ("tls-port 1\ntls-cert-file /x/requirepass=K/a.crt", "--allow-path /x/requirepass=<secret>"),
        ("maxmemory 1gb # pass: K", "maxmemory 1gb # <secret>"),
        ("include /x/requirepass=K/a.conf", "--allow-path /x/requirepass=<secret>"),
    ],
)  # fmt: skip
def test_the_place_stays_and_the_secret_has_a_mark(tmp_path: Path, line: str, said: str) -> None:
    """In errors, findings, fixes, settings to try, and what is not read."""
    text = said_of(tmp_path, line.replace("K", K))
    assert said in text
    assert "Zebra" not in text


def test_a_link_that_a_pattern_matches_is_told_without_its_secret(tmp_path: Path) -> None:
    """As the plain include is: its advice names the folder that the link leads to."""
    outside = tmp_path / f"requirepass={K}"
    outside.mkdir()
    (outside / "a.conf").write_text("hz 10\n")
    deployment = tmp_path / "d"
    (deployment / "n1").mkdir(parents=True)
    (deployment / "n1" / "l.conf").symlink_to(outside / "a.conf")
    for line in ("include l*.conf", "include l.conf"):
        text = said_of(deployment, line)
        assert f"--allow-path {tmp_path}/requirepass=<secret>" in text
        assert "Zebra" not in text


def test_ordinary_values_and_fixes_stay(tmp_path: Path) -> None:
    """Also those of files and rules that are called like a secret's directive."""
    text = said_of(tmp_path, "maxmemory 2gb\naclfile /etc/redis/users.acl\nlogfile /var/log/redis.log")
    assert '"try_with":["redis@n2.maxmemory=2gb"' in text
    assert "the ACL file /etc/redis/users.acl (" in text
    assert "<secret" not in text
    for rule in RULES.values():
        assert NO_SECRETS.mask(f"{rule.id}: {rule.about}") == f"{rule.id}: {rule.about}"


NAMES = st.sampled_from(
    ["requirepass", "masterauth", "primaryauth", "auth-pass", "sentinel-pass", "tls-key-file-pass", "RequirePass"]
)
JOINTS = st.sampled_from(
    ["", "=", ":", ":=", "-", "_", "#", "(", "[", "{", "<", ">", "@", "+", "~", "%", "é", ")", "]", ",", ";", "|", "."]
)
BEFORE = st.text(st.sampled_from("ab019/._-#:=@é"), max_size=4)
BEHIND = st.sampled_from(["", "/a.conf", ".acl", ")", ",x", "=1", " 2", ":6379"])
AT_SENTINEL = [
    "sentinel down-after-milliseconds mymaster",
    "sentinel announce-ip",
    "sentinel known-replica mymaster",
    "port",
    "bind",
]


@pytest.mark.unmeasured
@given(
    name=st.sampled_from(sorted(all_directives() - {"user", "rename-command"})),
    sentinel=st.sampled_from(AT_SENTINEL), where=st.sampled_from("dsw"),
    value=st.tuples(BEFORE, NAMES, JOINTS, st.just(K), BEHIND).map("".join), quoted=st.booleans(),
)  # fmt: skip
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_that_is_said_shows_a_glued_secret(
    tmp_path: Path, name: str, sentinel: str, where: str, value: str, quoted: bool
) -> None:
    """In the value of every directive of data nodes, in lines of Sentinels, and in what ``--with`` sets."""
    written = f'"{value}"' if quoted else value
    lines = (f"{name} {written}" if where == "d" else "", f"{sentinel} {written}" if where == "s" else "")
    text = said_of(tmp_path, *lines, *([f"redis.{name}={value}"] if where == "w" else []))
    assert "Zebra" not in text, text
    assert "Quagga" not in text, text

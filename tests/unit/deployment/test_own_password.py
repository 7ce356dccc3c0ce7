"""Where every account reaches the servers, a deployment without a password gets one, and one with a password keeps its lines."""

from pathlib import Path

import pytest

from jsquared.deployment.model.spec import Deployment
from jsquared.deployment.read.load import load_deployment
from jsquared.deployment.read.overrides import apply_overrides
from jsquared.deployment.render.own_password import STAYS_OPEN, stays_open, with_password
from jsquared.deployment.render.render import Rendered, render
from jsquared.records.plan import Engine

PASSWORD = "made-for-this-trial"
ENGINE = Engine(name="redis", version="7.0.15")


def rendered(deployment: Deployment, own_password: str = PASSWORD) -> Rendered:
    """The files of a deployment on loopback."""
    return render(deployment, lambda _, __: "127.9.9.1", lambda _: Path("/data"), ENGINE, 1, own_password=own_password)


def test_every_server_asks_for_it_and_knows_it_of_the_others() -> None:
    """Data nodes, Sentinels and clients log in with the password; the report shows the lines, and not the password."""
    result = rendered(load_deployment("two-primaries"))
    data = [text for name, text in result.files.items() if name.startswith("redis")]
    sentinels = [text for name, text in result.files.items() if name.startswith("sentinel")]
    assert all(f"requirepass {PASSWORD}\n" in text and f"masterauth {PASSWORD}\n" in text for text in data)
    names = load_deployment("two-primaries").master_names
    for text in sentinels:
        assert f"requirepass {PASSWORD}\n" in text
        assert f"sentinel sentinel-pass {PASSWORD}\n" in text
        assert all(f"sentinel auth-pass {name} {PASSWORD}\n" in text for name in names)
    assert {node.login for node in result.nodes} == {node.client_login for node in result.nodes} == {(PASSWORD,)}
    assert not any(PASSWORD in rewrite.after for rewrite in result.rewrites)
    assert any("requirepass (a password made for this trial)" in rewrite.after for rewrite in result.rewrites)
    assert STAYS_OPEN not in result.not_reproduced


@pytest.mark.parametrize("line", ["redis.requirepass=mine", "redis.masterauth=mine", "sentinel.auth-pass=mine"])
def test_a_deployment_with_a_password_keeps_its_lines(line: str) -> None:
    """Nothing is added where the configuration has a password anywhere, and servers that stay open are named."""
    deployment = apply_overrides(load_deployment("reference"), [line])
    assert with_password(deployment, PASSWORD) is deployment
    result = rendered(deployment)
    assert not any(PASSWORD in text for text in result.files.values())
    assert STAYS_OPEN in result.not_reproduced


def test_where_nobody_else_reaches_them_nothing_is_added() -> None:
    """Without a password of the trial's own, files stay as they are, and nothing is said."""
    deployment = apply_overrides(load_deployment("reference"), ["redis.requirepass=mine"])
    assert stays_open(load_deployment("reference")) == ()
    assert STAYS_OPEN not in rendered(deployment, "").not_reproduced

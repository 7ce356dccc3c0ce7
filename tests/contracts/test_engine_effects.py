"""The table of how directives take effect is what the engines themselves answer."""

from pathlib import Path

import pytest

from jsquared.deployment.dialect.effects import effects_of
from jsquared.running.engine import identify
from support.engine_effects import FOLDER, TriedEngine


@pytest.mark.parametrize(
    "engine", ["valkey_engine", pytest.param("redis_engine", marks=pytest.mark.redis), "old_redis_engine"]
)
def test_the_table_is_what_a_running_engine_answers(request: pytest.FixtureRequest, engine: str) -> None:
    """Every directive with the reply to its own value, every setting of Sentinel, and the coordinated failover."""
    path: Path = request.getfixturevalue(engine)
    tried = TriedEngine(identify(path, where="the test"))
    _, is_known = effects_of(tried.engine)
    assert is_known, "scripts/directives makes its file"
    assert (FOLDER / f"{tried.name}.txt").read_text(encoding="utf-8") == tried.file_text()

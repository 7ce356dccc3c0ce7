"""What a run folder keeps of the user's files shows no secret, in whatever way YAML or a shell writes it."""

import msgspec
import pytest

from jsquared.records.masked_files import can_be_marked, masked_files
from jsquared.records.secrets import Secrets
from jsquared.records.shown import shown_input
from support.records import Story

SECRET = "mossy-figtree-9"
SECRETS = Secrets().and_also([SECRET])


@pytest.mark.parametrize(
    "text",
    [
        'x-pw: &pw "moss\\x79-figtree-9"\ncommand: [redis-server, --requirepass, *pw]\n',
        'command:\n  - --requirepass\n  # a comment\n  - "mossy\\u002dfigtree-9"\n',
        'labels: {note: "mossy-\\\n  figtree-9"}\n',
        "command: redis-server --requirepass mossy-figtree-9\n",
    ],
)
def test_a_scalar_that_holds_a_secret_is_marked(text: str) -> None:
    """Also where its source does not show the secret: escapes, anchors, a line that goes on."""
    [masked] = masked_files({"compose.yaml": text}, SECRETS).values()
    assert "<secret-1>" in masked
    assert "figtree" not in masked
    assert masked.count("\n") >= 1


def test_what_is_no_secret_stays_as_it_is() -> None:
    """Comments, quotes and layout of a file without secrets are the user's own; other files are no YAML."""
    text = "# hello\na: 'it''s'   # why\nb: \"\\x41\"\n"
    assert masked_files({"compose.yaml": text, "x.conf": text}, SECRETS) == {"compose.yaml": text, "x.conf": text}


@pytest.mark.parametrize(
    ("text", "elsewhere", "can"),
    [
        ("command: redis-server --requirepass mossy-figtree-9", [], True),
        ('command: "redis-server --requirepass mossy\\x2dfigtree-9"', [], True),
        ("command: redis-server --requirepass $PW", ["mossy-figtree-9"], True),
        ('command: sh -c "A=mossy; redis-server --requirepass $$A-figtree-9"', [], False),
    ],
)
def test_a_secret_that_is_put_together_from_parts_cannot_be_marked(text: str, elsewhere: list[str], can: bool) -> None:
    """Each secret must stand in the file as one piece, or come from a variable."""
    assert can_be_marked([text], SECRETS, elsewhere) == can


def test_where_it_would_take_minutes_to_know_the_answer_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many secrets in many texts are not searched for at all."""

    def never(_value: str, _texts: object) -> bool:
        raise AssertionError

    monkeypatch.setattr(Secrets, "stand_in", staticmethod(never))
    many = Secrets().and_also(f"mossy-figtree-{number}" for number in range(5000))
    assert not can_be_marked(["command: redis-server"], many, ["x" * 100_000])


def test_a_run_folder_keeps_files_with_their_scalars_marked() -> None:
    """What is written below config/input is what was masked here, not the file with the secrets that YAML hides."""
    plan = msgspec.structs.replace(
        Story().plan(), input_files={"compose.yaml": 'pw: "moss\\x79-figtree-9"\n'}, secrets=(SECRET,)
    )
    assert shown_input(plan) == {"compose.yaml": "pw: '<secret-1>'\n"}

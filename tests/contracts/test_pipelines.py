"""A written pipeline's shell, run stage by stage in a repository: a good change passes, a bad one fails at the stage that it is bad for."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jsquared.cli.main import command_line
from jsquared.reference.pages import commands
from support.audited_files import sound_files
from support.pipeline_stages import Checkout, stages

pytestmark = [pytest.mark.unmeasured, pytest.mark.skipif(not shutil.which("git"), reason="there is no git")]
PLATFORMS = ("github", "gitlab", "jenkins")
DATA = "appendonly yes\nmin-replicas-to-write 1\nmin-replicas-max-lag 3\n"
SENTINEL = "sentinel down-after-milliseconds mymaster 3500\nsentinel failover-timeout mymaster 6000\n"
NAMES = ["Install JSquared", "Analyse the configuration", "Audit its security", "Plan the change", "Break it and see"]


def deployment() -> dict[str, str]:
    """Native files that the analysis and the audit find nothing wrong with."""
    files = sound_files()
    for name, text in files.items():
        if name.endswith("redis.conf"):
            files[name] = text.replace("user default off", "user default off ~* &* +@all") + DATA
        elif name.endswith("sentinel.conf"):
            files[name] = text + SENTINEL
    return files


Make = Callable[..., Checkout]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make a repository whose head has other text in place of some in all its files."""

    def call(platform: str, *replaced: tuple[str, str]) -> Checkout:
        files = deployment()
        checkout = Checkout(tmp_path, platform, files)
        for old, new in replaced:
            assert any(old in text for text in files.values())
            files = {name: text.replace(old, new) for name, text in files.items()}
        checkout.write({f"redis/{name}": text for name, text in files.items()})
        for path in checkout.root.glob("redis/*/*"):
            path.chmod(0o600)
        checkout.commit()
        return checkout

    yield call
    for folder in Path("/tmp").glob(f"jsquared-test-*-{tmp_path.name}"):
        shutil.rmtree(folder)


def results(checkout: Checkout, name: str) -> Path:
    """A file that a pipeline left."""
    return checkout.root / "jsquared-results" / name


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_good_change_passes(make: Make, platform: str) -> None:
    """All stages run, what they run would begin, the comment has the plan, and no password is among what is kept."""
    checkout = make(platform, ("mymaster 3500", "mymaster 4000"))
    ended = checkout.run()
    assert (ended.stage, ended.code) == ("", 0), ended.output
    assert [one.name for one in stages(platform, checkout.text) if not one.name.startswith("Look")][:-1] == NAMES
    comment = results(checkout, "comment.md").read_text()
    assert comment.startswith("<!-- jsquared -->\n**JSquared: passed**\n")
    assert "down-after-milliseconds mymaster 4000" in comment
    assert comment.rstrip().endswith("ran")
    assert not list(checkout.root.glob("jsquared-results/runs/*/config/*.*"))
    *installed, run, report = checkout.called()
    assert [words[1:3] for words in installed] == [["install", "--quiet"]] * 2
    assert "--require-hashes" in installed[0]
    parameters = commands(command_line())["run"].make_context("run", run[2:]).params
    assert (parameters["suite"], str(parameters["deployment"])) == ("standard", "redis")
    assert report[1:4] == ["report", "jsquared-results/runs/1", "--redact"]


@pytest.mark.parametrize(
    ("platform", "replaced", "stage", "code"),
    [
        ("github", ("mymaster 3500", "mymaster 30000"), "Analyse the configuration", 1),
        ("gitlab", ("maxmemory 1gb\n", "enable-debug-command yes\nprotected-mode no\n"), "Audit its security", 1),
        ("jenkins", ("mymaster 10.0.0.1 6379 2", "other 10.0.0.1 6379 2"), "Analyse the configuration", 2),
    ],
)
def test_a_bad_change_fails_at_its_stage(
    make: Make, platform: str, replaced: tuple[str, str], stage: str, code: int
) -> None:
    """With the exit code of that stage; nothing after it runs, and the comment says so."""
    checkout = make(platform, replaced)
    ended = checkout.run()
    assert (ended.stage, ended.code) == (stage, code), ended.output
    assert "JSquared: stopped at " in results(checkout, "comment.md").read_text()
    assert not [words for words in checkout.called() if words[1] == "run"]


def test_a_base_that_is_not_there_is_inconclusive(make: Make) -> None:
    """A clone without the base's commit cannot plan the change, which is exit code 3 and one line."""
    ended = make("gitlab", ("mymaster 3500", "mymaster 4000")).run(base="1" * 40)
    assert (ended.stage, ended.code) == ("Plan the change", 3), ended.output
    assert "Try: fetch the whole history" in ended.output


def test_an_inconclusive_suite_is_no_pass(make: Make) -> None:
    """Exit code 3 of the live stage is the pipeline's."""
    checkout = make("github", ("mymaster 3500", "mymaster 4000"))
    ended = checkout.run(live=3)
    assert (ended.stage, ended.code) == ("Break it and see", 3)
    assert not list(checkout.root.glob("jsquared-results/runs/*/config/*.*"))
    assert "stopped at run" in results(checkout, "comment.md").read_text()


@pytest.mark.parametrize("platform", PLATFORMS)
@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("FILL-IN", "is still the placeholder"),
        ("git+https://example.org/jsquared@main", "is not pinned to a commit"),
        ("git+https://example.org/jsquared@abc", "is not pinned to a commit"),
        ("gone.whl", "there is no such wheel"),
        ("jsquared", "is neither a wheel nor a pinned checkout"),
    ],
)
def test_a_source_that_is_not_pinned_fails_at_once(make: Make, platform: str, source: str, reason: str) -> None:
    """In one line with exit code 2, before anything is installed."""
    checkout = make(platform)
    ended = checkout.run(source=source)
    assert (ended.stage, ended.code) == ("Install JSquared", 2)
    [line] = ended.output.splitlines()
    assert line.startswith(f"jsquared: error: JSQUARED_SOURCE: {reason}. Try: ")
    assert checkout.called() == []

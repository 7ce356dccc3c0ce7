"""The shell stages of a written pipeline, taken out of its file and run as its platform would, without the platform."""

import json
import os
import re
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

import yaml

from jsquared.service.ci_pipeline import PlatformName, write_pipeline

MAIN_FILE = {"github": ".github/workflows/jsquared.yml", "gitlab": ".gitlab/jsquared.yml", "jenkins": "Jenkinsfile"}
SHELL = {
    "github": ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"],
    "gitlab": ["bash", "-eo", "pipefail", "-c"],
}
ALWAYS = "Collect what may be published"
SOURCE = "git+{address}@{commit}"


@dataclass(frozen=True)
class Stage:
    """One stage: its name and its shell."""

    name: str
    shell: str


@dataclass(frozen=True)
class Ended:
    """How a pipeline ended: the stage that failed with its exit code, or neither; and what it printed."""

    stage: str
    code: int
    output: str


def stages(platform: str, text: str) -> list[Stage]:
    """The stages of the job that checks, in their order, the one that always runs last."""
    if platform == "github":
        steps = yaml.safe_load(text)["jobs"]["check"]["steps"]
        return [Stage(step["name"], step["run"]) for step in steps if "run" in step]
    if platform == "gitlab":
        job = yaml.safe_load(text)["jsquared"]
        return [Stage(one.partition("\n")[0].removeprefix("# "), one) for one in [*job["script"], *job["after_script"]]]
    named = re.findall(r"stage\('([^']+)'\).*?'''(.*?)'''", text, re.DOTALL)
    [last] = re.findall(r"post \{.*?'''(.*?)'''", text, re.DOTALL)
    return [Stage(name, shell.replace("\\\\", "\\")) for name, shell in [*named, (ALWAYS, last)]]


def comment_stage(platform: str, text: str) -> str:
    """The shell that writes the comment."""
    document = yaml.safe_load(text)
    if platform == "github":
        return str(document["jobs"]["comment"]["steps"][-1]["run"])
    return str(document["jsquared-comment"]["script"][0])


class Checkout:
    """A repository with a deployment and a pipeline, its base committed, and the programs that the stages call."""

    def __init__(self, folder: Path, platform: str, deployment: dict[str, str]) -> None:
        self.root, self.platform, self.bin = folder / "repository", platform, folder / "bin"
        self.bin.mkdir(parents=True)
        self.temporary = folder / "temporary"
        self.temporary.mkdir()
        self.log = folder / "log"
        self.log.touch()
        self.write({f"redis/{name}": text for name, text in deployment.items()})
        self.git("init", "--quiet", "--initial-branch", "main")
        before = Path.cwd()
        os.chdir(self.root)
        try:
            write_pipeline(PlatformName(platform), Path("redis"), Path())
        finally:
            os.chdir(before)
        self.base = self.commit()
        self.source = SOURCE.format(address=f"file://{self.root}", commit=self.base)
        _python(self.bin / "python3", self.log)

    def write(self, files: dict[str, str]) -> None:
        """Write files of the repository."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def git(self, *words: str) -> str:
        """Run git there."""
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        argv = ["git", *identity, *words]
        return subprocess.run(argv, cwd=self.root, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self) -> str:
        """Commit everything, and return the commit."""
        self.git("add", "--all", "--force")
        self.git("commit", "--quiet", "--allow-empty", "--message", "A change")
        return self.git("rev-parse", "HEAD")

    @property
    def text(self) -> str:
        """The pipeline's file."""
        return (self.root / MAIN_FILE[self.platform]).read_text()

    def run(self, *, source: str | None = None, base: str | None = None, live: int = 0) -> Ended:
        """Run the pipeline as its platform does: until a stage fails, then the last one.

        :param live: the exit code of the live stage, which here records what it was told to run.
        """
        environment = {
            **os.environ,
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "JSQUARED_SOURCE": self.source if source is None else source,
            "DEPLOYMENT": "redis",
            "AUDIT_OPTIONS": "--fail-on high",
            "SUITE": "standard",
            "BASE": self.base if base is None else base,
            "CI_MERGE_REQUEST_DIFF_BASE_SHA": self.base if base is None else base,
            "GIT_PREVIOUS_SUCCESSFUL_COMMIT": self.base if base is None else base,
            "RUNNER_TEMP": str(self.temporary),
            "WORKSPACE_TMP": str(self.temporary),
            "CI_JOB_ID": f"test-{os.getpid()}-{self.root.parent.name}",
            "GITHUB_STEP_SUMMARY": str(self.temporary / "summary.md"),
            "JSQUARED_CHANGED": "yes",
            "LIVE_CODE": str(live),
        }
        failed, code, output = "", 0, ""
        for stage in stages(self.platform, self.text):
            if (failed and stage.name != ALWAYS) or stage.name.startswith("Look"):
                continue
            done = self.shell(stage.shell, environment)
            output += done.stdout
            if done.returncode and not failed:
                failed, code = stage.name, done.returncode
        return Ended(failed, code, output)

    def shell(self, text: str, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
        """Run one stage as its platform does."""
        argv = (
            ["sh", "-c", textwrap.dedent(text.partition("\n")[2])]
            if self.platform == "jenkins"
            else [*SHELL[self.platform], text]
        )
        return subprocess.run(
            argv, cwd=self.root, env=environment, text=True, check=False, timeout=200,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def called(self) -> list[list[str]]:
        """The programs that were installed or stood in for, with their arguments."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def _python(path: Path, log: Path) -> None:
    """A python3 whose ``-m venv`` makes a folder with a pip that only notes its arguments, and with this tree's jsquared."""
    source = Path(__file__).parents[2] / "src"
    path.write_text(
        f"""#!{sys.executable}
import json, os, pathlib, sys
if sys.argv[1:3] != ["-m", "venv"]:
    os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])
bin = pathlib.Path(sys.argv[3]) / "bin"
bin.mkdir(parents=True)
for name in ("pip", "jsquared"):
    (bin / name).write_text('''{_STAND_IN.replace("EXECUTABLE", sys.executable).replace("LOG", str(log)).replace("SOURCE", str(source))}''')
    (bin / name).chmod(0o755)
"""
    )
    path.chmod(0o755)


_STAND_IN = """#!EXECUTABLE
import json, os, pathlib, sys
name, *words = pathlib.Path(sys.argv[0]).name, *sys.argv[1:]
if name == "pip" or words[0] in ("run", "report"):
    with open("LOG", "a") as log:
        log.write(json.dumps([name, *words]) + chr(10))
    if words[0] == "run":
        config = pathlib.Path("jsquared-results/runs/1/config")
        config.mkdir(parents=True)
        (config / "redis-n1.conf").write_text("requirepass a-canary")
        (config.parent / "verdict.json").write_text("{}")
        pathlib.Path("jsquared-results/run.md").write_text("ran")
        sys.exit(int(os.environ["LIVE_CODE"]))
    sys.exit(0)
os.environ["PYTHONPATH"] = "SOURCE"
os.execv("EXECUTABLE", ["EXECUTABLE", "-m", "jsquared", *words])
"""

"""A pipeline as files: the same shell stages in the form of each platform. The text is in ``templates/``.

Every stage is plain POSIX shell, so that it can be run and tested without its platform. What differs from platform to platform is where
the branch's base, a folder for tools and the comment are.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2

from jsquared.errors import BadInputError

PLACEHOLDER = "FILL-IN"
"""What the user replaces by a wheel or a pinned checkout; the first stage refuses it."""
TITLES = {
    "changed": "Look whether the deployment changed",
    "install": "Install JSquared",
    "analyse": "Analyse the configuration",
    "audit": "Audit its security",
    "plan": "Plan the change",
    "run": "Break it and see",
    "finish": "Collect what may be published",
}
"""The names of the stages as a platform shows them."""
JENKINS_BASE = """\
if [ -n "${CHANGE_TARGET:-}" ]; then BASE=origin/$CHANGE_TARGET; else BASE=${GIT_PREVIOUS_SUCCESSFUL_COMMIT:-}; fi"""
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)*")
_FOLDER = Path(__file__).with_name("templates")
_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(_FOLDER),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    autoescape=False,  # noqa: S701 -- it is YAML and Groovy, and the only foreign text in it is a path of plain characters
)
_TEMPLATES.filters["groovy"] = lambda text: text.replace(
    "\\", "\\\\"
)  # a ''' string takes a backslash for the begin of an escape


@dataclass(frozen=True)
class Platform:
    """A platform: its files by template, and what its user does next."""

    files: dict[str, str]
    next_step: str


PLATFORMS = {
    "github": Platform(
        {".github/workflows/jsquared.yml": "github.yml.j2"}, "fill in JSQUARED_SOURCE in .github/workflows/jsquared.yml"
    ),
    "gitlab": Platform(
        {".gitlab/jsquared.yml": "gitlab.yml.j2", ".gitlab-ci.yml": "include.yml.j2"},
        "fill in JSQUARED_SOURCE in .gitlab/jsquared.yml",
    ),
    "jenkins": Platform({"Jenkinsfile": "Jenkinsfile.j2"}, "fill in JSQUARED_SOURCE in Jenkinsfile"),
}
INCLUDING = ".gitlab-ci.yml"
"""The file that a repository on GitLab may have already; it then gets the lines of ``include.yml.j2`` by hand."""


def pipeline_files(platform: str, deployment: str, *, is_folder: bool) -> dict[str, str]:
    """Return the files of a platform's pipeline by their paths in the repository.

    :param deployment: relative to the repository's root.
    :param is_folder: False: it is one file.
    :raises BadInputError: the path could mean something else in YAML, in a pattern or in a shell.
    """
    if not _PATH.fullmatch(deployment):
        raise BadInputError(
            "must be a folder or a file below the repository's root, of letters, digits and . _ - alone",
            where=deployment,
            hint="--deployment redis, from the repository's root",
        )

    def patterns(others: Sequence[str], all_in: str = "**") -> str:
        own = f"{deployment}/{all_in}" if is_folder else deployment
        return "[" + ", ".join(f'"{one}"' for one in (own, *others)) + "]"

    return {
        path: _TEMPLATES.get_template(template).render(
            deployment=deployment,
            patterns=patterns,
            script=_shell,
            titles=TITLES,
            base=JENKINS_BASE,
            source="\n".join(f"# {line}" for line in _text("source.txt").splitlines()),
        )
        + "\n"
        for path, template in PLATFORMS[platform].files.items()
    }


def _shell(stage: str) -> str:
    return _text(f"shell/{stage}.sh")


def _text(name: str) -> str:
    """A file as it stands: to jinja a shell's ``${#…}`` would begin a comment."""
    return (_FOLDER / name).read_text(encoding="utf-8").rstrip("\n")

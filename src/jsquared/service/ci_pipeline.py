"""Writes a pipeline for CI into a repository."""

import os
from enum import StrEnum
from pathlib import Path

import msgspec

from jsquared.errors import BadInputError
from jsquared.pipelines.pipeline import INCLUDING, PLATFORMS, pipeline_files
from jsquared.service.outputs import write_new


class PlatformName(StrEnum):
    """The platforms that a pipeline can be written for."""

    GITHUB = "github"
    GITLAB = "gitlab"
    JENKINS = "jenkins"


class WrittenPipeline(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a new pipeline, and what is to be done by hand."""

    platform: str
    deployment: str
    files: list[str]
    next: list[str]


def write_pipeline(platform: PlatformName, deployment: Path, out: Path) -> WrittenPipeline:
    """Write the files of a pipeline; nothing is overwritten.

    :param deployment: the folder or file in the repository.
    :param out: the repository's root.
    :raises BadInputError: there is no such deployment in the repository, or one of the files is there already.
    :raises RecordError: a file cannot be written.
    """
    try:
        is_folder, exists = deployment.is_dir(), deployment.exists()
        named = os.path.relpath(deployment.absolute(), out.absolute())
    except (OSError, ValueError):  # such as a name that is too long
        exists, is_folder, named = False, False, ""
    if not exists:
        raise BadInputError("no such folder or file", where=str(deployment), hint="--deployment FOLDER")
    files = pipeline_files(platform, named, is_folder=is_folder)
    steps = [PLATFORMS[platform].next_step]
    if INCLUDING in files and os.path.lexists(out / INCLUDING):
        del files[INCLUDING]
        steps.append(f"include it in {INCLUDING}: include: [{{local: .gitlab/jsquared.yml}}]")
    written = {out / path: text for path, text in files.items()}
    write_new(written, for_all=list(written))
    return WrittenPipeline(platform=str(platform), deployment=named, files=[str(path) for path in written], next=steps)

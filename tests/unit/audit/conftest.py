"""What tests of audits share: audits of a sound deployment's files with changes."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jsquared.audit.evidence import Evidence
from jsquared.audit.judgement import judge_evidence
from jsquared.deployment.read.load import load_deployment
from jsquared.records.audit_result import AuditFinding
from support.audited_files import sound_files

Change = tuple[str, str, str]
"""The end of files' names, a text in them, and what to put in its place; an empty text means the end of the file."""


@pytest.fixture
def evidence(tree: Callable[[dict[str, str]], Path]) -> Callable[..., Evidence]:
    """Writes the sound files, changed, readable by their owner alone, and reads them."""

    def of(*changes: Change, days: int = 90, address: str = "", mode: int = 0o600) -> Evidence:
        files = sound_files(days, address)
        for ending, old, new in changes:
            names = [name for name in files if name.endswith(ending)]
            assert names, ending
            for name in names:
                assert old in files[name], (name, old)
                files[name] = files[name].replace(old, new) if old else files[name] + new
        folder = tree(files)
        for file in folder.rglob("*.*"):
            file.chmod(mode)
        deployment = load_deployment(folder)
        return Evidence(deployment=deployment, name=deployment.name)

    return of


@pytest.fixture
def audited(evidence: Callable[..., Evidence]) -> Callable[..., list[AuditFinding]]:
    """The findings in the sound files, changed."""
    return lambda *changes, **more: judge_evidence(evidence(*changes, **more))

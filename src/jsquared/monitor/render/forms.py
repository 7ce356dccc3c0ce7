"""The forms of the stack by name, and everything that is written for one of them."""

from collections.abc import Callable, Mapping

from jsquared.monitor.render.compose_form import compose_files
from jsquared.monitor.render.kubernetes_form import kubernetes_files
from jsquared.monitor.render.readme import readme
from jsquared.monitor.render.stack import RenderedFile, Stack
from jsquared.monitor.render.systemd_form import systemd_files

FORMS: Mapping[str, Callable[[Stack], list[RenderedFile]]] = {
    "compose": compose_files,
    "systemd": systemd_files,
    "kubernetes": kubernetes_files,
}


def stack_files(form: str, stack: Stack) -> list[RenderedFile]:
    """Return all files of a form in the order of their paths, after the README that says what to do with them."""
    files = sorted(FORMS[form](stack), key=lambda file: file.path)
    return [RenderedFile(path="README.md", text=readme(form, stack)), *files]

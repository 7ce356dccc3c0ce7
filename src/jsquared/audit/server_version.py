"""The version of a server, with that of the distribution's package that its program came in."""

from pathlib import Path

from jsquared.advisories.package_version import parse_package
from jsquared.audit.evidence import VersionFacts
from jsquared.programs.installed_package import package_of


def version_of_program(server: str, version: str, program: Path) -> VersionFacts:
    """Return the version of a server binary of this machine, with the version of its package; empty where it is of none."""
    package = package_of(program)
    if package is None or parse_package(package.version) is None:
        return VersionFacts(server=server, version=version, package="")
    return VersionFacts(server=server, version=version, package=package.version, distribution=package.distribution)

"""The version of JSquared, in one place: the package's metadata and every record name it."""

__version__ = "0.1.0"

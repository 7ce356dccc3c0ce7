"""Databases: keys are set in other databases than the first."""

from typing import ClassVar

from jsquared.records.models.kept_replies import OK, Reply
from jsquared.records.models.model import Call, State, Words
from jsquared.records.models.versions import Versions

DATABASES = (1, 2)
"""Those that are used beside database 0; every server has 16 unless its configuration says otherwise."""


class Database(Versions):
    """SELECT of another database, GET, SET, SELECT back. The GET is a reader, as that of *versions*.

    The keys are looked for where they belong; one that lies in another database is an *unknown key* there.
    """

    name: ClassVar[str] = "database"
    needs: ClassVar[tuple[str, ...]] = ("SELECT", "GET", "SET")

    def database(self, series: int) -> int:
        """Databases 1 and 2 in turn."""
        return DATABASES[series % len(DATABASES)]

    def commands(self, call: Call) -> tuple[Words, ...]:
        """GET and SET in the database of the series."""
        return ((b"SELECT", self.database(call.series)), *super().commands(call), (b"SELECT", 0))

    def replies(self, state: State, call: Call) -> tuple[Reply, ...]:
        """OK to each SELECT as well."""
        return (OK, *super().replies(state, call), OK)

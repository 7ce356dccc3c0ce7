"""A progress that keeps what it is told."""

from dataclasses import dataclass, field

import pytest

from jsquared.service.progress import Notice


@dataclass
class Heard:
    """The notices so far, in order."""

    notices: list[Notice] = field(default_factory=list)

    def tell(self, notice: Notice) -> None:
        """Keep it."""
        self.notices.append(notice)

    def of(self, *kinds: type) -> list[Notice]:
        """Those of these kinds."""
        return [notice for notice in self.notices if isinstance(notice, kinds)]


@pytest.fixture
def heard() -> Heard:
    """A progress."""
    return Heard()

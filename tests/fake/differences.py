"""What a fake engine does otherwise than a real one: the list that docs/testing.md shows."""

from __future__ import annotations

import re

from attrs import frozen

__all__ = ["DIFFERENCES", "Difference"]


@frozen
class Difference:
    """A row of the list.

    Attributes:
        pattern: A regular expression of the differences that it covers; empty where no answer
            shows it.
        words: What is otherwise, in a sentence.
        versions: The API versions that it is for, by their beginnings; all if there are none.
    """

    pattern: str
    words: str
    versions: tuple[str, ...] = ()

    def covers(self, found: str, version: str) -> bool:
        """Tell whether a difference is one of this row's."""
        here = not self.versions or version in self.versions
        return bool(here and self.pattern and re.match(self.pattern, found))


DIFFERENCES: list[Difference] = []

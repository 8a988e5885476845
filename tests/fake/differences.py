"""What a fake engine does otherwise than a real one: the list that docs/testing.md shows."""

from __future__ import annotations

import re

from attrs import frozen

__all__ = ["DIFFERENCES", "Difference", "listed"]


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
        """Return whether a difference is one of this row's."""
        here = not self.versions or version in self.versions
        return bool(here and self.pattern and re.match(self.pattern, found))


DIFFERENCES: list[Difference] = [
    Difference(
        r"system\.info: |.*GraphDriver",
        "`/info` is plausible and not measured: runtimes, warnings and the storage driver are "
        "those of no machine.",
    ),
    Difference("", "No program runs: an image without a function has a shell of a few commands."),
    Difference(
        "",
        "`stop` does not wait for a program that ignores the signal, and the shell does: its exit "
        "code is 137 at once.",
    ),
    Difference(
        "",
        "A signal other than KILL ends a function that does not catch `Stopped`; the first process "
        "of a real container may ignore it.",
    ),
    Difference("", "A paused container's function goes on."),
    Difference(
        "", "Networks carry nothing: containers have addresses and ports, and nobody listens there."
    ),
    Difference("", "Volumes hold no files, and binds do not show the machine's."),
    Difference("", "An image is one layer, and its ID is of the fake engine's own making."),
    Difference(
        "",
        "A build knows the instructions of a Dockerfile in outline, keeps no cache between builds, "
        "and fetches nothing; BuildKit's sessions are accepted and not spoken.",
    ),
    Difference(
        "",
        "The registry is in the engine itself, for all names; every login succeeds.",
    ),
    Difference(
        "",
        "A swarm has the fake engines of this process; each service runs where it was made, tasks "
        "are not moved, and rolling updates are done at once.",
    ),
    Difference("", "A swarm is never locked, so that it is never unlocked either."),
    Difference("", "Plugins do nothing; none is asked for a volume or a network."),
    Difference(
        "",
        "Answers have what the specification of their version has: real engines send some fields "
        "before they are specified, such as the networks of a container before 1.32.",
    ),
    Difference("", "Resource limits are kept and told, and limit nothing; stats are made up."),
]


def listed() -> str:
    """Write the list as docs/testing.md has it."""
    return "".join(f"- {each.words}\n" for each in DIFFERENCES)

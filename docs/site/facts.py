"""The changes of each API version, as `moorage.diff` has it, and the releases that brought it."""

from __future__ import annotations

from collections import Counter

from attrs import frozen

from moorage import diff
from moorage.versions.published import endpoint, operation_names

__all__ = ["Facts", "Step", "collect"]


@frozen
class Step:
    """The changes that one version made to an operation."""

    operation: str
    endpoint: str
    changes: tuple[diff.Change, ...]


@frozen
class Facts:
    """The changes of operations by version, and the versions that changed one, by operation."""

    steps: dict[str, list[Step]]
    changed_in: dict[str, list[str]]

    def counted(self, version: str) -> Counter[diff.Impact]:
        """Count a version's changes by what they can do to a caller."""
        return Counter(change.impact for step in self.steps[version] for change in step.changes)

    def came(self, version: str) -> list[str]:
        """Name the operations that a version brought."""
        return self._presence(version, "added")

    def went(self, version: str) -> list[str]:
        """Name the operations that a version dropped."""
        return self._presence(version, "removed")

    def _presence(self, version: str, kind: diff.Kind) -> list[str]:
        return [
            step.operation
            for step in self.steps[version]
            if any(
                not each.place and each.aspect == "presence" and each.kind == kind
                for each in step.changes
            )
        ]


def collect(versions: tuple[str, ...]) -> Facts:
    """Compare each version with the one before it."""
    facts = Facts({version: [] for version in versions}, {})
    for name in operation_names():
        for revision in diff.history(name):
            facts.changed_in.setdefault(name, []).append(revision.version)
            facts.steps[revision.version].append(Step(name, endpoint(name), revision.changes))
    return facts

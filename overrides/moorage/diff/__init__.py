"""Compare two API versions, and show when each part of an operation came and went.

    from moorage import diff

    for operation in diff.between("1.41", "1.44"):
        for change in operation.changes:
            print(operation.name, change.impact, change)

    for revision in diff.history("containers.create"):
        print(revision.version, *revision.changes, sep="\\n")

It compares the published specifications, some of which document late, or wrongly, what engines do.
"""

from __future__ import annotations

from moorage.diff.change import Aspect, Change, Impact, Kind
from moorage.diff.compare import OperationDiff, Revision, between, history

__all__ = [
    "between",
    "history",
    "Aspect",
    "Change",
    "Impact",
    "Kind",
    "OperationDiff",
    "Revision",
]

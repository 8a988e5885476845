"""A diff and a history as plain data, for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from moorage.diff.change import Change
from moorage.diff.compare import OperationDiff, Revision
from moorage.versions.published import endpoint

__all__ = ["diff_data", "history_data"]


def diff_data(before: str, after: str, operations: Iterable[OperationDiff]) -> dict[str, Any]:
    """Put the result of `between` in dicts and lists, in its order."""
    return {
        "before": before,
        "after": after,
        "operations": [
            {
                "name": each.name,
                "endpoint": each.endpoint,
                "impact": each.impact,
                "changes": list(map(_change, each.changes)),
            }
            for each in operations
        ],
    }


def history_data(name: str, revisions: Iterable[Revision]) -> dict[str, Any]:
    """Put an operation's history in dicts and lists, the oldest version first."""
    return {
        "name": name,
        "endpoint": endpoint(name),
        "versions": [
            {"version": each.version, "changes": list(map(_change, each.changes))}
            for each in revisions
        ],
    }


def _change(change: Change) -> dict[str, str | None]:
    return {
        "place": change.place,
        "python_place": change.python_place,
        "aspect": change.aspect,
        "kind": change.kind,
        "impact": change.impact,
        "before": change.before,
        "after": change.after,
    }

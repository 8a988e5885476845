"""A diff and a history as text, for a terminal or a file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from moorage.diff.change import IMPACTS, Change, Impact
from moorage.diff.compare import OperationDiff, Revision
from moorage.versions.published import endpoint

__all__ = ["WORDS", "diff_text", "history_text", "summary"]

WORDS: dict[Impact, str] = {
    "breaking": "can break",
    "deprecated": "will break",
    "compatible": "can't break",
}
_COLOURS: dict[Impact, str] = {"breaking": "31", "deprecated": "33", "compatible": "32"}
_WIDTH = max(map(len, WORDS.values()))


def diff_text(
    before: str,
    after: str,
    operations: Sequence[OperationDiff],
    *,
    colour: bool = False,
    wire: bool = False,
) -> str:
    """Write the result of `between`, in its order: a block for each operation.

    Args:
        before: The first version.
        after: The other version.
        operations: The result of `between`.
        colour: Use a terminal's colours.
        wire: Name parameters and fields as in the JSON.
    """
    blocks = [f"API {before} to {after}: {summary(operations)}"]
    for each in operations:
        head = _bold(each.name, colour) + f"  {each.endpoint}"
        blocks.append("\n".join([head, *_lines(each.changes, colour, wire)]))
    return "\n\n".join(blocks)


def history_text(
    name: str, revisions: Iterable[Revision], *, colour: bool = False, wire: bool = False
) -> str:
    """Write an operation's history: a block for each version that changed it."""
    blocks = [_bold(name, colour) + f"  {endpoint(name)}"]
    for each in revisions:
        head = _bold(f"API {each.version}", colour)
        blocks.append("\n".join([head, *_lines(each.changes, colour, wire)]))
    return "\n\n".join(blocks)


def summary(operations: Sequence[OperationDiff]) -> str:
    """Count the changes by their impact on callers."""
    if not operations:
        return "no changes"
    counted = Counter(change.impact for each in operations for change in each.changes)
    parts = [f"{counted[each]} {WORDS[each]}" for each in IMPACTS if counted[each]]
    plural = "s" if len(operations) > 1 else ""
    return (
        f"{len(operations)} operation{plural} changed; of the changes, {', '.join(parts)} a caller"
    )


def _lines(changes: Iterable[Change], colour: bool, wire: bool) -> list[str]:
    lines = []
    for each in changes:
        word = WORDS[each.impact].ljust(_WIDTH)
        mark = f"\x1b[{_COLOURS[each.impact]}m{word}\x1b[0m" if colour else word
        lines.append(f"  {mark}  {each.described(wire=wire)}")
    return lines


def _bold(text: str, colour: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if colour else text

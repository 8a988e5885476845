"""A long JSON list, cut into shorter ones; a parser without I/O."""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["list_pieces"]

_PIECE = 1 << 17
"""Number of characters of a piece, or a few more; what it holds fits into a processor's caches."""


def list_pieces(text: str) -> Iterator[str]:
    """Cut a list before objects that begin with the same key as the first one.

    A cut that is not between two items leaves a bracket or a string open: the piece before it is no
    JSON, and whoever parses all pieces takes none of them wrongly.

    Raises:
        ValueError: The text is not a list.
    """
    if not text.startswith("["):
        raise ValueError("no list")
    mark = "}," + text[1 : text.find(":") + 1]
    place = 1
    while (cut := text.find(mark, place + _PIECE)) > 0:
        yield f"[{text[place : cut + 1]}]"
        place = cut + 2
    yield f"[{text[place:]}"

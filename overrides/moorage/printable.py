"""Make foreign text safe to show: it can't control a terminal, and can always be printed."""

from __future__ import annotations

__all__ = ["one_line", "printable"]


def printable(text: str) -> str:
    """Escape unprintable characters: control characters, lone surrogates, marks of direction.

    Line ends and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join(each if each in "\n\t" else one_line(each) for each in text)


def one_line(text: str) -> str:
    """Escape line ends and tabs too."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)

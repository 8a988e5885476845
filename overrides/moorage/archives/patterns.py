"""The patterns of a .dockerignore file as regular expressions.

The engine and its CLI write each pattern as a regular expression of Go's. The documented rules are
those of Go's filepath.Match, with `**` added; where the expression means something else, such as
any digit by `\\d`, that counts.
"""

from __future__ import annotations

import re

__all__ = ["translated"]

# Go's QuoteMeta, without what means something in a pattern.
_QUOTED = ".+()|{}$"
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SETS = {
    "d": "0-9",
    "D": r"\x00-/:-\U0010ffff",
    "s": r"\t\n\f\r ",
    "S": r"\x00-\x08\x0b\x0e-\x1f!-\U0010ffff",
    "w": "0-9A-Za-z_",
    "W": r"\x00-/:-@\[-\^`{-\U0010ffff",
}
_PLACES = {"A": r"\A", "B": r"(?a:\B)", "b": r"(?a:\b)", "z": r"\Z"}
_NAMED = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}


def translated(text: str) -> tuple[re.Pattern[str], int]:
    """Write a pattern as a regular expression, and count its characters that mean themselves.

    Raises:
        ValueError: A class is not closed, or is empty; or a backslash is followed by nothing known.
    """
    _check(text)
    expression, plain = _of_go(text)
    return re.compile(_Translation(expression).text()), plain


def _check(text: str) -> None:
    """Refuse what filepath.Match refuses."""
    at = 0
    while at < len(text):
        if text[at] == "[":
            at = _after_class(text, at + 1)
        elif text[at] == "\\" and at + 1 == len(text):
            raise ValueError
        else:
            at += 2 if text[at] == "\\" else 1


def _after_class(text: str, at: int) -> int:
    at += text.startswith("^", at)
    first = True
    while first or not text.startswith("]", at):
        first = False
        at = _after_member(text, at)
        if text.startswith("-", at):
            at = _after_member(text, at + 1)
    return at + 1


def _after_member(text: str, at: int) -> int:
    escaped = text.startswith("\\", at)
    at += escaped
    if at >= len(text) or (not escaped and text[at] in "-]"):
        raise ValueError
    return at + 1


def _of_go(text: str) -> tuple[str, int]:
    """Write a pattern as Go's expression, and count its characters that mean themselves."""
    parts: list[str] = []
    plain = at = 0
    while at < len(text):
        each = text[at]
        at += 1
        if each == "*" and text.startswith("*", at):
            at += 1
            at += text.startswith("/", at)
            parts.append(".*" if at == len(text) else "(.*/)?")
        elif each == "*":
            parts.append("[^/]*")
        elif each == "?":
            parts.append("[^/]")
        elif each == "\\":
            parts.append(text[at - 1 : at + 1])
            at += 1
        else:
            parts.append(f"\\{each}" if each in _QUOTED else each)
            plain += each not in "[]"
    return "".join(parts), plain


class _Translation:
    """An expression of Go's that is read from the left, and written for Python's `re`."""

    def __init__(self, expression: str) -> None:
        self._left = expression

    def text(self) -> str:
        """Return the expression for Python."""
        parts = []
        while self._left:
            each = self._take()
            if each == "[":
                parts.append(self._class())
            elif each == "\\":
                parts.append(self._escaped())
            else:
                parts.append(each if each in ".*?()^" else re.escape(each))
        return "".join(parts)

    def _take(self, count: int = 1) -> str:
        if len(self._left) < count:
            raise ValueError
        taken, self._left = self._left[:count], self._left[count:]
        return taken

    def _escaped(self) -> str:
        name = self._take()
        if name in _PLACES:
            return _PLACES[name]
        if name in _SETS:
            return f"[{_SETS[name]}]"
        return re.escape(self._character(name))

    def _character(self, name: str) -> str:
        """Return the character that one after a backslash stands for."""
        if name in _CONTROLS:
            return _CONTROLS[name]
        if not name.isascii() or name.isalnum():
            raise ValueError
        return name

    def _class(self) -> str:
        start = "[^" if self._left.startswith("^") else "["
        self._take(len(start) - 1)
        parts: list[str] = []
        while not (parts and self._left.startswith("]")):
            parts.append(self._members())
        self._take()
        return f"{start}{''.join(parts)}]"

    def _members(self) -> str:
        name, end, _ = self._left.removeprefix("[:").partition(":]")
        if self._left.startswith("[:") and end:
            self._take(len(name) + 4)
            if name.removeprefix("^") not in _NAMED or name.startswith("^"):
                raise ValueError
            return _NAMED[name]
        if self._left[:1] == "\\" and self._left[1:2] in _SETS:
            return _SETS[self._take(2)[1]]
        low = high = self._one()
        if self._left.startswith("-") and not self._left.startswith("-]"):
            self._take()
            high = self._one()
        if low > high:
            raise ValueError
        return f"{re.escape(low)}-{re.escape(high)}"

    def _one(self) -> str:
        each = self._take()
        return self._character(self._take()) if each == "\\" else each

"""The rules of a .dockerignore file, as the engine and its CLI read them.

The patterns are those of Go's filepath.Match with `**` added, and `!` before an exception. The last
pattern that matches a path, or one of the folders that it is in, counts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import TypeAlias

from attrs import frozen

__all__ = ["IgnoreRules", "Matched", "patterns_of"]

Matched: TypeAlias = tuple[bool, ...]
"""Which of the patterns match a folder: what is in it is matched by them too."""


def patterns_of(text: str) -> list[str]:
    """Read the patterns of a .dockerignore file: a comment begins in the first column."""
    found = []
    for line in text.removeprefix("\ufeff").split("\n"):
        pattern = "" if line.startswith("#") else line.strip()
        if not pattern:
            continue
        mark = pattern[0] == "!"
        pattern = pattern[mark:].strip()
        if pattern:
            pattern = _clean(pattern)
            if len(pattern) > 1:
                pattern = pattern.removeprefix("/")
        found.append("!" * mark + pattern)
    return found


def _clean(path: str) -> str:
    """Clean a path as Go's filepath.Clean does."""
    cleaned = posixpath.normpath(path)
    return cleaned[1:] if cleaned.startswith("//") else cleaned


class IgnoreRules:
    """Tells which paths are ignored.

    Args:
        patterns: Each as a line of the file has it.

    Raises:
        ValueError: One of them is malformed.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [_Pattern.parse(each) for each in patterns]

    def match(self, path: str, parent: Matched | None = None) -> tuple[bool, Matched]:
        """Tell whether a path is ignored, and which patterns match it.

        Args:
            path: The path, relative to the context.
            parent: Which patterns match the folder that it is in; None at the top.
        """
        ignored = False
        matches = []
        for place, pattern in enumerate(self._patterns):
            matched = parent is not None and parent[place]
            # A pattern that would change nothing is not asked, and counts as one that does not
            # match: the engine has it so, for what is in the folder as well.
            if not matched and pattern.exception == ignored:
                matched = pattern.match(path)
            matches.append(matched)
            if matched:
                ignored = not pattern.exception
        return ignored, tuple(matches)

    def may_keep_inside(self, folder: str) -> bool:
        """Tell whether an exception names something in a folder that is ignored."""
        return any(
            each.exception and f"{each.text}/".startswith(f"{folder}/") for each in self._patterns
        )


@frozen
class _Pattern:
    text: str
    exception: bool
    regex: re.Pattern[str] | None
    """None where the text is what the whole path, its beginning or its end has to be."""
    prefix: str | None = None
    suffix: str | None = None

    @classmethod
    def parse(cls, pattern: str) -> _Pattern:
        exception = pattern.startswith("!")
        text = pattern[exception:]
        if not text:
            raise ValueError('the pattern "!" names nothing')
        try:
            regex, plain = _translated(text)
        except (ValueError, re.error):
            raise ValueError(f"the pattern {text!r:.200} is malformed") from None
        rest = text.removeprefix("**")
        if rest != text and plain == len(rest.removeprefix("/")):
            # The engine takes "**a" for whatever ends in "a".
            return cls(text, exception, None, suffix=rest)
        if text.endswith("**") and plain == len(text) - 2:
            return cls(text, exception, None, prefix=text[:-2])
        return cls(text, exception, regex)

    def match(self, path: str) -> bool:
        if self.suffix is not None:
            return path.endswith(self.suffix) or f"/{path}" == self.suffix
        if self.prefix is not None:
            return path.startswith(self.prefix)
        return self.regex is not None and self.regex.fullmatch(path) is not None


def _translated(text: str) -> tuple[re.Pattern[str], int]:
    """Write a pattern as a regular expression, and count its characters that mean themselves.

    Raises:
        ValueError: A class is not closed, or is empty, or nothing follows a backslash.
    """
    parts: list[str] = []
    plain = at = 0
    while at < len(text):
        if text.startswith("**", at):
            at += 2
            if text.startswith("/", at):
                at += 1
            parts.append(".*" if at == len(text) else "(?:.*/)?")
        elif text[at] == "*":
            parts.append("[^/]*")
            at += 1
        elif text[at] == "?":
            parts.append("[^/]")
            at += 1
        elif text[at] == "[":
            at = _class(text, at + 1, parts)
        elif text[at] == "\\":
            if at + 1 == len(text):
                raise ValueError
            parts.append(re.escape(text[at + 1]))
            at += 2
        else:
            parts.append(re.escape(text[at]))
            plain += 1
            at += 1
    return re.compile("".join(parts)), plain


def _class(text: str, at: int, parts: list[str]) -> int:
    """Translate a class of characters; returns where the rest of the pattern begins."""
    ranges: list[str] = []
    negated = text.startswith("^", at)
    at += negated
    while not (ranges and text.startswith("]", at)):
        low, at = _member(text, at)
        high = low
        if text.startswith("-", at):
            high, at = _member(text, at + 1)
        if low > high:
            raise ValueError
        ranges.append(f"{re.escape(low)}-{re.escape(high)}")
    parts.append(f"[{'^' * negated}{''.join(ranges)}]")
    return at + 1


def _member(text: str, at: int) -> tuple[str, int]:
    escaped = text.startswith("\\", at)
    at += escaped
    if at >= len(text) or (not escaped and text[at] in "-]"):
        raise ValueError
    return text[at], at + 1

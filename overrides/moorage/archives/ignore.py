"""The rules of a .dockerignore file, as the engine and its CLI read them.

An exception has `!` before its pattern. The last pattern that matches a path, or a folder it is in,
decides.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import TypeAlias

from attrs import frozen

from moorage.archives.patterns import translated

__all__ = ["IgnoreRules", "Matched", "patterns_of"]

Matched: TypeAlias = tuple[bool, ...]
"""Which of the patterns match a folder, and so its content."""


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
    """Decides which paths are ignored.

    Args:
        patterns: The patterns, one for each line of the file.

    Raises:
        ValueError: A pattern is malformed.
    """

    def __init__(self, patterns: Iterable[str]) -> None:
        self._patterns = [_Pattern.parse(each) for each in patterns]

    def match(self, path: str, parent: Matched | None = None) -> tuple[bool, Matched]:
        """Return whether a path is ignored, and which patterns match it.

        Args:
            path: The path, relative to the context.
            parent: Which patterns match the folder that it is in; None at the top.
        """
        ignored = False
        matches = []
        for place, pattern in enumerate(self._patterns):
            matched = parent is not None and parent[place]
            # A pattern that would change nothing is not tried and counts as not matching, as in the
            # engine; so for what is in the folder.
            if not matched and pattern.exception == ignored:
                matched = pattern.match(path)
            matches.append(matched)
            if matched:
                ignored = not pattern.exception
        return ignored, tuple(matches)

    def ignores(self, path: str) -> bool:
        """Return whether a path is ignored, by itself or with one of the folders that it is in."""
        matched: Matched | None = None
        parts = path.split("/")
        for count in range(1, len(parts)):
            folder = "/".join(parts[:count])
            ignored, matched = self.match(folder, matched)
            if ignored and not self.may_keep_inside(folder):
                return True
        return self.match(path, matched)[0]

    def may_keep_inside(self, folder: str) -> bool:
        """Return whether an exception names something in a folder that is ignored."""
        return any(
            each.exception and f"{each.text}/".startswith(f"{folder}/") for each in self._patterns
        )


@frozen
class _Pattern:
    text: str
    exception: bool
    regex: re.Pattern[str] | None
    """None where the path, or its beginning or its end, has to be a text."""
    prefix: str | None = None
    suffix: str | None = None

    @classmethod
    def parse(cls, pattern: str) -> _Pattern:
        exception = pattern.startswith("!")
        text = pattern[exception:]
        if not text:
            raise ValueError('the pattern "!" names nothing')
        try:
            regex, plain = translated(text)
        except (ValueError, re.error):
            raise ValueError(f"the pattern {text!r:.200} is malformed") from None
        if plain == len(text):
            return cls(text, exception, None)
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
        return path == self.text if self.regex is None else bool(self.regex.fullmatch(path))

"""JSON documents, one after the other; a parser without I/O.

They may stand on lines of their own, follow each other directly, or begin with a record separator
(RFC 7464). A chunk may end anywhere, within a character too.
"""

from __future__ import annotations

import codecs
import json
import re
from typing import Any

from moorage.errors import EngineError, InvalidAnswer, StreamInterrupted

__all__ = ["JsonLines"]

_BETWEEN = re.compile(r"[ \t\r\n\x1e]*")
_WORD = re.compile(r'[^\s\x1e{}\[\]",:]+')
_LONGEST_WORD = 1000
# Everything between brackets: strings, ended or not, and the rest. A NUL marks the end of the text,
# which only an unended string swallows.
_MARK = "\0"
_PLAIN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[^"{}\[\]\0]++', re.DOTALL)
_raw_decode = json.JSONDecoder().raw_decode


class JsonLines:
    """Parses JSON documents, however the bytes are cut.

    A document is parsed once, at its last bracket: brackets are counted, so that a large one in
    many chunks takes no longer than in one. A number or a word outside of brackets is complete when
    something follows it.

    Args:
        operation: The operation's id, for messages.
    """

    def __init__(self, operation: str = "stream") -> None:
        self._operation = operation
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending: list[str] = []
        self._depth = 0
        # Prefix for the scan of the next chunk: empty, or the string that continues.
        self._within = ""
        self._error: EngineError | None = None

    def feed(self, data: bytes) -> list[Any]:
        """Parse bytes, and return the documents that are complete now.

        Raises:
            InvalidAnswer: Earlier bytes were not JSON.
        """
        self.check()
        return self._take(self._decoder.decode(data))

    def check(self) -> None:
        """Raise the error of the bytes after the last document."""
        if self._error is not None:
            raise self._error

    def close(self) -> list[Any]:
        """End the input; returns the document that this completes, if any.

        Raises:
            StreamInterrupted: They ended in the middle of a document.
            InvalidAnswer: They ended with something other than JSON.
        """
        self.check()
        # The line end completes a number.
        documents = self._take(self._decoder.decode(b"", final=True) + "\n")
        self.check()
        if any(_BETWEEN.sub("", each) for each in self._pending):
            raise StreamInterrupted(
                f"{self._operation}: the stream ended in the middle of a document"
            )
        return documents

    def _take(self, text: str) -> list[Any]:
        documents: list[Any] = []
        if not (self._depth or self._within or any(self._pending)):
            # Most chunks are whole lines, which need no count of brackets.
            text = text[_parse_whole(text, documents) :]
            if not text:
                return documents
        self._pending.append(text)
        # Within a document, there is nothing to parse until it ends.
        if not self._scan(text):
            return documents
        text = "".join(self._pending)
        position = self._parse(text, documents)
        self._pending = [text[position:]]
        return documents

    def _scan(self, text: str) -> bool:
        """Count brackets; returns whether a document may have ended in this text."""
        ended = self._depth == 0
        text = self._within + text
        brackets = _PLAIN.sub("", text + _MARK)
        if brackets.endswith(_MARK):
            self._within = ""
        else:
            # Still in a string; a lone backslash escapes the next character.
            escaped = (len(text) - len(text.rstrip("\\"))) % 2
            self._within = '"\\' if escaped else '"'
            ended = False
        for bracket in brackets:
            if bracket in "{[":
                self._depth += 1
            elif bracket != _MARK:
                self._depth -= 1
                ended |= self._depth <= 0
        return ended

    def _parse(self, text: str, documents: list[Any]) -> int:
        """Add complete documents; returns where the rest begins."""
        position, end = 0, len(text)
        while True:
            position = _BETWEEN.match(text, position).end()  # type: ignore[union-attr]
            if position == end:
                return position
            try:
                if text[position] in '{["':
                    document, position = _raw_decode(text, position)
                else:
                    word = _WORD.match(text, position)
                    if word is not None and word.end() == end and end - position <= _LONGEST_WORD:
                        return position
                    document = json.loads(word[0] if word is not None else "")
                    position = word.end() if word is not None else end
            except (ValueError, RecursionError):
                if self._depth <= 0 and not self._within:
                    came = text[position : position + 40]
                    self._error = InvalidAnswer(f"{self._operation}: expected JSON, got {came!r}")
                return position
            documents.append(document)


def _parse_whole(text: str, documents: list[Any]) -> int:
    """Add the complete objects, arrays and strings that a text begins with; return their end."""
    position, end = 0, len(text)
    while True:
        position = _BETWEEN.match(text, position).end()  # type: ignore[union-attr]
        if position == end or text[position] not in '{["':
            return position
        try:
            document, position = _raw_decode(text, position)
        except (ValueError, RecursionError):
            return position
        documents.append(document)

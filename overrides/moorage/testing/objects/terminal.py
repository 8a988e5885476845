"""The terminal of a process: its size, and the effect of the keys that are typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from attrs import define, field

__all__ = ["Terminal", "Typed"]

_END, _NEWLINE, _TAB = 0x04, 0x0A, 0x09
_ERASE, _ERASE_WORD, _ERASE_LINE = 0x7F, 0x17, 0x15
_SIGNALS = {0x03: "SIGINT", 0x1C: "SIGQUIT"}
_RAW = {
    "raw": True,
    "cbreak": True,
    "-icanon": True,
    "-raw": False,
    "cooked": False,
    "icanon": False,
}
_SIZES = {"rows": "rows", "cols": "columns", "columns": "columns"}
_IGNORED = ("isig", "icrnl", "ixon", "iexten", "opost", "onlcr", "echoe", "echok", "echoctl")


class Typed(NamedTuple):
    """The effect of typed bytes.

    Attributes:
        pieces: Input of the process; an empty piece is the key that ends it.
        shown: Bytes that the terminal writes back.
        signals: Names of the signals that keys send; input that was not read before them is lost.
    """

    pieces: list[bytes]
    shown: bytes
    signals: list[str]


@define(eq=False)
class Terminal:
    """A terminal as Linux has it: it writes back what is typed, and gives it on line by line.

    Attributes:
        rows: Its height; 0 as long as no client told it.
        columns: Its width; 0 as long as no client told it.
        echo: Whether it writes back what is typed.
        raw: Whether each byte is input at once: no key edits the line, ends the input or sends a
            signal.
    """

    rows: int = 0
    columns: int = 0
    echo: bool = True
    raw: bool = False
    _line: bytearray = field(factory=bytearray, init=False)

    def typed(self, data: bytes) -> Typed:
        """Take typed bytes; for the engine."""
        made = Typed([], b"", [])
        if self.raw:
            made.pieces.append(data)
            shown = b"".join(b"\n" if key == _NEWLINE else _shown(key) for key in data)
        else:
            shown = b"".join(self._key(key, made) for key in data.replace(b"\r", b"\n"))
        return made._replace(shown=shown if self.echo else b"")

    def output(self, data: bytes) -> bytes:
        """Return output of the process as the terminal writes it; for the engine."""
        return data if self.raw else data.replace(b"\n", b"\r\n")

    def set(self, words: Sequence[str]) -> None:
        """Apply settings, in the words of `stty`.

        Raises:
            ValueError: A word is unknown.
        """
        rest = iter(words)
        for word in rest:
            if word in _RAW:
                self.raw = _RAW[word]
            elif word in ("echo", "-echo"):
                self.echo = word == "echo"
            elif word == "sane":
                self.raw, self.echo = False, True
            elif word in _SIZES:
                setattr(self, _SIZES[word], int(next(rest, "")))
            elif word in ("min", "time"):
                int(next(rest, ""))
            elif word.removeprefix("-") not in _IGNORED:
                raise ValueError(word)

    def _key(self, key: int, made: Typed) -> bytes:
        """Take a key; returns what is shown of it."""
        if key in (_ERASE, _ERASE_WORD, _ERASE_LINE):
            return self._erased(key)
        if key in _SIGNALS:
            made.signals.append(_SIGNALS[key])
            made.pieces.clear()
            self._line.clear()
            return _shown(key)
        if key != _END:
            self._line.append(key)
        if key in (_NEWLINE, _END):
            made.pieces.append(bytes(self._line))
            self._line.clear()
        if key == _NEWLINE:
            return b"\r\n"
        return b"" if key == _END else _shown(key)

    def _erased(self, key: int) -> bytes:
        line = bytes(self._line)
        if key == _ERASE:
            kept = line[:-1]
        elif key == _ERASE_LINE:
            kept = b""
        else:
            words = line.rstrip()
            kept = words[: words.rfind(b" ") + 1]
        del self._line[len(kept) :]
        return b"\b \b" * sum(len(_shown(each)) for each in line[len(kept) :])


def _shown(key: int) -> bytes:
    """Return how a byte is written back: control characters with a caret."""
    if key == _TAB or (key >= 0x20 and key != _ERASE):
        return bytes([key])
    return bytes([0x5E, key ^ 0x40])

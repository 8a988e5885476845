"""Output of the verbs: text from elsewhere controls no terminal."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from moorage.printable import printable

__all__ = ["coloured", "complain", "say"]


def coloured(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that allows colours (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")


def say(text: str) -> None:
    """Print to stdout, at once."""
    print(printable(text), flush=True)


def complain(verb: str, message: object) -> None:
    """Print what went wrong to stderr, after the verb's name."""
    print(f"moorage {verb}: {printable(str(message))}", file=sys.stderr)

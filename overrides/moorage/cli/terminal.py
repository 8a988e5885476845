"""Colours in output."""

from __future__ import annotations

import os
from typing import TextIO

__all__ = ["coloured"]


def coloured(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that allows colours (no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR")

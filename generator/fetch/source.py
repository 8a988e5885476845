"""Interface of the sources of specs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Protocol

from generator.versions import Pin

__all__ = ["Deliver", "Fail", "Source", "without_secrets"]

Deliver = Callable[[Pin, bytes], None]
"""Receives the bytes of a source for a pin, and checks them."""

Fail = Callable[[Pin, str], None]
"""Receives the reason why a source has nothing for a pin."""


class Source(Protocol):
    """A place to get specs from."""

    name: str
    """Name in messages."""

    def read(self, wanted: Sequence[Pin], deliver: Deliver, fail: Fail) -> None:
        """Call `deliver` or `fail` for each wanted pin, as soon as its outcome is known."""


def without_secrets(text: str) -> str:
    """Return `text` with the user names and passwords of its URLs taken out."""
    return re.sub(r"(?<=://)[^/\s]*@", "", text)

"""Specs from a folder that the user names."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from generator.fetch.source import Deliver, Fail
from generator.versions import Pin, spec_name

__all__ = ["VARIABLE", "Mirror"]

VARIABLE = "MOORAGE_SPEC_MIRROR"


class Mirror:
    """The folder that the environment variable MOORAGE_SPEC_MIRROR names."""

    def __init__(self) -> None:
        """Read the environment."""
        self.folder = os.environ.get(VARIABLE)
        self.name = f"mirror {self.folder}" if self.folder else "mirror"

    def read(self, wanted: Sequence[Pin], deliver: Deliver, fail: Fail) -> None:
        """Read each wanted file of the folder."""
        for pin in wanted:
            if not self.folder:
                fail(pin, f"{VARIABLE} is not set")
                continue
            try:
                data = (Path(self.folder) / spec_name(pin.version)).read_bytes()
            except OSError as error:
                fail(pin, f"{spec_name(pin.version)}: {error.strerror}")
            else:
                deliver(pin, data)

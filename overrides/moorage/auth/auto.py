"""The argument that asks for credentials to be looked up."""

from __future__ import annotations

from enum import Enum
from typing import Final

__all__ = ["AUTO", "Auto"]


class Auto(Enum):
    """The type of `AUTO`."""

    AUTO = "auto"

    def __repr__(self) -> str:
        return self.name


AUTO: Final = Auto.AUTO
"""Look the credentials up where `docker login` leaves them."""

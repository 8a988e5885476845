"""The exception behind an engine's error response."""

from __future__ import annotations

__all__ = ["Refused"]


class Refused(Exception):
    """A request is answered with an error status and the engine's message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message

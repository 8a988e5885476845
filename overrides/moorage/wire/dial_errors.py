"""Errors of failed connections; pure."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["AddressesFailed", "DialFailed", "described"]


class DialFailed(ConnectionError):
    """A connection failed; the message also says what to do."""


class AddressesFailed(OSError):
    """Every address of a name failed; `errno` is set if all failed for the same reason.

    Args:
        tried: Each address that was tried, and its error.
    """

    def __init__(self, tried: Sequence[tuple[object, OSError]]) -> None:
        super().__init__()
        numbers = {error.errno for _, error in tried}
        self.errno: int | None = numbers.pop() if len(numbers) == 1 else None
        self._text = "; ".join(map(described, tried)) or "it has no address"

    def __str__(self) -> str:
        return self._text


def described(attempt: tuple[object, OSError]) -> str:
    """Describe a failed attempt."""
    address, error = attempt
    return f"{address}: {error.strerror or error}"

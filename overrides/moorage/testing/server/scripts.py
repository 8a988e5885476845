"""Scripted trouble: failures, slow responses and broken connections."""

from __future__ import annotations

import threading
from collections.abc import Callable
from difflib import get_close_matches

from attrs import define, field

from moorage.testing.server.routing import operations_of

__all__ = ["Scripts", "Trouble"]


@define
class Trouble:
    """Trouble for an operation's next requests.

    Attributes:
        status: The status of an error; None answers as usual.
        message: The error's message.
        after: Bytes of the body after which the connection is cut; None does not cut it.
        drop: Hang up without an answer.
        seconds: Seconds to wait before the answer.
        left: Number of requests it applies to; None is all.
    """

    status: int | None = None
    message: str = ""
    after: int | None = None
    drop: bool = False
    seconds: float = 0.0
    left: int | None = 1


@define
class Scripts:
    """The troubles of all operations, by their names."""

    version: str
    _troubles: dict[str, list[Trouble]] = field(factory=dict)
    _lock: threading.Lock = field(factory=threading.Lock)

    def add(self, operation: str, trouble: Trouble) -> None:
        """Add a trouble.

        Raises:
            ValueError: The version lacks the operation.
        """
        names = operations_of(self.version)
        if operation not in names:
            close = get_close_matches(operation, names, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"{operation!r} is not an operation of API {self.version}{hint}")
        with self._lock:
            self._troubles.setdefault(operation, []).append(trouble)

    def take(self, operation: str) -> list[Trouble]:
        """Return the troubles of a request: the next of each kind."""
        kinds: tuple[Callable[[Trouble], bool], ...] = (
            lambda each: each.seconds > 0,
            lambda each: each.status is not None or each.drop or each.after is not None,
        )
        taken = []
        with self._lock:
            waiting = self._troubles.get(operation, [])
            for kind in kinds:
                found = next((each for each in waiting if kind(each)), None)
                if found is None:
                    continue
                taken.append(found)
                if found.left is not None:
                    found.left -= 1
                    if not found.left:
                        waiting.remove(found)
        return taken

    def clear(self) -> None:
        """Remove all troubles."""
        with self._lock:
            self._troubles.clear()

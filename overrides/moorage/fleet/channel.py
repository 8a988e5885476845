"""A queue that several threads fill and one reads, until the reader closes it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Generic, Self, TypeVar

__all__ = ["Channel"]

T = TypeVar("T")


class Channel(Generic[T]):
    """A queue between threads; a context manager that ends its senders.

    Args:
        senders: Number of threads that put items. The channel ends with the last of them.
        most: Number of buffered items at which senders wait.

    Attributes:
        closed: Whether the reader has closed the channel.
    """

    def __init__(self, senders: int, most: int) -> None:
        self.closed: bool = False
        self._senders = senders
        self._most = most
        self._items: deque[T] = deque()
        self._failure: BaseException | None = None
        self._closings: set[Callable[[], None]] = set()
        self._changed = Condition()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        with self._changed:
            self.closed = True
            self._changed.notify_all()
            closings = [*self._closings]
        for close in closings:
            close()

    def __iter__(self) -> Iterator[T]:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or not self._senders or self._failure)
                if self._failure is not None:
                    raise self._failure
                if not self._items:
                    return
                item = self._items.popleft()
                self._changed.notify_all()
            yield item

    @contextmanager
    def sender(self) -> Iterator[None]:
        """Run as a sender; its exceptions are raised to the reader."""
        failure: BaseException | None = None
        try:
            yield
        except BaseException as error:
            failure = error
        finally:
            with self._changed:
                self._senders -= 1
                self._failure = self._failure or failure
                self._changed.notify_all()

    def put(self, item: T) -> None:
        """Put an item, and wait while the reader is behind; a closed channel drops it."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._items) < self._most or self.closed)
            if not self.closed:
                self._items.append(item)
                self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait, unless the channel is closed meanwhile."""
        with self._changed:
            self._changed.wait_for(lambda: self.closed, seconds)

    @contextmanager
    def closing(self, close: Callable[[], None]) -> Iterator[None]:
        """Register a function to call when the channel is closed, to wake the thread."""
        with self._changed:
            self._closings.add(close)
            closed = self.closed
        if closed:
            close()
        try:
            yield
        finally:
            with self._changed:
                self._closings.discard(close)

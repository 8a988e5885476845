"""Resume an engine's events after the connection was lost, and drop repeated ones."""

from __future__ import annotations

from collections import deque
from time import time
from typing import Any

from moorage.errors import APIError, EngineError

__all__ = ["Resumption"]

_KEPT = 256
"""Number of events an engine keeps and can send again."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 10.0


class Resumption:
    """The events of one engine, over its connections.

    Attributes:
        since: Start of the next connection's events, for `system.events(since=)`.
        over: Whether the engine refused the request, so that a retry is pointless.
    """

    def __init__(self, since: Any) -> None:
        self.since: Any = since
        self.over: bool = False
        self._failed = False
        self._last = 0
        self._recent: deque[tuple[Any, ...]] = deque(maxlen=_KEPT)
        self._repeated: frozenset[tuple[Any, ...]] = frozenset()
        self._pause = _FIRST_PAUSE

    def opened(self) -> None:
        """Note that the engine sends events now."""
        self._failed = False
        self._pause = _FIRST_PAUSE
        if self.since is None:
            # From now on, a lost connection loses nothing. This machine's clock may differ from the
            # engine's, so it is used only until the first event.
            self.since = f"{time():.3f}"

    def is_new(self, event: Any) -> bool:
        """Return whether an event is new."""
        key = (event.time_nano, event.type, event.action, event.actor and event.actor.id)
        if key in self._repeated:
            return False
        self._recent.append(key)
        if event.time_nano and event.time_nano > self._last:
            self._last = event.time_nano
            seconds, rest = divmod(self._last, 10**9)
            self.since = f"{seconds}.{rest:09d}"
        return True

    def is_news(self, error: EngineError) -> bool:
        """Note an error, and return whether it is the first since the engine sent events."""
        self.over = isinstance(error, APIError) and error.status < 500
        known, self._failed = self._failed, True
        return not known

    def lost(self) -> float:
        """Note that the connection was lost, and return how many seconds to wait for the next."""
        self._repeated = frozenset(self._recent)
        pause, self._pause = self._pause, min(self._pause * 2, _LONGEST_PAUSE)
        return pause

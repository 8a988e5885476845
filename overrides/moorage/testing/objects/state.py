"""The state of a fake engine, under one lock, and the events of its changes."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moorage.testing.objects.clock import new_id, now_ns, timestamp, unix_seconds
from moorage.versions.numbers import version_key

__all__ = ["State"]

_EVENTS_KEPT = 256
_SLICE = 0.25


class State:
    """The objects of a fake engine; hold `lock` to read or change them.

    It keeps all objects without knowing their classes, which depend on it.

    Attributes:
        version: The newest API version that the engine speaks.
        lock: A condition that is notified at each change.
        closed: Whether the engine was stopped.
    """

    def __init__(self, version: str, min_version: str) -> None:
        self.version = version
        self.min_version = min_version
        self.lock: threading.Condition = threading.Condition(threading.RLock())
        self.closed = False
        self.id: str = new_id()
        self.started: str = timestamp()
        self.images: dict[str, Any] = {}
        self.known: dict[str, Any] = {}
        """Images known by their IDs that are not in the engine."""
        self.registry: dict[str, Any] = {}
        self.plugin_registry: dict[str, Any] = {}
        self.containers: dict[str, Any] = {}
        self.execs: dict[str, Any] = {}
        self.networks: dict[str, dict[str, Any]] = {}
        self.volumes: dict[str, dict[str, Any]] = {}
        self.plugins: dict[str, Any] = {}
        self.build_cache: list[dict[str, Any]] = []
        self.swarm: Any = None
        self.events: deque[dict[str, Any]] = deque(maxlen=_EVENTS_KEPT)
        self.event_count: int = 0
        self.next_pid: int = 1000
        self.next_port: int = 32768

    def since(self, version: str) -> bool:
        """Return whether the engine's own version is not older than this one."""
        return version_key(self.version) >= version_key(version)

    def emit(
        self,
        kind: str,
        action: str,
        actor: str,
        attributes: Mapping[str, str] | None = None,
        /,
        **more: str,
    ) -> None:
        """Add an event, with its object's attributes and its own."""
        attributes = {**(attributes or {}), **more}
        moment = now_ns()
        with self.lock:
            event: dict[str, Any] = {
                "Type": kind,
                "Action": action,
                "Actor": {"ID": actor, "Attributes": attributes},
                "scope": "swarm" if kind in ("service", "node", "secret", "config") else "local",
                "time": unix_seconds(moment),
                "timeNano": moment,
            }
            if kind in ("container", "image"):
                event |= {"status": action, "id": actor}
            if "image" in attributes and kind == "container":
                event["from"] = attributes["image"]
            self.events.append(event)
            self.event_count += 1
            self.lock.notify_all()

    def wait_for(self, found: Callable[[], bool], gone: Callable[[], bool]) -> bool:
        """Wait for a condition, as long as the client is connected and the engine runs."""
        with self.lock:
            while not found():
                if self.closed or gone():
                    return False
                self.lock.wait(_SLICE)
            return True

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the lock for a change, and notify waiting threads."""
        with self.lock:
            yield
            self.lock.notify_all()

    def new_pid(self) -> int:
        """Return the number of a new process."""
        with self.lock:
            self.next_pid += 1
            return self.next_pid

    def new_port(self) -> int:
        """Return a free port of the host."""
        with self.lock:
            self.next_port += 1
            return self.next_port

"""The state of a stream's process, as reported by the engine; without I/O."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from moorage.arguments import as_is
from moorage.errors import InvalidAnswer
from moorage.parameters.paths import segment
from moorage.parse.detach_keys import DETACH_KEYS, detach_keys
from moorage.request import Process, Request

__all__ = ["ProcessState", "question"]

# An exec reports whether it runs; a container, its status. A created one will run.
_ALIVE = (True, "created", "running", "paused")
_NEVER = "0001-"
# An engine also reports this for a running process whose output it could not write.
_BROKEN = 126


class ProcessState:
    """The engine's JSON about a process, and the places in it."""

    __slots__ = ("about", "process")

    def __init__(self, process: Process, about: Any) -> None:
        self.process: Process = process
        self.about: Any = about

    @property
    def tty(self) -> bool:
        """Whether the process has a terminal."""
        return bool(self._follow(self.process.tty))

    @property
    def alive(self) -> bool:
        """Whether the process runs, or will run."""
        return self._follow(self.process.running) in _ALIVE

    @property
    def exit_code(self) -> int:
        """The exit code of a process that has ended.

        Raises:
            InvalidAnswer: The engine did not report it.
        """
        code = self._follow(self.process.exit_code)
        if not isinstance(code, int):
            raise InvalidAnswer(f"{self.process.path} has no exit code")
        return code

    def is_the_same(self, now: ProcessState) -> bool:
        """Return whether a later state can be of the same process."""
        started = str(self._follow(self.process.started) or _NEVER)
        unstarted = started.startswith(_NEVER)
        return self._restarts() == now._restarts() and (
            unstarted or started == now._follow(now.process.started)
        )

    def detach_keys(self, request: Request[Any]) -> bytes:
        """Return the keys that detach the session that the request began."""
        if not self.process.detach_keys:
            return detach_keys(str(request.query.get("detachKeys") or ""))
        keys = self._follow(self.process.detach_keys) or ""
        try:
            return base64.b64decode(keys, validate=True) or DETACH_KEYS
        except (binascii.Error, TypeError, ValueError):
            pass
        try:
            return detach_keys(keys)  # Podman reports the keys as given
        except (AttributeError, ValueError):
            raise InvalidAnswer(f"{self.process.path} has malformed detach keys") from None

    def doubt(self, operation: str) -> Request[bool] | None:
        """Make the request that checks whether the process still runs although reported as ended.

        Returns:
            None if the report is reliable.
        """
        pid = self._follow(self.process.pid)
        if not pid or self._follow(self.process.exit_code) != _BROKEN:
            return None
        container = segment("container", str(self._follow(self.process.container)))

        def listed(top: Any) -> bool:
            column = top["Titles"].index("PID")
            return any(row[column] == str(pid) for row in top["Processes"])

        return Request(operation, "GET", f"/containers/{container}/top", listed)

    def _restarts(self) -> Any:
        return self._follow(self.process.restarts) or 0

    def _follow(self, keys: tuple[str, ...]) -> Any:
        data = self.about if keys else None
        for key in keys:
            data = data.get(key) if isinstance(data, dict) else None
        return data


def question(operation: str, process: Process) -> Request[Any]:
    """Make the request for the state of a process."""
    return Request(operation, "GET", process.path, as_is)

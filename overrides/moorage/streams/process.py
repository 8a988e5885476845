"""The state of the process whose output a stream carries, as an engine tells it; without I/O."""

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

# An exec tells whether it runs; a container, its status. One that was created will run.
_ALIVE = (True, "created", "running", "paused")
_NEVER = "0001-"
# An engine says so of a process that has not ended too, when it could not write its output.
_BROKEN = 126


class ProcessState:
    """The JSON that the engine answered about a process, and where in it to look."""

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
        """Whether the process runs, or is to."""
        return self._follow(self.process.running) in _ALIVE

    @property
    def exit_code(self) -> int:
        """The exit code of a process that has ended.

        Raises:
            InvalidAnswer: the engine does not tell it.
        """
        code = self._follow(self.process.exit_code)
        if not isinstance(code, int):
            raise InvalidAnswer(f"{self.process.path} has no exit code")
        return code

    def is_the_same(self, now: ProcessState) -> bool:
        """Tell whether the process told about now can be the one that was told about here."""
        started = str(self._follow(self.process.started) or _NEVER)
        unstarted = started.startswith(_NEVER)
        return self._restarts() == now._restarts() and (
            unstarted or started == now._follow(now.process.started)
        )

    def detach_keys(self, request: Request[Any]) -> bytes:
        """Return the keys that detach the session that the request began."""
        if not self.process.detach_keys:
            return detach_keys(str(request.query.get("detachKeys") or ""))
        told = self._follow(self.process.detach_keys) or ""
        try:
            return base64.b64decode(told, validate=True) or DETACH_KEYS
        except (binascii.Error, TypeError, ValueError):
            pass
        try:
            return detach_keys(told)  # Podman tells the keys as they were given
        except (AttributeError, ValueError):
            raise InvalidAnswer(f"{self.process.path} has malformed detach keys") from None

    def doubt(self, operation: str) -> Request[bool] | None:
        """Make the request that asks whether the process runs although the engine denies it.

        Returns:
            None if there is no reason to doubt it.
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
    """Make the request that asks the engine about a process."""
    return Request(operation, "GET", process.path, as_is)

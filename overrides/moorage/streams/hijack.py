"""A connection taken over: HTTP ends after the headers, and a process' terminal or pipes begin."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from moorage.errors import EngineError, StreamInterrupted
from moorage.streams.frames import AsyncFrames, Frames
from moorage.transport.wire import SWITCHED

if TYPE_CHECKING:
    import httpx

__all__ = ["AsyncConnection", "Connection"]


class Connection(Frames):
    """A process' input and output; a context manager that closes it, an iterator over `Frame`s.

    The output is read as that of `Frames`. Another thread may write meanwhile.
    """

    def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin; opens the connection.

        Raises:
            StreamInterrupted: the connection was cut.
            EngineError: the connection can't be written to, or is closed.
        """
        self._opened()
        with _broken(self._request.operation):
            _network(self._response, self._request.operation).write(data)

    def close_write(self) -> None:
        """End the process' stdin; its output goes on. Opens the connection.

        Raises:
            StreamInterrupted: the connection was cut.
            EngineError: the connection can't be written to, or is closed.
        """
        self._opened()
        _end_input(self._response, self._request.operation)


class AsyncConnection(AsyncFrames):
    """As `Connection`, an asynchronous context manager and iterator."""

    async def write(self, data: bytes) -> None:
        """Send bytes to the process' stdin; opens the connection.

        Raises:
            StreamInterrupted: the connection was cut.
            EngineError: the connection can't be written to, or is closed.
        """
        await self._opened()
        with _broken(self._request.operation):
            await _network(self._response, self._request.operation).write(data)

    async def close_write(self) -> None:
        """End the process' stdin; its output goes on. Opens the connection.

        Raises:
            StreamInterrupted: the connection was cut.
            EngineError: the connection can't be written to, or is closed.
        """
        await self._opened()
        _end_input(self._response, self._request.operation)


def _network(response: httpx.Response | None, operation: str) -> Any:
    if response is None or response.is_closed:
        raise EngineError(f"{operation}: the connection is closed")
    if response.status_code != SWITCHED:
        raise EngineError(
            f"{operation}: the engine did not hand the connection over "
            f"({response.status_code}): its output can be read, its input not written"
        )
    return response.extensions["network_stream"]


def _end_input(response: httpx.Response | None, operation: str) -> None:
    # Closing but one half is not in httpx's interface: it needs the socket.
    raw = _network(response, operation).get_extra_info("socket")
    with _broken(operation):
        raw.shutdown(socket.SHUT_WR)


@contextmanager
def _broken(operation: str) -> Iterator[None]:
    try:
        yield
    except EngineError:
        raise
    except Exception as error:  # the library under httpx has errors of its own
        raise StreamInterrupted(f"{operation}: the connection was cut ({error})") from error

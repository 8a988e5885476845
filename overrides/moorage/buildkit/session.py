"""A session: a connection on which the engine requests a build's inputs, and its thread."""

from __future__ import annotations

import select
import socket
import threading
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from moorage.arguments import as_is
from moorage.buildkit.rpc import Call, Factory, Server
from moorage.errors import EngineError, StreamInterrupted
from moorage.request import Request
from moorage.transport.clearing import clear_locals
from moorage.transport.exchange import Exchange
from moorage.transport.steps import Steps
from moorage.transport.threads import ThreadLock, run

__all__ = ["Session", "Watched"]

_PREFIX = "X-Docker-Expose-Session"
# In seconds.
_PATIENCE = 2.0


class Watched(Protocol):
    """A socket besides the engine's that the session's thread waits for."""

    def fileno(self) -> int:
        """Return its descriptor."""
        raise NotImplementedError

    def ready(self) -> None:
        """Read the data that has arrived."""
        raise NotImplementedError


class Session:
    """A session, served by a thread of its own until it is closed.

    Attributes:
        id: The session's ID in the build request.
    """

    def __init__(self) -> None:
        from secrets import token_hex

        self.id: str = token_hex(16)
        self.watched: set[Watched] = set()
        self.lost: EngineError | None = None
        """The error that ended the connection, if one did."""
        self.on_lost: Callable[[], None] | None = None
        """Called in the session's thread when it was lost: the engine may wait for it for ever."""
        self._stopped = threading.Event()
        self._done: deque[Callable[[], None]] = deque()

    def open(self, engine: Any, methods: Mapping[str, Factory], key: str) -> Steps[None]:
        """Connect, and begin to serve.

        Args:
            engine: The engine.
            methods: The services.
            key: Identifies the context: BuildKit keeps its files under this key.

        Raises:
            EngineError: The engine can't be reached, or has no sessions.
        """
        request: Request[Any] = Request(
            "Session",
            "POST",
            "/session",
            as_is,
            headers={
                f"{_PREFIX}-Uuid": self.id,
                f"{_PREFIX}-Name": "moorage-build",
                f"{_PREFIX}-Sharedkey": key,
            },
            repeated=[(f"{_PREFIX}-Grpc-Method", each) for each in methods],
            upgrade="h2c",
        )
        self._exchange: Exchange = yield from engine._transport.pool.open(request)
        if not self._exchange.handed_over:
            self._exchange.close()
            raise EngineError(
                "Session: the connection was not upgraded; does a proxy before the engine drop the"
                " header Upgrade?"
            )
        self._exchange.channel.hand_over(ThreadLock)
        self._server = Server(methods)
        self._wake, self._waker = socket.socketpair()
        for each in (self._wake, self._waker):
            each.setblocking(False)
        self._thread = threading.Thread(target=self._serve, name="moorage-buildkit", daemon=True)
        self._thread.start()

    @property
    def failure(self) -> Exception | None:
        """The first error of this side, such as a file that can't be read."""
        return self._server.failure

    def later(self, call: Call, function: Callable[[], Callable[[Call], None]]) -> None:
        """Answer a call by a slow function, which runs in a thread.

        The function it returns is called with the call in the session's thread. An error ends the
        call.
        """

        def work() -> None:
            try:
                answer = function()
            except Exception as error:
                answer = partial(_raise, error)
            self._done.append(partial(self._server.guarded, call, answer))
            self._wake_up()

        threading.Thread(target=work, name="moorage-buildkit-call", daemon=True).start()

    def stop(self) -> None:
        """End the session, from any thread, without waiting for that."""
        self._stopped.set()
        self._wake_up()
        self._exchange.close()

    def join(self) -> None:
        """Wait until the thread has ended."""
        self._thread.join()

    def _wake_up(self) -> None:
        with suppress(OSError):
            self._waker.send(b"\0")

    def _serve(self) -> None:
        try:
            self._server.receive(self._exchange.drain())
            while not (self._stopped.is_set() or self._server.ended):
                again = self._server.produce()
                data = self._server.take()
                if data:
                    run(self._exchange.write(data))
                self._wait(0 if again else None)
            self._lose(StreamInterrupted("Session: the engine ended it during the build"))
        except EngineError as error:
            clear_locals(error)
            self._lose(error)
        except OSError as error:
            clear_locals(error)
            self._lose(StreamInterrupted(f"Session: the connection was cut ({error})"))
        except Exception as error:
            # The engine may wait for the session for ever.
            clear_locals(error)
            self._server.failure = self._server.failure or error
            self._lose(StreamInterrupted(f"Session: it ended by an error ({error!r})"))
        finally:
            self._exchange.close()
            self._server.close()
            self._wake.close()
            self._waker.close()

    def _lose(self, error: EngineError) -> None:
        # The engine may end the session a little before the build's last line is read.
        if not self._stopped.wait(_PATIENCE):
            self.lost = error
            if self.on_lost is not None:
                self.on_lost()

    def _wait(self, milliseconds: int | None) -> None:
        """Wait for data, and process it."""
        channel = self._exchange.channel
        came = channel.kept
        poll = select.poll()
        by_number: dict[int, Watched] = {each.fileno(): each for each in self.watched}
        for number in (self._wake.fileno(), *by_number):
            poll.register(number, select.POLLIN)
        with channel.watched() as own:
            poll.register(own, select.POLLIN)
            ready = poll.poll(0 if came else milliseconds)
        for number, _ in ready:
            if number == own:
                came = True
            elif number in by_number:
                by_number[number].ready()
            else:
                with suppress(OSError):
                    self._wake.recv(1 << 10)
        while self._done:
            self._done.popleft()()
        if came:
            data = run(self._exchange.read())
            if not data:
                self._server.ended = True
            self._server.receive(data)


def _raise(error: Exception, call: Call) -> None:  # noqa: ARG001
    raise error

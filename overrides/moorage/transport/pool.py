"""A pool of connections to one engine: calls share them, a stream has its own; in steps."""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Any

from moorage.errors import EngineError
from moorage.host.address import Host
from moorage.request import NO_OPTIONS, Options, Request
from moorage.response import Response
from moorage.timeouts import CONNECT_TIMEOUT, above_zero
from moorage.transport.channel import Channel
from moorage.transport.clock import Clock
from moorage.transport.dialer import Dialer
from moorage.transport.exchange import Exchange
from moorage.transport.headers import configured_headers
from moorage.transport.log import Logged
from moorage.transport.steps import Lock, Steps
from moorage.wire import failures, message
from moorage.wire.failures import StaleConnection
from moorage.wire.http1 import Hidden, header_lines
from moorage.wire.message import Headers, Message

if TYPE_CHECKING:
    from moorage.transport.hooks import EventHooks, Hooks

__all__ = ["Pool"]

# Engines keep idle connections open, which cost them a little memory.
_IDLE_SECONDS = 30.0
_MOST_IDLE = 20
# Operations that take detach keys, which config.json may configure.
_SESSIONS = frozenset({"ContainerAttach", "ContainerAttachWebsocket", "ContainerExec"})


class Pool:
    """Sends requests to one engine.

    An idle connection has ended its last response cleanly. A call takes it from the pool and
    returns it, so that an interrupted call leaves nothing behind: a connection not returned is
    closed. No lock is held meanwhile.

    Args:
        host: The engine's address.
        lock: Makes the locks of the steps.
        version: The API version that every path begins with; None leaves it to the engine.
        timeout: Seconds that an ordinary call may take; None waits.
        connect_timeout: Seconds that connecting may take; None waits.
        event_hooks: Functions to call with each request and response, in the form of httpx.
        headers: Headers to send with every request.

    Raises:
        TypeError: A timeout or a hook has the wrong type.
        ValueError: A timeout is not above zero.
    """

    # Before `__init__` is done, which an error may prevent.
    closed: bool = True

    def __init__(
        self,
        host: Host,
        lock: Callable[[], Lock],
        version: str | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = CONNECT_TIMEOUT,
        event_hooks: EventHooks | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.host = host
        self.version = version
        self.timeout: float | None = above_zero("timeout", timeout)
        self.connect_timeout: float | None = above_zero("connect_timeout", connect_timeout)
        self.version_variable: str | None = None
        """The variable of the environment that chose the version, if one did."""
        self.event_hooks: EventHooks = event_hooks or {}
        self._hooks = (
            None if event_hooks is None or event_hooks == {} else _hooks(event_hooks, host)
        )
        given = message.merged(configured_headers(host), Headers(headers or {}))
        self.headers: Headers = message.shared_headers(host, given)
        del given, headers  # a traceback may show them
        # Hooks see all headers, and may change them.
        self._lines = b"" if event_hooks else header_lines(self.headers)
        self._dialer = Dialer(host, lock)
        self._idle: deque[Channel] = deque()
        self.closed = False

    def __del__(self) -> None:
        # Its connections close by themselves, one by one.
        if not self.closed and self._idle:
            warnings.warn(
                f"the engine at {self.host} was dropped before it was closed: use it in a `with` "
                "statement, or call its close()",
                ResourceWarning,
                stacklevel=1,
            )

    def close(self) -> Steps[None]:
        """Close every connection, including those of open streams."""
        self.closed = True
        self._idle.clear()
        yield from self._dialer.close()

    def abandon(self) -> None:
        """Start over in a forked process: the connections belong to the parent."""
        # In this order: dropping a connection before abandoning it would shut it down.
        self._dialer.abandon()
        self._idle.clear()

    def call(self, request: Request[Any], options: Options = NO_OPTIONS) -> Steps[Response]:
        """Send a request and wait for the whole response, of any status.

        A connection that the engine had closed is replaced once, unless the engine may have acted
        on the request.

        Raises:
            EngineError: The engine can't be reached, or its response is malformed.
        """
        if request.content is not None:
            exchange = yield from self.open(request, options)
            try:
                return (yield from exchange.read_all())
            finally:
                exchange.close()
        seconds = self.timeout if options.timeout is None else options.timeout
        clock = Clock(
            f"{request.operation}: {self.host}",
            self.connect_timeout,
            options.idle_timeout,
            total=seconds,
            refusal="did not answer in time; increase `timeout=`",
        )
        sent = self._message(request)
        if self._hooks is not None:
            yield from self._hooks.before(sent)
        with Logged(request.operation) as logged:
            exchange = yield from self.start(sent, clock)
            try:
                response = yield from exchange.read_all()
            except BaseException:
                exchange.close()
                raise
            self.give_back(exchange)
            if self._hooks is not None:
                yield from self._hooks.after(sent, exchange.head, response.body)
            logged.status = response.status
        if response.status == 400 and self.version_variable is not None:
            message.check(request.operation, response, self.version_variable)
        return response

    def open(self, request: Request[Any], options: Options = NO_OPTIONS) -> Steps[Exchange]:
        """Send a request on a connection of its own, up to the body of a good response.

        Raises:
            EngineError: The engine can't be reached, or answers with an error.
        """
        clock = Clock(
            f"{request.operation}: {self.host}",
            self.connect_timeout,
            options.idle_timeout,
            options.total_timeout,
        )
        sent = self._message(request)
        if self._hooks is not None:
            yield from self._hooks.before(sent)
        with Logged(request.operation) as logged:
            exchange = yield from self.start(sent, clock, options, own=True)
            try:
                head = exchange.head
                logged.status = head.status
                if self._hooks is not None:
                    yield from self._hooks.after(sent, head)
                if head.status >= 300:
                    response = yield from exchange.read_all()
                    message.check(request.operation, response, self.version_variable)
                else:
                    message.check(
                        request.operation, Response(head.status, head.headers, b"", head.reason)
                    )
                # Batching would delay a session's replies.
                exchange.channel.paced = not exchange.body.open
            except BaseException:
                exchange.close()
                raise
        return exchange

    def start(
        self, sent: Message, clock: Clock, options: Options = NO_OPTIONS, *, own: bool = False
    ) -> Steps[Exchange]:
        """Send a request, up to the head of its response.

        Args:
            sent: The request.
            clock: The timeouts.
            options: The callback for the number of bytes sent so far.
            own: Whether to make a new connection instead of using an idle one.

        Raises:
            EngineError: The engine can't be reached, or its response is malformed.
        """
        if self.closed:
            raise EngineError(f"{sent.operation}: this engine was closed")
        idle = None if own else self._take(clock)
        try:
            if idle is None:
                return (yield from self._ask(None, sent, clock, options))
            try:
                return (yield from self._ask(idle, sent, clock, options))
            except StaleConnection as stale:
                if stale.sent and sent.method not in message.SAFE:
                    raise
            return (yield from self._ask(None, sent, clock, options))
        except StaleConnection as stale:
            raise failures.lost(sent.operation, self.host, stale) from stale

    def give_back(self, exchange: Exchange) -> None:
        """Return the connection of a complete response to the pool, or close it."""
        channel = exchange.channel
        if not exchange.reusable or len(self._idle) >= _MOST_IDLE:
            channel.close()
            return
        channel.returned = monotonic()
        self._idle.append(channel)
        if self.closed:
            channel.close()

    def _message(self, request: Request[Any]) -> Message:
        if request.operation in _SESSIONS:
            # Imported here to keep other calls fast.
            from moorage.transport.detach_keys import with_detach_keys

            with_detach_keys(request)
        return Message.of(request, self.headers, self._lines, self.version)

    def _take(self, clock: Clock) -> Channel | None:
        """Take the connection used last; idle ones expire."""
        idle = self._idle
        if self.host.fd is None:
            oldest = monotonic() - _IDLE_SECONDS
            while idle and idle[0].returned < oldest:
                try:
                    idle.popleft().close()
                except IndexError:  # another thread took it
                    break
        while idle:
            try:
                channel = idle.pop()
            except IndexError:
                break
            # No response is due: any data is the end, or must not answer this call.
            if not channel.readable:
                channel.lend(clock)
                return channel
            channel.close()
        return None

    def _ask(
        self, idle: Channel | None, sent: Message, clock: Clock, options: Options
    ) -> Steps[Exchange]:
        if sent.content is not None:
            return (yield from self._upload(sent, clock, options))
        head = sent.head(self.host.prefix, len(sent.body))
        channel = idle or (yield from self._dial(sent, clock))
        exchange = Exchange(channel, self.host, sent)
        try:
            # One write wakes the engine once.
            yield from exchange.begin(Hidden(head + sent.body))
            yield from exchange.answer()
        except BaseException:
            channel.close()
            raise
        return exchange

    def _upload(self, sent: Message, clock: Clock, options: Options) -> Steps[Exchange]:
        from moorage.transport.upload import opened

        with opened(sent.content) as upload:
            # Before connecting: a call refused here needs no connection.
            piece = yield from upload.piece()
            if not piece and sent.needs_content:
                raise ValueError(
                    f"{sent.operation}: the content is empty, so nothing would be sent"
                )
            head = sent.head(self.host.prefix, upload.length)
            exchange = Exchange((yield from self._dial(sent, clock)), self.host, sent)
            try:
                yield from exchange.begin(head, chunked=upload.length is None)
                wanted, count = True, 0
                while piece and wanted:
                    wanted = yield from exchange.send(piece)
                    if wanted:
                        count += len(piece)
                        if options.progress is not None:
                            options.progress(count)
                        piece = yield from upload.piece()
                yield from exchange.answer(complete=wanted)
            except BaseException:
                exchange.close()
                raise
        return exchange

    def _dial(self, sent: Message, clock: Clock) -> Steps[Channel]:
        try:
            return (yield from self._dialer.dial(clock))
        except OSError as error:
            raise failures.unreachable(sent.operation, self.host, error) from error


def _hooks(event_hooks: EventHooks, host: Host) -> Hooks:
    # Imported here because it imports httpx, which only hooks need.
    from moorage.transport.hooks import Hooks

    return Hooks(event_hooks, host)

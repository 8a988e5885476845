"""Connections to one engine: ordinary calls share some, a stream has one for itself; in steps."""

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
from moorage.transport.detach_keys import with_detach_keys
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

# An engine keeps a connection open as long as its client does; each costs it a little memory.
_IDLE_SECONDS = 30.0
_MOST_IDLE = 20


class Pool:
    """Sends requests to one engine.

    An idle connection is one that ended its last response cleanly. It is taken from the pool for
    a call, so that an interrupted call can't leave anything behind: what was taken and is not
    given back is closed. No lock is held meanwhile.

    Args:
        host: Where the engine listens.
        lock: Makes the locks that steps wait for.
        version: The API version that every path begins with; None leaves it to the engine.
        timeout: Seconds that an ordinary call may take; None waits.
        connect_timeout: Seconds that connecting may take; None waits.
        event_hooks: Functions to call with each request and each response, as httpx takes them.
        headers: Headers to send with every request.

    Raises:
        TypeError: A timeout or a hook is of another type.
        ValueError: A timeout is not above zero.
    """

    # Before `__init__` is done, which an error may prevent.
    closed = True

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
        # Its connections end by themselves, one by one.
        if not self.closed and self._idle:
            warnings.warn(
                f"the engine at {self.host} was dropped before it was closed: use it in a `with` "
                "statement, or call its close()",
                ResourceWarning,
                stacklevel=1,
            )

    def close(self) -> Steps[None]:
        """Close every connection, those of open streams too."""
        self.closed = True
        self._idle.clear()
        yield from self._dialer.close()

    def abandon(self) -> None:
        """Begin anew in a process that was forked: the connections are its parent's."""
        # In this order: a connection that is dropped before it was abandoned would be shut down.
        self._dialer.abandon()
        self._idle.clear()

    def call(self, request: Request[Any], options: Options = NO_OPTIONS) -> Steps[Response]:
        """Send a request and wait for the whole response, whatever its status is.

        A connection that the engine had closed is replaced once, unless the engine may have done
        what was asked.

        Raises:
            EngineError: The engine can't be reached, or what came is no response.
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
        with_detach_keys(request)
        sent = Message.of(request, self.headers, self._lines, self.version)
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
            EngineError: The engine can't be reached, or refuses.
        """
        clock = Clock(
            f"{request.operation}: {self.host}",
            self.connect_timeout,
            options.idle_timeout,
            options.total_timeout,
        )
        with_detach_keys(request)
        sent = Message.of(request, self.headers, self._lines, self.version)
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
                # A session with a process waits for its responses.
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
            clock: How long to wait.
            options: What to call with the number of bytes sent so far.
            own: Whether to make a connection for it, instead of taking an idle one.

        Raises:
            EngineError: The engine can't be reached, or what came is no response.
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
        """Keep the connection of a response that was read, for another call, or close it."""
        channel = exchange.channel
        if not exchange.reusable or len(self._idle) >= _MOST_IDLE:
            channel.close()
            return
        channel.returned = monotonic()
        self._idle.append(channel)
        if self.closed:
            channel.close()

    def _take(self, clock: Clock) -> Channel | None:
        """Take the connection that was used last; the ones that nobody needs are closed."""
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
            # Nothing is due: what has come is the end, or what must not answer this call.
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
            # One write, so that the engine is woken once.
            yield from exchange.begin(Hidden(head + sent.body))
            yield from exchange.answer()
        except BaseException:
            channel.close()
            raise
        return exchange

    def _upload(self, sent: Message, clock: Clock, options: Options) -> Steps[Exchange]:
        from moorage.transport.upload import opened

        with opened(sent.content) as upload:
            # Before the connection: what is refused here needs none.
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
    # Imported here as it imports httpx, which no call without hooks needs.
    from moorage.transport.hooks import Hooks

    return Hooks(event_hooks, host)

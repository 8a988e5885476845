"""Makes connections to an engine: a Unix socket, TCP or TLS, perhaps through a proxy, or ssh."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeAlias
from weakref import WeakSet

from moorage.errors import InvalidAnswer
from moorage.host import Host
from moorage.transport.channel import CHUNK, Channel
from moorage.transport.clock import Clock
from moorage.transport.proxy import Proxy, find_proxy
from moorage.transport.ssh import SshTunnel
from moorage.transport.steps import READABLE, WRITABLE, Call, Lock, Steps, Wait
from moorage.wire import http1
from moorage.wire.tls import Tls

__all__ = ["Dialer"]

# What is uploaded waits less often if a Unix socket holds more than 200 kB; in bytes.
_HELD = 1 << 20

_Waiting: TypeAlias = Callable[[socket.socket, int], Steps[None]]


class Dialer:
    """Makes the connections to one engine, and knows those that are open.

    Args:
        host: where the engine listens.
        lock: makes the locks that the connections' steps wait for.
    """

    def __init__(self, host: Host, lock: Callable[[], Lock]) -> None:
        self.host = host
        self._lock = lock
        self._closed = False
        self._proxy = find_proxy(host)
        self._ready = None if host.fd is None else _ready(host.fd)
        self._begin()

    def _begin(self) -> None:
        self._channels: WeakSet[Channel] = WeakSet()
        self._changing = threading.Lock()
        self._tunnel = None if self.host.ssh is None else SshTunnel(self.host.ssh, self._lock)

    def dial(self, clock: Clock) -> Steps[Channel]:
        """Connect to the engine, TLS too.

        Raises:
            OSError: it can't be reached, or TLS failed.
            TimedOut: a timeout is over.
        """
        wait = _waiting(clock)
        connected = yield from self._connected(wait)
        try:
            tls = None
            if self._proxy is not None:
                yield from _tunnel(connected, self._proxy, self.host, wait)
            if self.host.tls is not None:
                tls = Tls(self.host.tls, self.host.address)
                yield from _handshake(connected, tls, wait)
        except BaseException:
            connected.close()
            raise
        channel = Channel(connected, tls, clock, self._lock)
        with self._changing:
            if not self._closed:
                self._channels.add(channel)
                return channel
        channel.close()
        raise ConnectionError("the engine was closed meanwhile")

    def close(self) -> Steps[None]:
        """Close every connection; where ssh makes them, this waits for its end."""
        with self._changing:
            self._closed = True
            channels = list(self._channels)
        for each in channels:
            each.close()
        self._drop_ready()
        if self._tunnel is not None:
            yield Call(self._tunnel.close)

    def abandon(self) -> None:
        """Give up every connection in a process that was forked: they are its parent's."""
        channels = list(self._channels)
        self._begin()
        self._drop_ready()
        for each in channels:
            each.abandon()

    def _drop_ready(self) -> None:
        if self._ready is not None:
            self._ready.close()
            self._ready = None

    def _connected(self, wait: _Waiting) -> Steps[socket.socket]:
        host = self.host
        if host.socket is not None:
            return (yield from _connected(socket.AF_UNIX, host.socket, wait))
        if self._tunnel is not None:
            return (yield from self._tunnel.connect(wait))
        if host.fd is not None:
            return self._take_ready()
        name, port = (self._proxy or host).address, (self._proxy or host).port
        found = yield Call(lambda: socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        failure: OSError | None = None
        for family, _, _, _, address in found:
            try:
                return (yield from _connected(family, address, wait))
            except OSError as error:
                failure = error
        raise failure or OSError("the host has no address")

    def _take_ready(self) -> socket.socket:
        with self._changing:
            ready, self._ready = self._ready, None
        if ready is None:
            raise ConnectionError(
                "it is one connection, and something has it already: a stream takes all of it, "
                "calls at the same time take one each"
            )
        return ready


def _ready(fd: int) -> socket.socket:
    """Take a connected socket over; its descriptor remains the caller's to close.

    Raises:
        ValueError: it is none.
    """
    try:
        with socket.socket(fileno=os.dup(fd)) as ready:
            ready.getpeername()
            ready.setblocking(False)
            return ready.dup()
    except OSError as error:
        raise ValueError(f"fd://{fd} is no connected socket: {error.strerror}") from None


def _waiting(clock: Clock) -> _Waiting:
    limit = clock.connect
    until = None if limit is None else monotonic() + limit

    def wait(unready: socket.socket, events: int) -> Steps[None]:
        left = None if until is None else max(until - monotonic(), 0)
        if not (yield Wait(unready, events, clock.seconds(left))):
            clock.seconds(None)
            raise clock.expired("connect", limit)

    return wait


def _connected(family: int, address: Any, wait: _Waiting) -> Steps[socket.socket]:
    made = socket.socket(family)
    try:
        made.setblocking(False)
        yield from _connect(made, address, wait)
    except BaseException:
        made.close()
        raise
    return made


def _connect(unready: socket.socket, address: Any, wait: _Waiting) -> Steps[None]:
    if unready.family == socket.AF_UNIX:
        unready.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _HELD)
        while True:
            try:
                return unready.connect(address)
            except BlockingIOError:
                # So many are connecting that the engine's queue is full.
                yield from wait(unready, WRITABLE)
    unready.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(BlockingIOError):
        return unready.connect(address)
    yield from wait(unready, WRITABLE)
    code = unready.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, "can't connect")
    return None


def _tunnel(connected: socket.socket, proxy: Proxy, host: Host, wait: _Waiting) -> Steps[None]:
    yield from _send(connected, proxy.request(host.authority), wait)
    parser = http1.HeadParser()
    found = None
    while found is None:
        data = yield from _receive(connected, wait)
        if not data:
            raise ConnectionResetError(f"the proxy {proxy} closed the connection")
        try:
            found = parser.feed(data)
        except InvalidAnswer as error:
            raise ConnectionError(f"the proxy {proxy} is none: {error}") from None
    proxy.check(found[0])


def _handshake(connected: socket.socket, tls: Tls, wait: _Waiting) -> Steps[None]:
    done, out = tls.handshake()
    while True:
        yield from _send(connected, out, wait)
        if done:
            return
        data = yield from _receive(connected, wait)
        if not data:
            raise ConnectionResetError("the connection was closed in the TLS handshake")
        done, out = tls.handshake(data)


def _send(connected: socket.socket, data: bytes, wait: _Waiting) -> Steps[None]:
    while data:
        try:
            data = data[connected.send(data) :]
        except BlockingIOError:
            yield from wait(connected, WRITABLE)


def _receive(connected: socket.socket, wait: _Waiting) -> Steps[bytes]:
    while True:
        try:
            return connected.recv(CHUNK)
        except BlockingIOError:
            yield from wait(connected, READABLE)

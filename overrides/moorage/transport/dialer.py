"""Connect to an engine: a Unix socket, TCP or TLS, perhaps through a proxy, or ssh.

Modules for TLS and ssh are imported where they are used: most engines need neither.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakSet

from moorage.errors import InvalidAnswer, TimedOut
from moorage.host.address import Host
from moorage.transport.channel import CHUNK, Channel
from moorage.transport.clock import Clock
from moorage.transport.deadline import Deadline
from moorage.transport.steps import READABLE, WRITABLE, Call, Lock, Steps
from moorage.wire import http1
from moorage.wire.dial_errors import DialFailed

if TYPE_CHECKING:
    import ssl

    from moorage.transport.proxy import Proxy
    from moorage.transport.ssh import SshTunnel
    from moorage.wire.tls import Tls

__all__ = ["Dialer"]

# In bytes; uploads wait less often when a Unix socket's buffer exceeds the usual 200 kB.
_HELD = 1 << 20
# First bytes of a TLS record.
_TLS_RECORDS = (b"\x14", b"\x15", b"\x16", b"\x17")


class Dialer:
    """Makes the connections to one engine, and keeps track of the open ones.

    Args:
        host: The engine's address.
        lock: Makes the locks of the connections' steps.
    """

    def __init__(self, host: Host, lock: Callable[[], Lock]) -> None:
        self.host = host
        self._lock = lock
        self._closed = False
        self._proxy = None if host.port is None else _proxy(host)
        self._ready = None if host.fd is None else _ready(host.fd)
        self._begin()

    def _begin(self) -> None:
        self._channels: WeakSet[Channel] = WeakSet()
        self._changing = threading.Lock()
        self._ssh_tunnel = self._new_ssh_tunnel()

    def _new_ssh_tunnel(self) -> SshTunnel | None:
        if self.host.ssh is None:
            return None
        from moorage.transport.ssh import SshTunnel

        return SshTunnel(self.host.ssh, self._lock)

    def dial(self, clock: Clock) -> Steps[Channel]:
        """Connect to the engine, TLS too.

        Raises:
            OSError: The engine can't be reached, or TLS failed.
            TimedOut: A timeout expired.
        """
        if self._proxy is None:
            connected, tls = yield from self._dial(clock)
        else:
            connected, tls = yield from self._dial_by(self._proxy, clock)
        channel = Channel(connected, tls, clock, self._lock)
        with self._changing:
            if not self._closed:
                self._channels.add(channel)
                return channel
        channel.close()
        raise ConnectionError("the engine was closed meanwhile")

    def close(self) -> Steps[None]:
        """Close every connection; with ssh, wait for its end."""
        with self._changing:
            self._closed = True
            channels = list(self._channels)
        for each in channels:
            each.close()
        self._drop_ready()
        if self._ssh_tunnel is not None:
            yield Call(self._ssh_tunnel.close)

    def abandon(self) -> None:
        """Drop every connection in a forked process: they belong to the parent."""
        channels = list(self._channels)
        self._begin()
        self._drop_ready()
        for each in channels:
            each.abandon()

    def _drop_ready(self) -> None:
        if self._ready is not None:
            self._ready.close()
            self._ready = None

    def _dial(self, clock: Clock) -> Steps[tuple[socket.socket, Tls | None]]:
        host = self.host
        if self._ssh_tunnel is not None:
            connecting = self._ssh_tunnel.connect(lambda: Deadline(clock).wait, clock.connect)
            return (yield from connecting), None
        if host.fd is not None:
            return self._take_ready(), None
        deadline = Deadline(clock)
        if host.socket is not None:
            return (yield from _connect_unix(host.socket, deadline)), None
        connected = yield from _connect_tcp(host.address, host.port, deadline)
        try:
            tls = yield from _engine_tls(connected, host, None, deadline)
        except BaseException:
            connected.close()
            raise
        return connected, tls

    def _dial_by(self, proxy: Proxy, clock: Clock) -> Steps[tuple[socket.socket, Tls | None]]:
        """Connect through a proxy; every error names it."""
        deadline = Deadline(clock)
        connected: socket.socket | None = None
        try:
            connected = yield from _connect_tcp(proxy.address, proxy.port, deadline)
            outer = yield from _proxy_tls(connected, proxy, deadline)
            yield from _open_tunnel(connected, proxy, outer, self.host, deadline)
            tls = yield from _engine_tls(connected, self.host, outer, deadline)
        except BaseException as error:
            if connected is not None:
                connected.close()
            if isinstance(error, TimedOut):
                raise TimedOut(f"{error}, by {proxy}", error.received) from None
            if isinstance(error, DialFailed):
                raise DialFailed(f"by {proxy}: {error}") from error
            if isinstance(error, OSError):
                why = error.strerror or error
                raise DialFailed(f"by {proxy}: {why}: check {proxy.variable}") from error
            raise
        return connected, tls

    def _take_ready(self) -> socket.socket:
        with self._changing:
            ready, self._ready = self._ready, None
        if ready is None:
            raise ConnectionError(
                "the host is a single connection, which is in use: a stream takes it for itself, "
                "and calls have to be made one after the other"
            )
        return ready


def _proxy(host: Host) -> Proxy | None:
    from moorage.transport.proxy import find_proxy

    return find_proxy(host)


def _ready(fd: int) -> socket.socket:
    """Take over a connected socket; the caller still closes its descriptor.

    Raises:
        ValueError: It is not a connected socket.
    """
    try:
        with socket.socket(fileno=os.dup(fd)) as ready:
            ready.getpeername()
            ready.setblocking(False)
            return ready.dup()
    except OSError as error:
        raise ValueError(f"fd://{fd} is not a connected socket: {error.strerror}") from None


def _connect_unix(path: str, deadline: Deadline) -> Steps[socket.socket]:
    unready = socket.socket(socket.AF_UNIX)
    try:
        unready.setblocking(False)
        unready.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _HELD)
        while True:
            try:
                unready.connect(path)
            except BlockingIOError:
                # The engine's queue of connections is full.
                yield from deadline.wait(unready, WRITABLE)
            else:
                return unready
    except BaseException:
        unready.close()
        raise


def _connect_tcp(address: str, port: int | None, deadline: Deadline) -> Steps[socket.socket]:
    from moorage.transport.addresses import resolve
    from moorage.transport.attempts import connect_first

    found = yield from resolve(address, port or 0, deadline)
    return (yield from connect_first(found, deadline))


def _proxy_tls(connected: socket.socket, proxy: Proxy, deadline: Deadline) -> Steps[Tls | None]:
    if proxy.tls is None:
        return None
    from moorage.wire.tls import Tls

    tls = Tls(proxy.tls, proxy.address)
    advice = f"check {proxy.variable}, and that this machine trusts the proxy's certificate"
    yield from _handshake(connected, tls, advice, deadline)
    return tls


def _engine_tls(
    connected: socket.socket, host: Host, outer: Tls | None, deadline: Deadline
) -> Steps[Tls | None]:
    """Run the TLS handshake with the engine, if TLS is used; returns the TLS layer."""
    if host.tls is None:
        return outer
    from moorage.wire.tls import NestedTls, Tls

    address = host.address
    tls = Tls(host.tls, address) if outer is None else NestedTls(host.tls, address, outer)
    advice = "check the certificates, and that the port speaks TLS"
    yield from _handshake(connected, tls, advice, deadline)
    return tls


def _open_tunnel(
    connected: socket.socket, proxy: Proxy, tls: Tls | None, host: Host, deadline: Deadline
) -> Steps[None]:
    request: bytes = proxy.request(host.authority)
    yield from _send(connected, request if tls is None else tls.encrypt(request), deadline)
    parser = http1.HeadParser()
    found = None
    while found is None:
        data = yield from _receive(connected, deadline)
        ended = not data
        if tls is not None:
            data, ended = tls.decrypt(data)
        if ended and not data:
            raise DialFailed("it closed the connection")
        try:
            found = parser.feed(data)
        except InvalidAnswer as error:
            raise DialFailed(f"it is not a proxy: {error}") from None
    proxy.check(found[0])


def _handshake(connected: socket.socket, tls: Tls, advice: str, deadline: Deadline) -> Steps[None]:
    import ssl

    begun = False
    try:
        done, out = tls.handshake()
        while True:
            yield from _send(connected, out, deadline)
            if done:
                return
            data = yield from _receive(connected, deadline)
            if not data:
                raise ConnectionResetError("the connection was closed in the TLS handshake")
            if not begun and not data.startswith(_TLS_RECORDS):
                raise DialFailed(f"the port does not use TLS ({data[:20]!r} came): {advice}")
            begun = True
            done, out = tls.handshake(data)
    except ssl.SSLError as error:
        raise DialFailed(f"TLS failed ({_tls_reason(error)}): {advice}") from error


def _tls_reason(error: ssl.SSLError) -> str:
    details = (error.reason, getattr(error, "verify_message", None))
    return ": ".join(filter(None, details)) or str(error)


def _send(connected: socket.socket, data: bytes, deadline: Deadline) -> Steps[None]:
    # Unlike a slice, a view shows no secret in a traceback's locals.
    view = memoryview(data)
    while view:
        try:
            view = view[connected.send(view) :]
        except BlockingIOError:
            yield from deadline.wait(connected, WRITABLE)


def _receive(connected: socket.socket, deadline: Deadline) -> Steps[bytes]:
    while True:
        try:
            return connected.recv(CHUNK)
        except BlockingIOError:
            yield from deadline.wait(connected, READABLE)

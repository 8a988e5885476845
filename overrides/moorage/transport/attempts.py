"""Connect to the address that answers first (RFC 8305), for threads and tasks alike."""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Sequence
from time import monotonic

from moorage.errors import TimedOut
from moorage.transport.addresses import Address
from moorage.transport.deadline import Deadline
from moorage.transport.steps import Steps
from moorage.wire.dial_errors import AddressesFailed, described

__all__ = ["connect_first"]

# RFC 8305's "Connection Attempt Delay".
_NEXT_SECONDS = 0.25
# The docker CLI's values, which are Go's: a silent peer is lost after 15 s + 9 times 15 s.
_KEEPALIVE = {
    "TCP_KEEPIDLE": 15,
    "TCP_KEEPALIVE": 15,  # macOS' name for the same
    "TCP_KEEPINTVL": 15,
    "TCP_KEEPCNT": 9,
}


def connect_first(addresses: Sequence[Address], deadline: Deadline) -> Steps[socket.socket]:
    """Connect to one of the addresses; returns the first socket that is connected.

    An attempt starts when the previous one has failed, or after 250 ms.

    Raises:
        AddressesFailed: No address can be reached.
        TimedOut: A timeout expired.
    """
    waiting = deque(addresses)
    attempts: dict[socket.socket, Address] = {}
    failed: list[tuple[Address, OSError]] = []
    connected: socket.socket | None = None
    next_start = monotonic()
    try:
        while waiting or attempts:
            if waiting and monotonic() >= next_start:
                address = waiting.popleft()
                next_start = monotonic() + _NEXT_SECONDS
                unready = None
                try:
                    unready = socket.socket(address.family)
                    attempts[unready] = address
                    ready = [unready] if _start(unready, address) else []
                except OSError as error:
                    if unready is not None:
                        del attempts[unready]
                        unready.close()
                    failed.append((address, error))
                    next_start = monotonic()
                    continue
            else:
                delay = max(next_start - monotonic(), 0) if waiting else None
                ready = yield from deadline.wait_any(tuple(attempts), delay)
            for each in ready:
                code = each.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                if not code:
                    connected = each
                    return each
                failed.append((attempts.pop(each), OSError(code, os.strerror(code))))
                each.close()
                next_start = monotonic()
    except TimedOut as error:
        unanswered = [f"{address}: no answer" for address in attempts.values()]
        tried = "; ".join([*map(described, failed), *unanswered])
        raise TimedOut(f"{error} ({tried})") from None
    finally:
        for each in attempts:
            if each is not connected:
                each.close()
    raise AddressesFailed(failed)


def _start(unready: socket.socket, address: Address) -> bool:
    """Begin to connect; returns whether the connection is already made."""
    unready.setblocking(False)
    unready.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    unready.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE.items():
        if hasattr(socket, option):
            unready.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)
    try:
        unready.connect(address.where)
    except BlockingIOError:
        return False
    return True

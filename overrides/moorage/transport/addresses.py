"""The addresses of a name, in the order of connection attempts."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterable
from itertools import chain, zip_longest
from typing import Any

from attrs import frozen

from moorage.errors import TimedOut
from moorage.transport.deadline import Deadline
from moorage.transport.steps import READABLE, Steps

__all__ = ["Address", "interleave", "resolve"]


@frozen
class Address:
    """A TCP address in the form of sockets."""

    family: int
    where: Any

    def __str__(self) -> str:
        name, port = self.where[:2]
        return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"


def resolve(name: str, port: int, deadline: Deadline) -> Steps[list[Address]]:
    """Look up a name; returns its addresses in the order to try them.

    Raises:
        OSError: The name has no address.
        TimedOut: A timeout expired.
    """
    with contextlib.suppress(socket.gaierror):
        # An address needs no look-up, so no thread.
        return _look_up(name, port, socket.AI_NUMERICHOST)
    outcome: list[list[Address] | OSError] = []
    ours, theirs = socket.socketpair()

    def look_up() -> None:
        # Closing this end of the pair wakes the waiting side.
        with theirs:
            try:
                outcome.append(_look_up(name, port))
            except OSError as error:
                outcome.append(error)

    # getaddrinfo() takes no timeout and can't be interrupted, so a thread runs it.
    with ours:
        threading.Thread(target=look_up, name=f"look up {name}", daemon=True).start()
        try:
            yield from deadline.wait(ours, READABLE)
        except TimedOut as error:
            raise TimedOut(f"{error} (looking up {name!r})") from None
    (found,) = outcome
    if isinstance(found, OSError):
        raise found
    return found


def _look_up(name: str, port: int, flags: int = 0) -> list[Address]:
    try:
        found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM, flags=flags)
    except UnicodeError:
        raise OSError(f"{name!r} is not a host's name") from None
    return interleave(Address(family, where) for family, _, _, _, where in found)


def interleave(addresses: Iterable[Address]) -> list[Address]:
    """Alternate the address families (RFC 8305, section 4), in their order otherwise.

    So a network without IPv6, or with a broken one, costs one attempt, not many.
    """
    families: dict[int, list[Address]] = {}
    for each in dict.fromkeys((address.family, address.where) for address in addresses):
        families.setdefault(each[0], []).append(Address(*each))
    return [each for each in chain(*zip_longest(*families.values())) if each is not None]

"""TLS without I/O: what is sent and what comes, in and out of the encrypted form.

Half of a connection can be closed so (a close_notify says that no more is sent, and more can be
read), which neither `ssl.SSLSocket` nor anyio offers.
"""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress

__all__ = ["NestedTls", "Tls"]

_RECORD = 1 << 14


class Tls:
    """One side of a TLS connection; a thread may encrypt while another decrypts.

    Args:
        context: The certificates, and what is verified.
        name: The name that the other side's certificate must be for.
    """

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._side = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._lock = threading.Lock()

    def handshake(self, data: bytes = b"") -> tuple[bool, bytes]:
        """Take bytes of the handshake; returns whether it is done, and what is to be sent.

        Raises:
            ssl.SSLError: It failed.
        """
        self._incoming.write(data)
        try:
            self._side.do_handshake()
        except ssl.SSLWantReadError:
            return False, self._outgoing.read()
        return True, self._outgoing.read()

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Encrypt what is to be sent."""
        with self._lock:
            while data:
                data = data[self._side.write(data) :]
            return self._outgoing.read()

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """Decrypt what came, b"" being the connection's end; tells too whether no more will come.

        An engine ends a session so without closing the connection, and in the same breath as its
        last data.

        Raises:
            ssl.SSLError: It is forged, or the connection ended without the other side's saying so.
        """
        with self._lock:
            if data:
                self._incoming.write(data)
            else:
                self._incoming.write_eof()
            plain: list[bytes] = []
            try:
                while piece := self._side.read(_RECORD):
                    plain.append(piece)
            except ssl.SSLWantReadError:
                return b"".join(plain), False
            except ssl.SSLZeroReturnError:
                pass
            return b"".join(plain), True

    def ending(self) -> bytes:
        """Say that no more will be sent; returns what is to be sent for it."""
        with self._lock:
            # It also looks for the other side's end, which need not have come.
            with suppress(ssl.SSLError):
                self._side.unwrap()
            return self._outgoing.read()


class NestedTls(Tls):
    """TLS within TLS: the engine's, in a tunnel of a proxy that is reached by TLS itself.

    Args:
        context: As for `Tls`.
        name: As for `Tls`.
        outer: The TLS connection to the proxy, its handshake done.
    """

    def __init__(self, context: ssl.SSLContext, name: str, outer: Tls) -> None:
        super().__init__(context, name)
        self._outer = outer

    def handshake(self, data: bytes = b"") -> tuple[bool, bytes]:
        """Take bytes of the handshake; returns whether it is done, and what is to be sent.

        Raises:
            ssl.SSLError: It failed.
        """
        inner = self._outer.decrypt(data)[0] if data else b""
        done, out = super().handshake(inner)
        return done, self._outer.encrypt(out)

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Encrypt what is to be sent."""
        return self._outer.encrypt(super().encrypt(data))

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """Decrypt what came, b"" being the connection's end; tells too whether no more will come.

        Raises:
            ssl.SSLError: It is forged, or the connection ended without the engine's saying so.
        """
        inner, outer_ended = self._outer.decrypt(data)
        plain, ended = super().decrypt(inner) if inner else (b"", False)
        if outer_ended and not (plain or ended):
            # The tunnel's end is not the engine's word.
            return super().decrypt(b"")
        return plain, ended

    def ending(self) -> bytes:
        """Say that no more will be sent; the tunnel stays open, since more may come."""
        return self._outer.encrypt(super().ending())

"""TLS without I/O: encrypt outgoing bytes, and decrypt incoming ones.

It can close half of a connection (a close_notify ends sending, while reading continues), which
neither `ssl.SSLSocket` nor anyio offers.
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
        context: The certificates and settings of verification.
        name: The name that the peer's certificate must be for.
    """

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._side = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._lock = threading.Lock()

    def handshake(self, data: bytes = b"") -> tuple[bool, bytes]:
        """Process bytes of the handshake; returns whether it is done, and the bytes to send.

        Raises:
            ssl.SSLError: The handshake failed.
        """
        self._incoming.write(data)
        try:
            self._side.do_handshake()
        except ssl.SSLWantReadError:
            return False, self._outgoing.read()
        return True, self._outgoing.read()

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Encrypt bytes to send."""
        with self._lock:
            while data:
                data = data[self._side.write(data) :]
            return self._outgoing.read()

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """Decrypt received bytes, b"" at the end; returns them, and whether the peer has ended.

        An engine ends a session so without closing the connection, and in the same breath as its
        last data.

        Raises:
            ssl.SSLError: The bytes are forged, or the connection ended without close_notify.
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
        """End the outgoing side; returns the bytes to send for it."""
        with self._lock:
            # It also expects the peer's close_notify, which may not have come.
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
        """Process bytes of the handshake; returns whether it is done, and the bytes to send.

        Raises:
            ssl.SSLError: The handshake failed.
        """
        inner = self._outer.decrypt(data)[0] if data else b""
        done, out = super().handshake(inner)
        return done, self._outer.encrypt(out)

    def encrypt(self, data: bytes | memoryview) -> bytes:
        """Encrypt bytes to send."""
        return self._outer.encrypt(super().encrypt(data))

    def decrypt(self, data: bytes) -> tuple[bytes, bool]:
        """Decrypt received bytes, b"" at the end; returns them, and whether the peer has ended.

        Raises:
            ssl.SSLError: The bytes are forged, or the connection ended without close_notify.
        """
        inner, outer_ended = self._outer.decrypt(data)
        plain, ended = super().decrypt(inner) if inner else (b"", False)
        if outer_ended and not (plain or ended):
            # The tunnel's end is not the engine's close_notify.
            return super().decrypt(b"")
        return plain, ended

    def ending(self) -> bytes:
        """End the outgoing side; the tunnel stays open for incoming bytes."""
        return self._outer.encrypt(super().ending())

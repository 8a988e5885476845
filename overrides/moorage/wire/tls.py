"""TLS without I/O: what is sent and what comes, in and out of the encrypted form.

Half of a connection can be closed so (a close_notify says that no more is sent, and more can be
read), which neither `ssl.SSLSocket` nor anyio offers.
"""

from __future__ import annotations

import ssl
import threading
from contextlib import suppress

__all__ = ["Tls"]

_RECORD = 1 << 14


class Tls:
    """One side of a TLS connection; a thread may encrypt while another decrypts.

    Args:
        context: the certificates, and what is verified.
        name: the name that the other side's certificate must be for.
    """

    def __init__(self, context: ssl.SSLContext, name: str) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._side = context.wrap_bio(self._incoming, self._outgoing, server_hostname=name)
        self._lock = threading.Lock()

    def handshake(self, data: bytes = b"") -> tuple[bool, bytes]:
        """Take bytes of the handshake; returns whether it is done, and what is to be sent.

        Raises:
            ssl.SSLError: it failed.
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
            ssl.SSLError: it is forged, or the connection ended without the other side's saying so.
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

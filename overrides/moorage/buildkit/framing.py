"""The parts of gRPC that both sides of a call need: HTTP/2, statuses, and messages among bytes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.settings import SettingCodes, Settings

__all__ = ["TYPE", "Deframer", "Refused", "Status", "framed", "http2"]

TYPE = (b"content-type", b"application/grpc")
# In bytes. The windows let the other side send while this one works.
_WINDOW = 1 << 22
# The patterns of a .dockerignore come in headers, and the cause of a failure.
_HEADERS = 1 << 24
_CALLS = 100
_LONGEST = 1 << 26
_HEAD = 5


class Status(IntEnum):
    """How a call ended, by gRPC's numbers."""

    OK = 0
    UNKNOWN = 2
    NOT_FOUND = 5
    RESOURCE_EXHAUSTED = 8
    UNIMPLEMENTED = 12


class Refused(Exception):
    """A call that ends with a status other than OK."""

    def __init__(self, status: Status, message: str) -> None:
        super().__init__(message)
        self.status = status


def http2(*, client: bool) -> H2Connection:
    """Begin HTTP/2, as the client or the server."""
    # Engines before 23 send UTF-8 in headers. Only known headers are read.
    http = H2Connection(
        H2Configuration(
            client_side=client,
            header_encoding=None,
            validate_inbound_headers=False,
            normalize_inbound_headers=False,
            validate_outbound_headers=False,
            normalize_outbound_headers=False,
        )
    )
    # Set as a whole: h2 would take a single setting for one that the other side knows.
    http.local_settings = Settings(
        client=client,
        initial_values={
            SettingCodes.INITIAL_WINDOW_SIZE: _WINDOW,
            SettingCodes.MAX_CONCURRENT_STREAMS: _CALLS,
            SettingCodes.MAX_HEADER_LIST_SIZE: _HEADERS,
        },
    )
    http.decoder.max_header_list_size = _HEADERS
    http.initiate_connection()
    http.increment_flow_control_window(_WINDOW)
    return http


def framed(message: bytes, more: int = 0) -> bytes:
    """Write a message as it is sent: five bytes go before it.

    Args:
        message: The message, or its beginning.
        more: The number of bytes that follow.
    """
    return b"\0" + (len(message) + more).to_bytes(4, "big") + message


class Deframer:
    """Finds the messages in the bytes of a call, however these are cut."""

    def __init__(self) -> None:
        self._came = bytearray()

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Parse bytes, and return the messages that are complete now.

        Raises:
            Refused: A message is compressed, or too long.
        """
        came = self._came
        came += data
        at = 0
        try:
            while len(came) - at >= _HEAD:
                length = int.from_bytes(came[at + 1 : at + _HEAD], "big")
                if came[at]:
                    raise Refused(Status.UNIMPLEMENTED, "no compression was agreed on")
                if length > _LONGEST:
                    raise Refused(Status.RESOURCE_EXHAUSTED, "the message is too long")
                if len(came) - at < _HEAD + length:
                    return
                start = at + _HEAD
                at = start + length
                yield bytes(came[start:at])
        finally:
            del came[:at]

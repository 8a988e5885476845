"""An engine's side of a session: a client of gRPC, in memory."""

from __future__ import annotations

from collections.abc import Mapping

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, ResponseReceived, StreamEnded, TrailersReceived

from moorage.buildkit.rpc import Factory, Server

__all__ = ["Client"]


class Client:
    """Calls what a server serves; all bytes go through memory.

    Attributes:
        messages: The messages that came, by call.
        headers: Headers and trailers that came, by call.
        ended: The calls that are over.
        count: The bytes that the server has sent.
    """

    def __init__(self, methods: Mapping[str, Factory]) -> None:
        self.server = Server(methods)
        self.http = H2Connection(
            H2Configuration(
                client_side=True, header_encoding="utf-8", validate_outbound_headers=False
            )
        )
        self.http.initiate_connection()
        self.messages: dict[int, list[bytes]] = {}
        self.headers: dict[int, dict[str, str]] = {}
        self.ended: set[int] = set()
        self.count = 0
        self._came: dict[int, bytes] = {}
        self.pump()

    def call(self, path: str, *metadata: tuple[str, str], message: bytes | None = None) -> int:
        """Begin a call; a message ends its own side at once."""
        number = self.http.get_next_available_stream_id()
        head = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x")]
        self.http.send_headers(number, [*head, ("content-type", "application/grpc"), *metadata])
        self.messages[number] = []
        self.headers[number] = {}
        self._came[number] = b""
        if message is not None:
            self.http.send_data(number, _framed(message), end_stream=True)
        self.pump()
        return number

    def send(self, number: int, message: bytes) -> None:
        """Send a message, in pieces as the windows allow."""
        data = _framed(message)
        while data:
            size = min(self.http.local_flow_control_window(number), 16384, len(data))
            assert size > 0, "the server does not open its window"
            self.http.send_data(number, data[:size])
            data = data[size:]
            self.pump()

    def status(self, number: int) -> int:
        """Return how a call ended."""
        assert number in self.ended
        return int(self.headers[number]["grpc-status"])

    def pump(self) -> None:
        """Hand bytes to and fro until neither side has any."""
        while True:
            sent = self.http.data_to_send()
            self.server.receive(sent)
            again = self.server.produce()
            data = self.server.take()
            self.count += len(data)
            self._take(data)
            if not (sent or again or data):
                return

    def _take(self, data: bytes) -> None:
        for event in self.http.receive_data(data):
            if isinstance(event, DataReceived):
                number = event.stream_id
                self.http.acknowledge_received_data(event.flow_controlled_length, number)
                came = self._came[number] + event.data
                while len(came) >= 5 and len(came) >= 5 + int.from_bytes(came[1:5], "big"):
                    end = 5 + int.from_bytes(came[1:5], "big")
                    self.messages[number].append(came[5:end])
                    came = came[end:]
                self._came[number] = came
            elif isinstance(event, ResponseReceived | TrailersReceived):
                self.headers[event.stream_id] |= {str(k): str(v) for k, v in event.headers}
            elif isinstance(event, StreamEnded):
                self.ended.add(event.stream_id)


def _framed(message: bytes) -> bytes:
    return b"\0" + len(message).to_bytes(4, "big") + message

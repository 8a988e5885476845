"""A build by BuildKit's own service: `POST /build` has no named contexts.

Two calls of gRPC go out on a connection of their own: one builds, the other reports the progress.
The build ends with the connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from google.protobuf.message import DecodeError
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)
from h2.exceptions import ProtocolError

from moorage.arguments import as_is
from moorage.buildkit.framing import TYPE, Deframer, Refused, framed, http2
from moorage.buildkit.solve_request import solve_request
from moorage.buildkit.trace import IMAGE, TRACE
from moorage.errors import InvalidAnswer, OperationFailed, StreamInterrupted
from moorage.request import Request
from moorage.streams.base import AsyncStream, Source, Stream
from moorage.transport.exchange import Exchange
from moorage.transport.steps import Steps
from moorage_api.buildkit_messages import SolveReply, SolveRequest, StatusRequest

__all__ = ["solve"]

_OPERATION = "ImageBuild"
_REQUEST: Request[Any] = Request(_OPERATION, "POST", "/grpc", as_is, upgrade="h2c")
# The engine's name for the ID of an image, by any exporter.
_DIGEST = "containerimage.digest"


def solve(engine: Any, fields: Mapping[str, Any], contexts: Mapping[str, str]) -> SolveStreams:
    """Make the stream of a build, whose items are as those of `images.build`.

    Args:
        engine: The engine.
        fields: Parameters of `images.build`.
        contexts: The sources of the named contexts.

    Raises:
        ValueError: A field can't be given so.
    """
    # Not sent: it checks and encodes the fields.
    encoded = engine.images.build(None, **fields)
    encoded.disconnect()
    request = solve_request(encoded._source.request.query, contexts)
    kind = _AsyncSolveStream if isinstance(encoded, AsyncStream) else _SolveStream
    stream: SolveStreams = kind(engine._transport, _REQUEST, encoded._source.options)
    stream._source.solve = request
    return stream


class Item(NamedTuple):
    """A message about a build, with the attributes of the items of `images.build`."""

    id: str
    aux: bytes | dict[str, str]


class Answers:
    """Sends the calls, and makes items of what comes; without I/O."""

    def __init__(self, request: SolveRequest) -> None:
        self._http: H2Connection = http2(client=True)
        self._unsent: dict[int, bytes] = {}
        # In this order: the request for progress waits for a build, but not after its end.
        self._progress = self._call("Status", StatusRequest(ref=request.ref).SerializeToString())
        self._solve = self._call("Solve", request.SerializeToString())
        self._calls = {number: Deframer() for number in (self._progress, self._solve)}
        self._failures: dict[int, str] = {}
        self._digest = ""
        self._broken: InvalidAnswer | None = None

    @property
    def over(self) -> bool:
        """Whether both calls have ended."""
        return not self._calls

    def _call(self, method: str, message: bytes) -> int:
        number = self._http.get_next_available_stream_id()
        self._http.send_headers(
            number,
            [
                (b":method", b"POST"),
                (b":scheme", b"http"),
                (b":path", f"/moby.buildkit.v1.Control/{method}".encode()),
                (b":authority", b"localhost"),
                TYPE,
                (b"te", b"trailers"),
            ],
        )
        self._unsent[number] = framed(message)
        return number

    def take(self) -> bytes:
        """Return the bytes to send."""
        for number, data in [*self._unsent.items()]:
            size = min(
                self._http.local_flow_control_window(number),
                self._http.max_outbound_frame_size,
                len(data),
            )
            while size:
                self._http.send_data(number, data[:size], end_stream=size == len(data))
                data = data[size:]
                size = min(size, self._http.local_flow_control_window(number), len(data))
            self._unsent[number] = data
            if not data:
                del self._unsent[number]
        return self._http.data_to_send()

    def feed(self, data: bytes) -> Iterator[Item]:
        """Take bytes; gives the items that are complete now."""
        try:
            events = self._http.receive_data(data)
            for event in events:
                yield from self._take(event)
        except (ProtocolError, Refused, DecodeError) as error:
            raise InvalidAnswer(f"{_OPERATION}: the engine sends no gRPC: {error}") from None

    def _take(self, event: Event) -> Iterator[Item]:
        if isinstance(event, DataReceived):
            number = event.stream_id
            if number not in self._calls:
                return
            self._http.acknowledge_received_data(event.flow_controlled_length, number)
            for message in self._calls[number].feed(event.data):
                if number == self._progress:
                    yield Item(TRACE, message)
                else:
                    reply = SolveReply.FromString(message).exporter_reply
                    self._digest = reply.get(_DIGEST, b"").decode("utf-8", "replace")
        elif isinstance(event, ResponseReceived | TrailersReceived):
            self._take_status(event.stream_id, dict(event.headers))
        elif isinstance(event, StreamEnded):
            self._calls.pop(event.stream_id, None)
        elif isinstance(event, StreamReset | ConnectionTerminated):
            raise StreamInterrupted(f"{_OPERATION}: the engine aborted the build")

    def _take_status(self, number: int, headers: Mapping[bytes, bytes]) -> None:
        status = headers.get(b"grpc-status", b"0")
        if status != b"0":
            message = headers.get(b"grpc-message", b"").decode("utf-8", "replace")
            self._failures[number] = unquote(message) or f"gRPC status {status!r}"

    def check(self) -> None:
        """Do nothing: `feed` raises."""

    def close(self) -> Iterator[Item]:
        """Return the image that the build has made.

        Raises:
            OperationFailed: The build failed.
            InvalidAnswer: The engine reported no progress.
        """
        if (message := self._failures.get(self._solve)) is not None:
            raise OperationFailed(message, _OPERATION)
        if (message := self._failures.get(self._progress)) is not None:
            raise InvalidAnswer(f"{_OPERATION}: BuildKit reports no progress: {message}")
        yield Item(IMAGE, {"ID": self._digest})


class _Source(Source[Item]):
    solve: SolveRequest
    parser: Answers

    def make_parser(self, exchange: Exchange) -> Answers:  # noqa: ARG002
        return Answers(self.solve)

    def read(self, exchange: Exchange) -> Steps[bytes]:
        data = self.parser.take()
        if self.parser.over:
            return b""
        if data:
            yield from exchange.write(data)
        came = yield from exchange.read()
        if not came:
            raise StreamInterrupted(f"{_OPERATION}: the engine ended the connection")
        return came


class _SolveStream(Stream[Item]):
    _source_type = _Source
    _source: _Source


class _AsyncSolveStream(AsyncStream[Item]):
    _source_type = _Source
    _source: _Source


SolveStreams: TypeAlias = _SolveStream | _AsyncSolveStream

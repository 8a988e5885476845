"""Calls of gRPC, served on a connection on which the other side is the client; without I/O.

HTTP/2 is h2's. gRPC adds little to it: five bytes before each message, and a status at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from urllib.parse import quote, unquote_plus

from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    RequestReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError

from moorage.buildkit.framing import TYPE, Deframer, Refused, Status, framed, http2
from moorage.errors import InvalidAnswer

__all__ = ["Call", "Factory", "Handler", "Server", "Unary"]

# Bytes to prepare before handing them to HTTP/2, and bytes in one turn.
_READY, _TURN = 1 << 17, 1 << 18


class Handler:
    """Handler of a call; the base does nothing."""

    def message(self, call: Call, data: bytes) -> None:
        """Process a message."""

    def end(self, call: Call) -> None:
        """Note that no more messages follow."""

    def more(self, call: Call) -> bool:  # noqa: ARG002
        """Send as much as there is room for; returns whether anything was sent."""
        return False

    def close(self) -> None:
        """Release everything: the call is over, however it ended."""


class Unary(Handler):
    """Answers one message with another."""

    def __init__(self, function: Callable[[bytes], bytes]) -> None:
        self._function = function

    def message(self, call: Call, data: bytes) -> None:
        """Answer."""
        call.send(self._function(data))
        call.finish()


class Call:
    """A call, as its handler sees it.

    Attributes:
        metadata: The client's metadata by name; a name may appear several times.
    """

    handler: Handler

    def __init__(self, metadata: Mapping[str, list[str]]) -> None:
        self.metadata = metadata
        self.ready: bytearray = bytearray()
        self.answered: bool = False
        self.status: Status | None = None
        self.reason: str = ""
        self._deframer = Deframer()

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.status is not None

    def values(self, name: str) -> list[str]:
        """Return the metadata of a name; newer clients quote it."""
        found = self.metadata.get(name, [])
        if self.metadata.get(f"{name}-encoded") == ["1"]:
            return [unquote_plus(each, errors="surrogateescape") for each in found]
        return found

    def send(self, message: bytes, content: bytes = b"") -> None:
        """Send a message; its content, if it has some, stands at its end."""
        self.ready += framed(message, len(content))
        self.ready += content

    def finish(self, status: Status = Status.OK, reason: str = "") -> None:
        """End the call once its messages are sent."""
        if self.status is None:
            self.status = status
            self.reason = reason

    def feed(self, data: bytes) -> Iterable[bytes]:
        """Parse bytes, and return the messages that are complete now."""
        return self._deframer.feed(data)


Factory = Callable[[Call], Handler]


class Server:
    """Serves calls; bytes go in and out.

    Args:
        methods: Handler factories by "/package.Service/Method".

    Attributes:
        ended: Whether the client has ended the connection.
        failure: The first error that a handler raised, other than `Refused`.
    """

    def __init__(self, methods: Mapping[str, Factory]) -> None:
        self._methods = methods
        self._http = http2(client=False)
        self._calls: dict[int, Call] = {}
        self.ended: bool = False
        self.failure: Exception | None = None

    def take(self) -> bytes:
        """Return the bytes to send."""
        return self._http.data_to_send()

    def receive(self, data: bytes) -> None:
        """Take bytes.

        Raises:
            InvalidAnswer: The bytes are not HTTP/2.
        """
        try:
            events = self._http.receive_data(data)
        except ProtocolError as error:
            raise InvalidAnswer(f"Session: the engine sends no HTTP/2: {error}") from None
        counts: dict[int, int] = {}
        for event in events:
            if isinstance(event, DataReceived):
                number = event.stream_id
                counts[number] = counts.get(number, 0) + event.flow_controlled_length
                if (call := self._calls.get(number)) is not None:
                    self.guarded(call, _give, event.data)
            else:
                self._take_event(event)
        for number, count in counts.items():
            if count:
                with suppress(ProtocolError):  # the call is over
                    self._http.acknowledge_received_data(count, number)

    def _take_event(self, event: Event) -> None:
        if isinstance(event, RequestReceived):
            self._begin(event)
        elif isinstance(event, StreamEnded):
            if (call := self._calls.get(event.stream_id)) is not None:
                self.guarded(call, _give_end)
        elif isinstance(event, StreamReset):
            if (call := self._calls.pop(event.stream_id, None)) is not None:
                call.handler.close()
        elif isinstance(event, ConnectionTerminated):
            self.ended = True

    def _begin(self, event: RequestReceived) -> None:
        metadata: dict[str, list[str]] = {}
        for name, value in event.headers:
            text = bytes(value).decode("utf-8", "surrogateescape")
            metadata.setdefault(bytes(name).decode("ascii", "replace"), []).append(text)
        call = Call(metadata)
        call.handler = Handler()
        self._calls[event.stream_id] = call
        path = metadata.get(":path", [""])[0]
        if path in self._methods:
            self.guarded(call, _make, self._methods[path])
        else:
            call.finish(Status.UNIMPLEMENTED, f"{path} is not served")

    def guarded(self, call: Call, function: Callable[..., object], *arguments: object) -> None:
        """Call a function with a call, which its error ends."""
        if call.over:
            return
        try:
            function(call, *arguments)
        except Refused as refusal:
            call.finish(refusal.status, str(refusal))
        except Exception as error:
            self.failure = self.failure or error
            call.finish(Status.UNKNOWN, f"{type(error).__name__}: {error}")

    def produce(self) -> bool:
        """Let the calls send; returns whether one could go on at once."""
        again = False
        for number, call in [*self._calls.items()]:
            while not call.over and len(call.ready) < _READY and self._more(call):
                pass
            again = self._hand_over(number, call) or again
        return again

    def _more(self, call: Call) -> bool:
        before = len(call.ready)
        self.guarded(call, _ask_for_more)
        return len(call.ready) > before

    def _hand_over(self, number: int, call: Call) -> bool:
        http, ready = self._http, call.ready
        try:
            if not call.answered and (ready or call.over):
                call.answered = True
                if call.over and not ready and call.status:
                    self._end(number, call, [(b":status", b"200"), TYPE])
                    return False
                http.send_headers(number, [(b":status", b"200"), TYPE])
            end = min(len(ready), max(http.local_flow_control_window(number), 0), _TURN)
            if end < min(len(ready), _TURN):
                again = False  # the other side opens its window first
            else:
                again = end == _TURN or (end > 0 and not call.over)
            with memoryview(ready) as view:
                for at in range(0, end, http.max_outbound_frame_size):
                    piece = view[at : min(at + http.max_outbound_frame_size, end)]
                    http.send_data(number, bytes(piece))
                    piece.release()
            del ready[:end]
            if not ready and call.over:
                self._end(number, call, [])
                return False
        except ProtocolError:  # the client has reset the call
            self._calls.pop(number, None)
            call.handler.close()
            return False
        return again

    def _end(self, number: int, call: Call, headers: list[tuple[bytes, bytes]]) -> None:
        status = call.status or Status.OK
        headers.append((b"grpc-status", b"%d" % status))
        if call.reason:
            # Percent-encoded, as gRPC has it; no header begins or ends with a space.
            headers.append(
                (b"grpc-message", quote(call.reason.strip()[:2000], " :/'\"(),=").encode())
            )
        del self._calls[number]
        call.handler.close()
        self._http.send_headers(number, headers, end_stream=True)

    def close(self) -> None:
        """Release everything that the calls hold."""
        for call in self._calls.values():
            call.handler.close()
        self._calls.clear()


def _make(call: Call, factory: Factory) -> None:
    call.handler = factory(call)


def _give(call: Call, data: bytes) -> None:
    for message in call.feed(data):
        if call.over:
            return
        call.handler.message(call, message)


def _give_end(call: Call) -> None:
    call.handler.end(call)


def _ask_for_more(call: Call) -> None:
    call.handler.more(call)

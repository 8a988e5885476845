"""A recorder between a client and an engine."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

from moorage.errors import EngineError
from moorage.host import find_host
from moorage.testing.closing import Closing
from moorage.testing.recordings.entry import KEPT_HEADERS, Entry, asked, content_of
from moorage.testing.recordings.normalizing import Normalizer
from moorage.testing.recordings.secrecy import Secrets
from moorage.testing.server.connection import Connection, Cut, RequestHead
from moorage.testing.server.listener import Server
from moorage.transport.channel import Channel
from moorage.transport.clock import Clock
from moorage.transport.dialer import Dialer
from moorage.transport.threads import ThreadLock, run
from moorage.wire.http1 import SWITCHED, Head, HeadParser, body
from moorage.wire.message import shared_headers

__all__ = ["DEFAULT_NAME", "Recorder", "record"]

DEFAULT_NAME = "session"
"""The name of the first recording."""

_OWN = {"host", "accept-encoding", "expect", "authorization"}


class Recorder(Closing):
    """Proxy between clients and an engine that records their conversation.

    Attributes:
        folder: The folder for the recordings.
    """

    def __init__(
        self,
        host: str | None,
        folder: str | PathLike[str],
        *,
        secrets: Iterable[str] = (),
        normalize: bool = False,
        name: str = DEFAULT_NAME,
    ) -> None:
        self.folder: Path = Path(folder)
        self._target = find_host(host)
        self._secrets = Secrets(secrets)
        self._normalize = normalize
        self._lock = threading.Lock()
        self._headers = shared_headers(self._target)
        self._dialer = Dialer(self._target, ThreadLock)
        self._server = Server(self._serve)
        self.begin(name)
        self._server.open()

    @property
    def host(self) -> str:
        """The recorder's address for clients, in the form of DOCKER_HOST."""
        return self._server.host

    def begin(self, name: str) -> None:
        """Write from now on to another recording: `<name>.jsonl` in the folder."""
        path = self.folder / f"{name}.jsonl"
        with self._lock:
            self._path = path
            self._normalizer = Normalizer()
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("", encoding="utf-8")

    def resume(self, name: str) -> None:
        """Append from now on to an earlier recording."""
        with self._lock:
            self._path = self.folder / f"{name}.jsonl"

    def close(self) -> None:
        """Stop, and close the connections through it."""
        self._server.close()
        run(self._dialer.close())

    def __repr__(self) -> str:
        return f"<Recorder of {self._target} in {self.folder}>"

    def _serve(self, connection: Connection) -> None:
        head = connection.read_head()
        if head is None:
            return
        try:
            channel = run(self._dialer.dial(Clock("recording")))
        except (OSError, EngineError):
            return  # the client sees that the engine is gone
        try:
            while head is not None:
                if not self._relay(connection, head, channel):
                    return
                head = connection.read_head()
        except (OSError, EngineError):
            raise Cut from None
        finally:
            channel.close()

    def _relay(self, connection: Connection, head: RequestHead, channel: Channel) -> bool:
        """Carry a request and its response; returns whether there may be another."""
        path = self._path  # recorded in the order of requests, however long a response takes
        sent = self._forward(connection, head, channel)
        entry = asked(head, sent)
        with self._lock:
            self._secrets.learn_from(head.headers)
        exchange = _Exchange(connection, channel)
        try:
            keeps = exchange.run(head.method)
        finally:
            if exchange.head is not None:
                entry.status = exchange.head.status
                headers = exchange.head.headers
                entry.headers = {each: headers[each] for each in KEPT_HEADERS if each in headers}
                entry.answer = content_of(bytes(exchange.content), headers)
            entry.uploaded += exchange.input
            entry.cut = not exchange.complete
            self._write(entry, path)
        return keeps

    def _forward(self, connection: Connection, head: RequestHead, channel: Channel) -> bytes:
        lines = {name: value for name, value in head.headers.items() if name not in _OWN}
        lines |= {
            name: self._headers[name] for name in ("Host", "Authorization") if name in self._headers
        }
        text = f"{head.method} {self._target.prefix}{head.target} HTTP/1.1\r\n"
        text += "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        run(channel.send(f"{text}\r\n".encode("latin-1")))
        chunked = "chunked" in head.headers.get("transfer-encoding", "").lower()
        kept = bytearray()
        for piece in connection.body(head):
            kept += piece
            framed = b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece
            run(channel.send(framed))
        if chunked:
            run(channel.send(b"0\r\n\r\n"))
        return bytes(kept)

    def _write(self, entry: Entry, path: Path) -> None:
        with self._lock:
            entry = self._secrets.blanked(entry)
            if self._normalize:
                entry = self._normalizer.normalized(entry)
            with path.open("a", encoding="utf-8") as file:
                file.write(f"{entry.line()}\n")


class _Exchange:
    """A response on its way from an engine to a client, and the client's input meanwhile."""

    def __init__(self, connection: Connection, channel: Channel) -> None:
        self._connection = connection
        self._channel = channel
        self.head: Head | None = None
        self.content = bytearray()
        self.input = 0
        self.complete = False

    def run(self, method: str) -> bool:
        """Carry it; returns whether the connections carry another request."""
        parser = HeadParser()
        found = None
        while found is None:
            data = run(self._channel.receive())
            if not data:
                raise Cut
            found = parser.feed(data)
        self.head, data = found
        self._connection.write_head(self.head.status, self.head.reason, self.head.headers)
        content = body(self.head, method)
        if self.head.status == SWITCHED or content.open:
            threading.Thread(target=self._carry_input, daemon=True).start()
        while True:
            if data:
                self.content += content.feed(data)
                self._connection.write(data)
            if content.ended:
                self.complete = True
                return self.head.keeps
            data = run(self._channel.receive())
            if not data:
                self.complete = content.open
                return False

    def _carry_input(self) -> None:
        with contextlib.suppress(Cut, OSError, EngineError):
            while data := self._connection.read():
                self.input += len(data)
                run(self._channel.send(data))
            run(self._channel.send_eof())


@contextlib.contextmanager
def record(
    host: str | None,
    folder: str | PathLike[str],
    *,
    secrets: Iterable[str] = (),
    normalize: bool = False,
) -> Iterator[Recorder]:
    """Record the conversation between clients and an engine.

        with record("unix:///var/run/docker.sock", "recordings") as recorder:
            with moorage.connect(host=recorder.host) as engine:
                engine.containers.list()

    The recording is `session.jsonl` in the folder, a line of JSON for each request; `begin` names
    another. Secrets are blanked by the fields that they stand in: passwords, tokens, keys, the data
    of secrets, and variables whose names suggest a secret; every later occurrence is blanked too.
    Request headers, uploads and typed input are never written. Logs and other output are written
    otherwise: name the secrets in them by `secrets`.

    Args:
        host: The engine, as `moorage.connect(host=…)` takes it.
        folder: The folder for the recordings.
        secrets: More secrets, to be blanked wherever they occur.
        normalize: Replace IDs by numbers and all times by one, so that recordings of the same calls
            are the same.
    """
    with Recorder(host, folder, secrets=secrets, normalize=normalize) as recorder:
        yield recorder

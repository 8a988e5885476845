"""An engine that answers from a recording."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from os import PathLike
from pathlib import Path

from moorage.testing.closing import Closing
from moorage.testing.recordings.entry import Entry, asked, content_bytes
from moorage.testing.recordings.matching import Recording, differences
from moorage.testing.recordings.recorder import DEFAULT_NAME
from moorage.testing.recordings.secrecy import Secrets
from moorage.testing.server.connection import Connection, RequestHead
from moorage.testing.server.listener import Server
from moorage.testing.server.websocket import accept

__all__ = ["NotRecorded", "Replayer", "read_recording", "replay"]

_NO_BODY = (204, 304)
_NOT_RECORDED = 501
_MOST_SHOWN = 5


class NotRecorded(AssertionError):
    """A request was made that is not in the recording."""


class Replayer(Closing):
    """Answers requests from recordings, in any order that matches.

    Attributes:
        folder: The folder of the recordings.
        missing: A sentence on each unrecorded request: the nearest line, and the differences.
    """

    def __init__(self, folder: str | PathLike[str], *, secrets: Iterable[str] = ()) -> None:
        self.folder: Path = Path(folder)
        self.missing: list[str] = []
        self._secrets = Secrets(secrets)
        self._lock = threading.Lock()
        # Each recording process had one of its own.
        paths = sorted(self.folder.glob(f"{DEFAULT_NAME}*.jsonl"))
        self._session = Recording([each for path in paths for each in read_recording(path).entries])
        self._current: Recording | None = None
        self._server = Server(self._serve)
        self._server.open()

    @property
    def host(self) -> str:
        """The listening address, in the form of DOCKER_HOST."""
        return self._server.host

    def begin(self, name: str) -> None:
        """Answer from another recording, and from `session` where that has no answer.

        Raises:
            FileNotFoundError: The recording does not exist.
        """
        path = self.folder / f"{name}.jsonl"
        if not path.exists():
            raise FileNotFoundError(f"no recording {path}")
        with self._lock:
            self._current = read_recording(path)

    def end(self) -> None:
        """Answer from `session` alone."""
        with self._lock:
            self._current = None

    def unused(self) -> list[str]:
        """Name the requests of the recording that were not made again."""
        with self._lock:
            recording = self._current or self._session
            return [f"{each.method} {each.path}" for each in recording.unused()]

    def check(self) -> None:
        """Check that all requests were recorded.

        Raises:
            NotRecorded: A request was not; the message names it.
        """
        with self._lock:
            missing, self.missing = self.missing, []
        if missing:
            raise NotRecorded("\n".join(missing))

    def close(self) -> None:
        """Stop it."""
        self._server.close()

    def __repr__(self) -> str:
        return f"<Replayer of {self.folder}>"

    def _serve(self, connection: Connection) -> None:
        while (head := connection.read_head()) is not None:
            request = asked(head, b"".join(connection.body(head)))
            with self._lock:
                self._secrets.learn_from(head.headers)
                request = self._secrets.blanked(request)
            entry = self._find(request)
            if not self._write(connection, head, entry):
                return

    def _find(self, request: Entry) -> Entry:
        with self._lock:
            recordings = [each for each in (self._current, self._session) if each is not None]
            for recording in recordings:
                if (found := recording.take(request)) is not None:
                    return found
            message = _difference(request, recordings[0])
            self.missing.append(message)
        return Entry(
            "", "", "", "", {}, status=_NOT_RECORDED, answer={"json": {"message": message}}
        )

    def _write(self, connection: Connection, head: RequestHead, entry: Entry) -> bool:
        pieces = content_bytes(entry.answer)
        headers = dict(entry.headers)
        if entry.status == 101:
            headers |= {"Connection": "Upgrade", "Upgrade": head.headers.get("upgrade", "tcp")}
            if key := head.headers.get("sec-websocket-key"):
                headers["Sec-WebSocket-Accept"] = accept(key)
            connection.write_head(101, "UPGRADED", headers)
            connection.let_read()
            _talk(connection, pieces, entry)
            return False
        if not entry.status:
            return False
        whole = len(pieces) < 2 and not entry.cut
        has_body = head.method != "HEAD" and entry.status not in _NO_BODY
        if has_body and whole:
            headers["Content-Length"] = str(sum(map(len, pieces)))
        elif has_body:
            headers["Transfer-Encoding"] = "chunked"
        if entry.status >= 400:
            headers.setdefault("content-type", "application/json")
        connection.write_head(entry.status, "Replayed", headers)
        if not has_body:
            return True
        for piece in pieces:
            connection.write(piece, chunk=not whole)
        if entry.cut:
            while connection.read():  # the client hung up here, and will again
                pass
            return False
        if not whole:
            connection.write(b"0\r\n\r\n")
        return True


def _talk(connection: Connection, pieces: list[bytes], entry: Entry) -> None:
    """Send the output of a hijacked connection, and read as much input as was recorded."""
    for piece in pieces:
        connection.write(piece)
    left = entry.uploaded
    while left > 0 or entry.cut:
        data = connection.read()
        if not data:
            break
        left -= len(data)


def _difference(request: Entry, recording: Recording) -> str:
    what = f"{request.method} {request.path} was not recorded"
    nearest = recording.nearest(request)
    if nearest is None:
        return f"{what}: the recording is empty"
    found = differences(request, nearest)
    if not found:
        return f"{what} so often; it was recorded, and asked for before"
    more = f", and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
    shown = "; ".join(found[:_MOST_SHOWN])
    return f"{what}; nearest is {nearest.method} {nearest.path}: {shown}{more}"


def read_recording(path: Path) -> Recording:
    """Read a recording.

    Raises:
        ValueError: A line is malformed; it says which.
    """
    entries = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                entries.append(Entry.parse(line))
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
    return Recording(entries)


@contextlib.contextmanager
def replay(folder: str | PathLike[str], *, secrets: Iterable[str] = ()) -> Iterator[Replayer]:
    """Answer requests from a recording; no engine is needed.

        with replay("recordings") as replayer:
            with moorage.connect(host=replayer.host) as engine:
                engine.containers.list()

    Requests may come in any order that matches the recording. An unrecorded request is answered
    with 501 and the nearest recorded one; the end of the block raises an error for it.

    Args:
        folder: The folder that `record` wrote.
        secrets: The secrets given to `record`, if requests hold them.

    Raises:
        FileNotFoundError: The folder does not exist.
        ValueError: A recording is malformed.
        NotRecorded: A request was not recorded; raised at the end of the block.
    """
    if not Path(folder).is_dir():
        raise FileNotFoundError(f"no folder of recordings: {folder}")
    with Replayer(folder, secrets=secrets) as replayer:
        yield replayer
        replayer.check()

"""Send the files of a context that an engine lacks: the other half of fsutil's protocol.

First the list of all files is sent: name, mode, size and time. Meanwhile the engine requests the
content of those it lacks in this state.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Mapping
from enum import IntEnum
from io import BytesIO, FileIO

from moorage.buildkit.framing import Refused, Status
from moorage.buildkit.rpc import Call, Factory, Handler
from moorage.buildkit.tree import About, Node
from moorage.buildkit.walk import walk, wanted_of
from moorage.errors import EngineError
from moorage_api.buildkit_messages import Packet, Stat

__all__ = ["PacketType", "sync_methods"]

_PIECE = 1 << 18
_DATA_FIELD = Packet.DESCRIPTOR.fields_by_name["data"].number
# Files listed in one turn.
_TURN = 64


class PacketType(IntEnum):
    """The type of a packet."""

    STAT = 0
    REQUEST = 1
    DATA = 2
    END = 3
    ERROR = 4


def sync_methods(trees: Mapping[str, Node]) -> dict[str, Factory]:
    """Serve trees of files, by the engine's names for them."""
    return {"/moby.filesync.v1.FileSync/DiffCopy": lambda call: _Sending(trees, call)}


class _Sending(Handler):
    def __init__(self, trees: Mapping[str, Node], call: Call) -> None:
        name = next(iter(call.values("dir-name")), "")
        if name not in trees:
            raise Refused(Status.NOT_FOUND, f"there is no folder {name}")
        root = trees[name]
        wanted = wanted_of(root, [*call.values("include-patterns"), *call.values("followpaths")])
        self._walk: Iterator[tuple[str, Node, About]] | None = walk(
            root, call.values("exclude-patterns"), wanted
        )
        self._count = 0
        # The files whose content may be requested, by their place in the list.
        self._files: dict[int, tuple[Node, int]] = {}
        self._asked: deque[int] = deque()
        self._open: _Open | None = None

    def message(self, call: Call, data: bytes) -> None:
        packet = Packet.FromString(data)
        if packet.type == PacketType.REQUEST:
            if packet.id not in self._files:
                raise EngineError("BuildKit requested a file that was not listed")
            self._asked.append(packet.id)
        elif packet.type == PacketType.END:
            call.send(Packet(type=PacketType.END).SerializeToString())
            call.finish()
        elif packet.type == PacketType.ERROR:
            # No error of this side: the build ends with the engine's own, which tells more.
            raise Refused(Status.UNKNOWN, packet.data.decode(errors="replace"))

    def more(self, call: Call) -> bool:
        if self._open is not None:
            self._send_piece(call, self._open)
        elif self._walk is not None:
            self._tell(call, self._walk)
        elif self._asked:
            self._begin(call, self._asked.popleft())
        else:
            return False
        return True

    def _tell(self, call: Call, files: Iterator[tuple[str, Node, About]]) -> None:
        for _ in range(_TURN):
            found = next(files, None)
            if found is None:
                self._walk = None
                call.send(Packet(type=PacketType.STAT).SerializeToString())
                return
            path, node, about = found
            stat = Stat(path=os.fsencode(path), mode=about.mode)
            if about.size:
                stat.size = about.size
            if about.mtime:
                stat.mod_time = about.mtime
            if about.link:
                stat.linkname = about.link
            if about.device:
                stat.devmajor, stat.devminor = os.major(about.device), os.minor(about.device)
            call.send(Packet(type=PacketType.STAT, stat=stat).SerializeToString())
            if about.mode < 1 << 24:  # a plain file
                self._files[self._count] = (node, about.size)
            self._count += 1

    def _begin(self, call: Call, number: int) -> None:
        node, size = self._files[number]
        self._open = _Open(number, node.name, node.open(), size)
        self._send_piece(call, self._open)

    def _send_piece(self, call: Call, file: _Open) -> None:
        if file.left:
            data = file.content.read(min(file.left, _PIECE))
            if not data:
                raise EngineError(f"{file.name} became shorter while it was read")
            _send(call, file.number, data)
            file.left -= len(data)
        if not file.left:
            self._close_file()
            _send(call, file.number, b"")

    def _close_file(self) -> None:
        if self._open is not None:
            self._open.content.close()
            self._open = None

    def close(self) -> None:
        self._close_file()
        self._walk = None


class _Open:
    """A file that is being sent."""

    __slots__ = ("content", "left", "name", "number")

    def __init__(self, number: int, name: str, content: FileIO | BytesIO, left: int) -> None:
        self.number = number
        self.name = name
        self.content = content
        self.left = left
        """The bytes that are to be sent; bytes that the file has got since are left out."""


def _send(call: Call, number: int, data: bytes) -> None:
    head = Packet(type=PacketType.DATA, id=number).SerializeToString()
    if data:
        # The message's last field, which is not copied into a message first.
        head += bytes([_DATA_FIELD << 3 | 2, *_varint(len(data))])
    call.send(head, data)


def _varint(number: int) -> Iterator[int]:
    while number > 0x7F:
        yield number & 0x7F | 0x80
        number >>= 7
    yield number

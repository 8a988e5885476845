"""A small file system in memory, read from archives and written to them."""

from __future__ import annotations

import base64
import io
import json
import posixpath
import stat
import tarfile
import time
from collections.abc import Iterable

from attrs import define, evolve, frozen

__all__ = ["Files", "Node"]

_GO_DIRECTORY, _GO_LINK = 1 << 31, 1 << 27


@frozen
class Node:
    """A file, a folder or a symbolic link."""

    kind: str = "file"
    """"file", "folder" or "link"."""
    data: bytes = b""
    target: str = ""
    mode: int = 0o644
    mtime: float = 0.0
    uid: int = 0
    gid: int = 0


FOLDER = Node("folder", mode=0o755)


@define
class Files:
    """A tree of files by their absolute paths; a copy shares the data."""

    nodes: dict[str, Node]

    @classmethod
    def empty(cls) -> Files:
        """Make a tree that has the root alone."""
        return cls({"/": FOLDER})

    @classmethod
    def from_tar(cls, data: bytes) -> Files:
        """Read an archive.

        Raises:
            tarfile.TarError: It is not an archive.
        """
        made = cls.empty()
        made.extract(data, "/")
        return made

    def copy(self) -> Files:
        """Return an independent copy."""
        return Files(dict(self.nodes))

    def resolve(self, path: str, *, last: bool = True, depth: int = 0) -> str:
        """Follow symbolic links; the last one too if `last`."""
        current = "/"
        parts = [each for each in posixpath.normpath(f"/{path}").split("/") if each]
        for place, part in enumerate(parts):
            current = posixpath.join(current, part)
            node = self.nodes.get(current)
            is_last = place == len(parts) - 1
            if node and node.kind == "link" and (last or not is_last) and depth < 40:
                base = posixpath.dirname(current)
                target = posixpath.join(base, node.target, *parts[place + 1 :])
                return self.resolve(target, last=last, depth=depth + 1)
        return current

    def find(self, path: str, *, last: bool = True) -> Node | None:
        """Return the node at a path."""
        node = self.nodes.get(self.resolve(path, last=last))
        return None if last and node and node.kind == "link" else node  # links in a circle

    def read(self, path: str) -> bytes:
        """Return a file's content.

        Raises:
            FileNotFoundError: The file does not exist.
        """
        node = self.find(path)
        if node is None or node.kind != "file":
            raise FileNotFoundError(path)
        return node.data

    def write(self, path: str, data: bytes | str, *, mode: int = 0o644) -> None:
        """Write a file, and make the folders above it."""
        content = data.encode() if isinstance(data, str) else data
        place = self.resolve(path)
        self._make_folders(posixpath.dirname(place))
        self.nodes[place] = Node("file", content, mode=mode, mtime=time.time())

    def link(self, path: str, target: str) -> None:
        """Make a symbolic link; it need not lead anywhere."""
        place = self.resolve(path, last=False)
        self._make_folders(posixpath.dirname(place))
        self.nodes[place] = Node("link", target=target, mode=0o777, mtime=time.time())

    def make_folder(self, path: str) -> None:
        """Make a folder, and those above it."""
        self._make_folders(self.resolve(path))

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with its content."""
        place = self.resolve(path, last=False)
        self.nodes = {
            each: node
            for each, node in self.nodes.items()
            if each != place and not each.startswith(f"{place}/")
        }

    def names(self, path: str) -> list[str]:
        """List the names in a folder."""
        start = self.resolve(path).rstrip("/") + "/"
        inside = (each[len(start) :] for each in self.nodes if each.startswith(start))
        return sorted({each.partition("/")[0] for each in inside} - {""})

    def size(self) -> int:
        """Return the bytes of all files."""
        return sum(len(each.data) for each in self.nodes.values())

    def extract(self, data: bytes, path: str) -> None:
        """Unpack an archive into a folder.

        Raises:
            tarfile.TarError: It is not an archive.
        """
        if not data.strip(b"\0"):
            return
        base = self.resolve(path)
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            for each in archive:
                place = posixpath.normpath(posixpath.join(base, f"./{each.name}"))
                if not place.startswith(base):
                    continue
                self._make_folders(posixpath.dirname(place))
                self._take(archive, each, place, base)

    def archive(self, path: str, *, inside: bool = False) -> bytes:
        """Pack the node at a path, under its last name; `inside` packs a folder's content."""
        place = self.resolve(path, last=False)
        name = "." if path.endswith("/.") else posixpath.basename(place)
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for each in sorted(self.nodes):
                if each == place or each.startswith(place.rstrip("/") + "/"):
                    rest = each[len(place) :].lstrip("/")
                    shown = rest if inside or place == "/" else posixpath.join(name, rest)
                    if shown.rstrip("/"):
                        _pack(archive, shown.rstrip("/"), self.nodes[each])
        return buffer.getvalue()

    def path_stat(self, path: str) -> str | None:
        """Encode a file's metadata for the engine's header; None if it does not exist."""
        node = self.find(path, last=False)
        if node is None:
            return None
        mark = {"folder": _GO_DIRECTORY, "link": _GO_LINK}.get(node.kind, 0)
        seconds = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(node.mtime))
        facts = {
            "name": "."
            if path.endswith("/.")
            else posixpath.basename(posixpath.normpath(path)) or "/",
            "size": 4096 if node.kind == "folder" else len(node.data or node.target),
            "mode": node.mode | mark,
            "mtime": seconds,
            "linkTarget": self.resolve(path) if node.kind == "link" else "",
        }
        return base64.b64encode(json.dumps(facts).encode()).decode()

    def changes(self, base: Files) -> list[dict[str, object]]:
        """List the differences from another tree: 0 changed, 1 added, 2 removed."""
        found: dict[str, int] = {}
        for path in self.nodes.keys() | base.nodes.keys():
            if path not in base.nodes:
                found[path] = 1
            elif path not in self.nodes:
                found[path] = 2
            elif self.nodes[path] is not base.nodes[path]:
                found[path] = 0
        for path in list(found):
            above = posixpath.dirname(path)
            while above not in ("/", ""):
                found.setdefault(above, 0)
                above = posixpath.dirname(above)
        return [{"Path": path, "Kind": found[path]} for path in sorted(found) if path != "/"]

    def copy_from(self, other: Files, paths: Iterable[str], target: str) -> None:
        """Copy files and folders of another tree, as a COPY of a build does."""
        many = target.endswith("/") or len(list(paths)) > 1
        for path in paths:
            node = other.find(path)
            if node is None:
                raise FileNotFoundError(path)
            if node.kind == "folder":
                self.make_folder(target)
                self.extract(other.archive(other.resolve(path), inside=True), target)
                continue
            name = posixpath.basename(posixpath.normpath(path))
            folder = many or (self.find(target) or Node()).kind == "folder"
            place = posixpath.join(target, name) if folder else target
            self.write(place, node.data, mode=node.mode)

    def _make_folders(self, path: str) -> None:
        while path not in self.nodes:
            self.nodes[path] = evolve(FOLDER, mtime=time.time())
            path = posixpath.dirname(path)

    def _take(
        self, archive: tarfile.TarFile, entry: tarfile.TarInfo, place: str, base: str
    ) -> None:
        if entry.isdir():
            kind, data, target = "folder", b"", ""
        elif entry.issym():
            kind, data, target = "link", b"", entry.linkname
        elif entry.islnk():
            linked = posixpath.normpath(posixpath.join(base, entry.linkname))
            kind, data, target = "file", self.nodes.get(linked, Node()).data, ""
        elif entry.isreg():
            content = archive.extractfile(entry)
            kind, data, target = "file", content.read() if content else b"", ""
        else:
            return
        mode = stat.S_IMODE(entry.mode)
        self.nodes[place] = Node(kind, data, target, mode, float(entry.mtime), entry.uid, entry.gid)


def _pack(archive: tarfile.TarFile, name: str, node: Node) -> None:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.mtime, entry.uid, entry.gid = node.mode, int(node.mtime), node.uid, node.gid
    if node.kind == "folder":
        entry.type = tarfile.DIRTYPE
    elif node.kind == "link":
        entry.type, entry.linkname = tarfile.SYMTYPE, node.target
    entry.size = len(node.data) if node.kind == "file" else 0
    archive.addfile(entry, io.BytesIO(node.data))

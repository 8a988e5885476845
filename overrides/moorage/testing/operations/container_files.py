"""Operations on a container's files."""

from __future__ import annotations

import tarfile

from moorage.testing.objects.container import Container, find_container
from moorage.testing.objects.refused import Refused
from moorage.testing.server.answers import Answer, document, nothing, stream
from moorage.testing.server.call import Call, operation

__all__: list[str] = []

TAR = "application/x-tar"
_HEADER = "X-Docker-Container-Path-Stat"


@operation("containers.archive_info")
def archive_info(call: Call) -> Answer:
    """Describe a file in a header."""
    return Answer(200, kind="", headers={_HEADER: _stat(call)[1]})


@operation("containers.archive")
def archive(call: Call) -> Answer:
    """Pack a file or a folder."""
    container, facts = _stat(call)
    data = container.files.archive(call.text("path"))
    answer = stream([data], TAR)
    return Answer(pieces=answer.pieces, kind=TAR, headers={_HEADER: facts})


def _stat(call: Call) -> tuple[Container, str]:
    with call.state.lock:
        container = find_container(call.state, call.path["id"])
        path = call.text("path")
        if not path:
            raise Refused(400, "bad parameter: pathcannot be empty")
        node = container.files.find(path)
        if path.endswith("/") and node is not None and node.kind != "folder":
            raise Refused(500, f"lstat {path}: not a directory")
        facts = container.files.path_stat(path)
        if facts is None:
            raise Refused(404, f"Could not find the file {path} in container {call.path['id']}")
        return container, facts


@operation("containers.put_archive")
def put_archive(call: Call) -> Answer:
    """Unpack an archive into a folder."""
    data = call.all_content()
    with call.state.changing():
        container = find_container(call.state, call.path["id"])
        path = call.text("path")
        node = container.files.find(path)
        if node is None:
            raise Refused(404, f"Could not find the file {path} in container {call.path['id']}")
        if node.kind != "folder":
            status = 400 if call.state.since("1.46") else 500
            raise Refused(status, "extraction point is not a directory")
        try:
            container.files.extract(data, path)
        except tarfile.TarError:
            raise Refused(500, "Error processing tar file(exit status 1): unexpected EOF") from None
    return nothing(200)


@operation("containers.export")
def export(call: Call) -> Answer:
    """Pack all files."""
    with call.state.lock:
        container = find_container(call.state, call.path["id"])
        data = container.files.archive("/")
    return stream([data], "application/octet-stream")


@operation("containers.changes")
def changes(call: Call) -> Answer:
    """List the differences from the image."""
    with call.state.lock:
        container = find_container(call.state, call.path["id"])
        return document(container.files.changes(container.base) or None)

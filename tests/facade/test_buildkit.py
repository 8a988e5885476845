"""The services of a session, the choice of the builder, and the progress, without an engine."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import socket
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import pytest
from rich.console import Console

import moorage
from moorage import progress
from moorage.auth.auto import AUTO
from moorage.buildkit import extra
from moorage.buildkit.agent import Agents, agent_methods
from moorage.buildkit.file_send import (
    FileOutput,
    FolderOutput,
    NoOutput,
    Output,
    TarOutput,
    output_methods,
)
from moorage.buildkit.file_sync import PacketType, sync_methods
from moorage.buildkit.framing import Refused, Status
from moorage.buildkit.log import BuildLog
from moorage.buildkit.named import named_contexts
from moorage.buildkit.rpc import Call, Handler, Server
from moorage.buildkit.secret_sources import SecretValue, read_secrets
from moorage.buildkit.services import (
    Credentials,
    credentials_methods,
    health_methods,
    secret_methods,
)
from moorage.buildkit.session import Session
from moorage.buildkit.solve import Answers
from moorage.buildkit.solve_request import solve_request
from moorage.buildkit.source import source_of
from moorage.buildkit.trace import TRACE, Trace
from moorage.buildkit.tree import MemoryFolder
from moorage.errors import (
    BuildFailed,
    EngineError,
    InvalidAnswer,
    OperationFailed,
    OperationUnavailable,
    UnsafeArchive,
)
from moorage.progress import reported
from moorage.progress.steps import StepsDisplay
from moorage_api import buildkit_messages as messages
from moorage_api import v1_39, v1_41
from moorage_api.buildkit_messages import Bytes, Packet, SecretReply, SecretRequest, Stat
from tests.facade.canary import CANARY, shown
from tests.facade.grpc_client import Client
from tests.facade.peer import Peer, answer

SYNC = "/moby.filesync.v1.FileSync/DiffCopy"
SEND = "/moby.filesync.v1.FileSend/DiffCopy"
SECRET = "/moby.buildkit.secrets.v1.Secrets/GetSecret"
FOLDER, LINK, DEVICE = 1 << 31 | 0o755, 1 << 27 | 0o777, 1 << 26 | 0o600


# Calls


class _Echo(Handler):
    def message(self, call: Call, data: bytes) -> None:
        if data == b"fail":
            raise OSError(28, "no space")
        if data == b"refuse":
            raise Refused(Status.NOT_FOUND, "naught: é%")
        call.send(data)

    def end(self, call: Call) -> None:
        call.finish()


def test_messages_of_any_length_go_both_ways() -> None:
    client = Client({"/x": lambda _: _Echo()})
    number = client.call("/x")
    long = os.urandom(6 << 20)  # more than all windows
    for each in (b"", b"a", long, b"b"):
        client.send(number, each)
    client.http.end_stream(number)
    client.pump()
    assert client.messages[number] == [b"", b"a", long, b"b"]
    assert client.status(number) == Status.OK


def test_how_calls_end() -> None:
    client = Client({"/x": lambda _: _Echo()})
    unknown = client.call("/y", message=b"")
    assert client.status(unknown) == Status.UNIMPLEMENTED
    assert client.headers[unknown]["content-type"] == "application/grpc"
    refused = client.call("/x", message=b"refuse")
    assert client.status(refused) == Status.NOT_FOUND
    assert client.headers[refused]["grpc-message"] == "naught: %C3%A9%25"
    assert client.server.failure is None
    failed = client.call("/x", message=b"fail")
    assert client.status(failed) == Status.UNKNOWN
    assert isinstance(client.server.failure, OSError)
    compressed = client.call("/x")
    client.http.send_data(compressed, b"\1\0\0\0\0")
    client.pump()
    assert client.status(compressed) == Status.UNIMPLEMENTED
    endless = client.call("/x")
    client.http.send_data(endless, b"\0\xff\xff\xff\xff")
    client.pump()
    assert client.status(endless) == Status.RESOURCE_EXHAUSTED


def test_many_patterns_in_the_headers_of_a_call() -> None:
    seen: list[int] = []

    def make(call: Call) -> Handler:
        seen.append(len(call.values("exclude-patterns")))
        return Handler()

    client = Client({"/x": make})
    client.http.max_outbound_frame_size = 16384
    client.call("/x", *(("exclude-patterns", f"a/long/pattern/{n}") for n in range(5_000)))
    assert seen == [5_000]


def test_calls_that_are_reset_let_go() -> None:
    closed: list[bool] = []

    class Held(Handler):
        def close(self) -> None:
            closed.append(True)

    client = Client({"/x": lambda _: Held()})
    client.http.reset_stream(client.call("/x"))
    client.pump()
    assert closed == [True]
    client.call("/x")
    client.server.close()
    assert closed == [True, True]


def test_what_is_no_http2() -> None:
    with pytest.raises(InvalidAnswer, match="HTTP/2"):
        Server({}).receive(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def test_health_and_secrets() -> None:
    secrets = {"token": SecretValue(CANARY.encode() * 100_000)}
    client = Client(health_methods() | secret_methods(secrets))
    checked = client.call("/grpc.health.v1.Health/Check", message=b"")
    assert client.messages[checked] == [b"\x08\x01"]
    told = client.call(SECRET, message=SecretRequest(id=b"token").SerializeToString())
    (reply,) = client.messages[told]
    assert SecretReply.FromString(reply).data == CANARY.encode() * 100_000
    for name in (b"HTTP_AUTH_TOKEN_x", b"\xff", b""):
        call = client.call(SECRET, message=SecretRequest(id=name).SerializeToString())
        assert client.status(call) == Status.NOT_FOUND
    assert CANARY not in repr(secrets)


# Files


def told(client: Client, number: int) -> list[str]:
    packets = map(Packet.FromString, client.messages[number])
    return [
        os.fsdecode(each.stat.path)
        for each in packets
        if each.type == PacketType.STAT and each.HasField("stat")
    ]


def context(tmp_path: Path) -> Path:
    for name in ("a", "b/c", "b/d/e", "b.x", "b-", "skip/me", "skip/not", "é", "z/deep/f"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "link").symlink_to("b/d")
    (tmp_path / "up").symlink_to("/z/deep")
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    return tmp_path


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (
            [],
            "Dockerfile a b b/c b/d b/d/e b- b.x link skip skip/me skip/not up z z/deep z/deep/f é",
        ),
        ([("followpaths", "a"), ("followpaths", "nothing")], "a"),
        ([("followpaths", "b?"), ("followpaths", r"b[\-]")], "b-"),
        ([("followpaths", "b/d/*")], "b b/d b/d/e"),
        ([("followpaths", "link/e")], "b b/d b/d/e link"),
        ([("followpaths", "up/f")], "up z z/deep z/deep/f"),
        ([("followpaths", "/./b/../a")], "a"),
        ([("include-patterns", "é")], "é"),
        ([("followpaths-encoded", "1"), ("followpaths", "%C3%A9")], "é"),
        ([("exclude-patterns", "*"), ("exclude-patterns", "!skip/not")], "skip skip/not"),
        (
            [("exclude-patterns", "b*"), ("exclude-patterns", "[d-éD]*")],
            "a",
        ),
    ],
)
def test_which_files_are_told_of(
    tmp_path: Path, metadata: list[tuple[str, str]], expected: str
) -> None:
    source = source_of(context(tmp_path), None)
    client = Client(sync_methods(source.trees))
    number = client.call(SYNC, ("dir-name", "context"), *metadata)
    assert " ".join(told(client, number)) == expected
    # An empty packet ends the list.
    assert not Packet.FromString(client.messages[number][-1]).HasField("stat")


def test_files_are_sent_that_are_asked_for(tmp_path: Path) -> None:
    big = os.urandom(3_000_000)
    (tmp_path / "big").write_bytes(big)
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "run").write_text("x")
    (tmp_path / "run").chmod(0o4755)
    os.mkfifo(tmp_path / "pipe")
    client = Client(
        sync_methods(
            {"context": source_of({"Dockerfile": "", "c": tmp_path}, None).trees["context"]}
        )
    )
    number = client.call(SYNC, ("dir-name", "context"))
    stats = [Packet.FromString(each).stat for each in client.messages[number]][:-1]
    assert [(each.path.decode(), each.uid, each.gid) for each in stats] == [
        (name, 0, 0) for name in ("Dockerfile", "c", "c/big", "c/empty", "c/pipe", "c/run")
    ]
    assert [stats[n].mode for n in (1, 4, 5)] == [
        1 << 31 | tmp_path.stat().st_mode & 0o777,
        1 << 25 | 0o644,
        1 << 23 | 0o755,
    ]
    assert stats[2].mod_time == (tmp_path / "big").stat().st_mtime_ns
    del client.messages[number][:]
    for wanted in (2, 3):
        request = Packet(type=PacketType.REQUEST, id=wanted)
        client.send(number, request.SerializeToString())
    packets = [*map(Packet.FromString, client.messages[number])]
    assert b"".join(each.data for each in packets if each.id == 2) == big
    assert [(each.id, each.data) for each in packets if not each.data] == [(2, b""), (3, b"")]
    client.send(number, Packet(type=PacketType.END).SerializeToString())
    assert client.status(number) == Status.OK
    assert Packet.FromString(client.messages[number][-1]).type == PacketType.END


def test_files_in_memory_change_their_time_with_their_content() -> None:
    def stat(content: bytes) -> int:
        (node,) = MemoryFolder.of({"f": content}).children()
        about = node.about()
        assert about is not None
        return about.mtime

    assert stat(b"a") == stat(b"a")
    assert stat(b"a") != stat(b"b")
    with pytest.raises(ValueError, match="not a folder"):
        MemoryFolder.of({"a": b"", "a/b": b""})
    with pytest.raises(ValueError, match="twice"):
        MemoryFolder.of({"a/b": b"", "a": b""})


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_file_that_shrinks(tmp_path: Path, size: int) -> None:
    (tmp_path / "Dockerfile").write_bytes(bytes(size))
    client = Client(sync_methods(source_of(tmp_path, None).trees))
    number = client.call(SYNC, ("dir-name", "context"))
    (tmp_path / "Dockerfile").write_bytes(bytes(size // 2))
    client.send(number, Packet(type=PacketType.REQUEST, id=0).SerializeToString())
    assert client.status(number) == Status.UNKNOWN
    assert "shorter" in str(client.server.failure)


def test_a_pipe_in_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"x")
    client = Client(sync_methods(source_of(tmp_path, None).trees))
    number = client.call(SYNC, ("dir-name", "context"))
    (tmp_path / "Dockerfile").unlink()
    os.mkfifo(tmp_path / "Dockerfile")
    client.send(number, Packet(type=PacketType.REQUEST, id=0).SerializeToString())
    assert client.status(number) == Status.UNKNOWN
    assert "shorter" in str(client.server.failure)


@pytest.mark.parametrize("size", [10, 1_000_000])
def test_a_file_that_grows(tmp_path: Path, size: int) -> None:
    (tmp_path / "Dockerfile").write_bytes(bytes(size))
    client = Client(sync_methods(source_of(tmp_path, None).trees))
    number = client.call(SYNC, ("dir-name", "context"))
    (tmp_path / "Dockerfile").write_bytes(bytes(2 * size))
    del client.messages[number][:]
    client.send(number, Packet(type=PacketType.REQUEST, id=0).SerializeToString())
    assert sum(len(Packet.FromString(each).data) for each in client.messages[number]) == size
    (tmp_path / "Dockerfile").unlink()
    client.send(number, Packet(type=PacketType.REQUEST, id=0).SerializeToString())
    assert isinstance(client.server.failure, FileNotFoundError)


def test_an_engine_that_errs(tmp_path: Path) -> None:
    client = Client(sync_methods(source_of(context(tmp_path), None).trees))
    number = client.call(SYNC, ("dir-name", "context"))
    client.send(number, Packet(type=PacketType.REQUEST, id=9).SerializeToString())
    assert client.status(number) == Status.UNKNOWN
    assert "not listed" in str(client.server.failure)
    assert client.status(client.call(SYNC, ("dir-name", "other"))) == Status.NOT_FOUND


def test_errors_of_the_engine_are_not_those_of_this_side(tmp_path: Path) -> None:
    trees = source_of(context(tmp_path), None).trees
    error = Packet(type=PacketType.ERROR, data=b"no room").SerializeToString()
    client = Client(sync_methods(trees) | output_methods(FolderOutput(tmp_path / "out")))
    for number in (client.call(SYNC, ("dir-name", "context")), client.call(SEND)):
        client.send(number, error)
        assert client.status(number) == Status.UNKNOWN
        assert client.headers[number]["grpc-message"] == "no room"
    assert client.server.failure is None


# Named contexts


def test_named_contexts(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("x")
    found = named_contexts(
        {
            "docker.io/library/alpine:latest": "docker-image://busybox",
            "context": tmp_path,
            "dep": {"a/b": "text"},
            "repository": "git@example.com:a/b.git",
            "r.example:5000/app:Release-1": "docker-image://app",
        }
    )
    assert found.sources == {
        "alpine": "docker-image://busybox",
        "context": "local:_context",
        "dep": "local:dep",
        "repository": "git@example.com:a/b.git",
        "r.example:5000/app:Release-1": "docker-image://app",
    }
    assert {
        name: [each.name for each in tree.children()] for name, tree in found.trees.items()
    } == {
        "_context": ["f"],
        "dep": ["a"],
    }
    assert found.key != named_contexts({"dep": {"a/b": "text"}}).key
    assert not named_contexts({"alpine": "docker-image://busybox"}).key


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"Upper": "."}, ValueError, "'Upper'"),
        ({"": "."}, ValueError, "names no stage"),
        ({"a:b c": "."}, ValueError, "names no stage"),
        ({"a": {}, "docker.io/library/a": {}}, ValueError, "'a' twice"),
        ({"a": "/nowhere"}, FileNotFoundError, "nowhere"),
        ({"a": {"../b": ""}}, ValueError, "not a name in a context"),
        ({"a": 7}, TypeError, "int"),
    ],
)
def test_named_contexts_that_are_none(
    given: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        named_contexts(given)


def attributes(**query: Any) -> dict[str, str]:
    solve = solve_request({"buildid": "i", "session": "s", **query}, {"a": "local:a"})
    return {name: value.decode() for name, value in solve.frontend_attributes.items()}


def test_parameters_for_buildkit_itself() -> None:
    plain = {
        "image-resolve-mode": "default",
        "cache-from": "",
        "add-hosts": "",
        "ulimit": "",
        "context:a": "local:a",
    }
    assert attributes(remote="client-session", rm=True) == plain
    assert attributes(
        remote="https://x/y.git",
        dockerfile="D",
        target="t",
        platform="linux/arm64",
        shmsize=7,
        pull=True,
        nocache=True,
        cachefrom='["a","b"]',
        extrahosts=["db:10.0.0.5", "six:::1"],
        buildargs='{"A":"1","B":null}',
        labels='{"l":"v"}',
        ulimits='[{"Name":"nofile","Soft":1,"Hard":2}]',
        networkmode="host",
    ) == plain | {
        "context": "https://x/y.git",
        "filename": "D",
        "target": "t",
        "platform": "linux/arm64",
        "shm-size": "7",
        "image-resolve-mode": "pull",
        "no-cache": "",
        "cache-from": "a,b",
        "add-hosts": "db=10.0.0.5,six=::1",
        "build-arg:A": "1",
        "label:l": "v",
        "ulimit": "nofile=1:2",
        "force-network-mode": "host",
    }
    solve = solve_request(
        {
            "buildid": "i",
            "session": "s",
            "t": ["x", "r:5000/y:1"],
            "networkmode": "host",
            "buildargs": '{"BUILDKIT_INLINE_CACHE":"1"}',
        },
        {},
    )
    assert (solve.ref, solve.session, solve.exporter) == (b"i", b"s", b"moby")
    assert solve.exporter_attributes["name"] == b"x:latest,r:5000/y:1"
    assert [each.type for each in solve.cache.exports] == [b"inline"]
    assert [*solve.entitlements] == [b"network.host"]
    with pytest.raises(ValueError, match="host-gateway"):
        attributes(extrahosts=["h:host-gateway"])


class _Progress(Handler):
    def message(self, call: Call, data: bytes) -> None:
        assert messages.StatusRequest.FromString(data).ref == b"i"
        call.send(b"one")
        call.send(b"two")
        call.finish()


class _Solve(Handler):
    def message(self, call: Call, data: bytes) -> None:
        solve = messages.SolveRequest.FromString(data)
        if solve.frontend_attributes["build-arg:A"] == b"fail":
            raise Refused(Status.UNKNOWN, "exit code: 3 \N{SNOWMAN}")
        digest = f"sha256:{len(solve.frontend_attributes['build-arg:A'])}".encode()
        reply = messages.SolveReply(exporter_reply={"containerimage.digest": digest})
        call.send(reply.SerializeToString())
        call.finish()


def solved(argument: str, **methods: Callable[[Call], Handler]) -> list[Any]:
    """Build with an engine in memory; gives the items."""
    query = {"buildid": "i", "session": "s", "buildargs": json.dumps({"A": argument})}
    served = {"Status": lambda _: _Progress(), "Solve": lambda _: _Solve(), **methods}
    server = Server({f"/moby.buildkit.v1.Control/{name}": each for name, each in served.items()})
    items: list[Any] = []
    answers = Answers(solve_request(query, {}))
    while data := answers.take():
        server.receive(data)
        while server.produce():
            pass
        items += answers.feed(server.take())
    assert answers.over
    return [*items, *answers.close()]


def test_a_build_by_buildkits_own_service() -> None:
    one, two, image = solved("x" * 300_000)  # more than the window
    assert (one.aux, two.aux) == (b"one", b"two")
    assert image == ("moby.image.id", {"ID": "sha256:300000"})
    with pytest.raises(OperationFailed, match="exit code: 3 \N{SNOWMAN}"):
        solved("fail")
    with pytest.raises(InvalidAnswer, match=r"no progress.*Status is not served"):
        solved("x", Status=_unserved)


def _unserved(call: Call) -> Handler:
    raise Refused(Status.UNIMPLEMENTED, "Status is not served")


def test_an_engine_that_sends_no_grpc() -> None:
    answers = Answers(solve_request({"buildid": "i", "session": "s"}, {}))
    with pytest.raises(InvalidAnswer, match="no gRPC"):
        [*answers.feed(bytes(9))]  # data for no call


# Outputs


def received(output: Output, stats: Iterable[Stat]) -> Client:
    """Send files as an engine does: those that are asked for have the content b"content"."""
    client = Client(output_methods(output))
    number = client.call(SEND)
    for stat in stats:
        packet = Packet(type=PacketType.STAT, stat=stat)
        client.send(number, packet.SerializeToString())
    if number in client.ended:
        return client
    client.send(number, Packet(type=PacketType.STAT).SerializeToString())
    for each in [*client.messages[number]]:
        asked = Packet.FromString(each)
        if asked.type == PacketType.REQUEST:
            for data in (b"content", b""):
                piece = Packet(type=PacketType.DATA, id=asked.id, data=data)
                client.send(number, piece.SerializeToString())
    assert Packet.FromString(client.messages[number][-1]).type == PacketType.END
    client.send(number, Packet(type=PacketType.END).SerializeToString())
    assert client.status(number) == Status.OK
    return client


HOSTILE = {
    "absolute": [Stat(path=b"//etc/x", mode=0o644)],
    "upward": [Stat(path=b"../x", mode=0o644)],
    "upward inside": [Stat(path=b"a/../../x", mode=0o644)],
    "no name": [Stat(path=b"", mode=0o644)],
    "a dot": [Stat(path=b"a/./b", mode=0o644)],
    "a null byte": [Stat(path=b"a\0b", mode=0o644)],
    "a link that climbs": [Stat(path=b"l", mode=LINK, linkname=b"../../x")],
    "through a link": [
        Stat(path=b"l", mode=LINK, linkname=b"/"),
        Stat(path=b"l/x", mode=0o644),
    ],
    "a folder in a link": [
        Stat(path=b"l", mode=LINK, linkname=b"/"),
        Stat(path=b"l/x/y", mode=FOLDER),
    ],
    "a folder in the place of a link": [
        Stat(path=b"l", mode=LINK, linkname=b"/"),
        Stat(path=b"l", mode=FOLDER),
    ],
    "a hard link outside": [Stat(path=b"h", mode=0o644, linkname=b"../x")],
    "a hard link to a link": [
        Stat(path=b"l", mode=LINK, linkname=b"/etc/passwd"),
        Stat(path=b"h", mode=0o644, linkname=b"l"),
    ],
    "a device": [Stat(path=b"d", mode=DEVICE, devmajor=1)],
    "a pipe": [Stat(path=b"p", mode=1 << 25 | 0o600)],
}


@pytest.mark.parametrize("stats", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_output(tmp_path: Path, stats: list[Stat]) -> None:
    output = FolderOutput(tmp_path / "new/out")
    client = received(output, stats)
    assert isinstance(client.server.failure, UnsafeArchive)
    with pytest.raises(InvalidAnswer, match="did not send all"):
        output.finish()
    output.discard()
    assert not [*tmp_path.iterdir()]


def test_a_file_in_the_place_of_another(tmp_path: Path) -> None:
    output = FolderOutput(tmp_path)
    twice = [Stat(path=b"x", mode=0o644)] * 2
    assert isinstance(received(output, twice).server.failure, FileExistsError)
    output.discard()
    (tmp_path / "x").mkdir()
    output = FolderOutput(tmp_path)
    received(output, twice[:1])
    with pytest.raises(IsADirectoryError):
        output.finish()
    output.discard()
    assert [*tmp_path.iterdir()] == [tmp_path / "x"]


def test_a_folder(tmp_path: Path) -> None:
    output = FolderOutput(tmp_path / "new/out")
    stats = [
        Stat(path=b"d", mode=1 << 31 | 0o500, mod_time=10**9),
        Stat(path=b"d/f", mode=1 << 23 | 0o640, mod_time=2 * 10**9),
        Stat(path=b"d/h", mode=0o640, linkname=b"d/f"),
        Stat(path=b"/l", mode=LINK, linkname=b"d/f"),
    ]
    received(output, stats)
    assert not (tmp_path / "new/out/d").exists()
    output.finish()
    out = tmp_path / "new/out"
    assert {each.name for each in out.iterdir()} == {"d", "l"}
    assert (out / "l").read_text() == "content"
    assert (out / "d/h").samefile(out / "d/f")
    assert (out / "d/f").stat().st_mode & 0o7777 == 0o640
    assert (out / "d/f").stat().st_mtime == 2
    assert (out / "d").stat().st_mode & 0o777 == 0o500


class Small:
    """A file that takes two bytes at a time, and not more than there is room for."""

    def __init__(self, room: int) -> None:
        self.room = room
        self.taken = b""

    def write(self, data: bytes) -> int:
        taken = data[: min(2, self.room)]
        self.room -= len(taken)
        self.taken += taken
        return len(taken)


def test_archives(tmp_path: Path) -> None:
    path = tmp_path / "out.tar"
    path.write_text("former")
    failed = TarOutput(path)
    cut = Client(output_methods(failed))
    cut.send(cut.call(SEND), Bytes(data=b"x").SerializeToString())
    with pytest.raises(InvalidAnswer, match="did not send all"):
        failed.finish()
    failed.discard()
    for wrong in (tmp_path, path / "x.tar"):
        with pytest.raises(OSError, match="folder"):
            TarOutput(wrong)
    with pytest.raises(NotADirectoryError):
        FolderOutput(path)
    assert path.read_text() == "former"
    done = TarOutput(path)
    client = Client(output_methods(done))
    number = client.call(SEND)
    for each in (b"one", b"two"):
        client.send(number, Bytes(data=each).SerializeToString())
    client.http.end_stream(number)
    client.pump()
    assert client.status(number) == Status.OK
    done.finish()
    done.discard()
    assert path.read_text() == "onetwo"
    assert [*tmp_path.iterdir()] == [path]

    client = Client(output_methods(FileOutput(Small(2))))
    client.call(SEND, message=Bytes(data=b"abc").SerializeToString())
    assert isinstance(client.server.failure, OSError)
    assert "1 bytes are left" in str(client.server.failure)
    small = Small(7)
    client = Client(output_methods(FileOutput(small)))
    client.call(SEND, message=Bytes(data=b"abcdefg").SerializeToString())
    assert small.taken == b"abcdefg"
    nothing = Client(output_methods(NoOutput()))
    number = nothing.call(SEND)
    stat = Packet(type=PacketType.STAT, stat=Stat(path=b"../x", mode=0o644))
    nothing.send(number, stat.SerializeToString())
    nothing.send(number, Packet(type=PacketType.STAT).SerializeToString())
    nothing.send(number, Packet(type=PacketType.END).SerializeToString())
    assert nothing.status(number) == Status.OK
    assert len(nothing.messages[number]) == 1


# Progress


def stamp(seconds: float) -> messages.Timestamp:
    return messages.Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))


def aux(*parts: messages.StatusResponse) -> str:
    return base64.b64encode(b"".join(each.SerializeToString() for each in parts)).decode()


PARTS = [
    messages.StatusResponse(
        vertexes=[
            messages.Vertex(digest=b"a", name=b"[1/2] FROM x", started=stamp(1)),
            messages.Vertex(digest=b"b", name=b"[2/2] RUN \xff", inputs=[b"a"], started=stamp(2)),
            messages.Vertex(digest=b"c", name=b"[3/2] COPY"),
        ],
        statuses=[
            messages.VertexStatus(
                id=b"sha256:x", vertex=b"a", current=5, total=2048, started=stamp(1)
            )
        ],
    ),
    messages.StatusResponse(
        vertexes=[
            messages.Vertex(
                digest=b"a", name=b"[1/2] FROM x", started=stamp(1), completed=stamp(1.5)
            )
        ],
        statuses=[
            messages.VertexStatus(
                id=b"sha256:x",
                vertex=b"a",
                current=2048,
                total=2048,
                started=stamp(1),
                completed=stamp(1.25),
            )
        ],
        logs=[
            messages.VertexLog(vertex=b"b", stream=1, msg=b"one\ntw", timestamp=stamp(2.5)),
            messages.VertexLog(vertex=b"b", stream=2, msg=b"o\nend", timestamp=stamp(2.75)),
        ],
        warnings=[
            messages.VertexWarning(
                vertex=b"a",
                short=b"careful",
                detail=[b"more", b"of it"],
                ranges=[messages.Range(start=messages.Position(line=3))],
            )
        ],
    ),
    messages.StatusResponse(
        vertexes=[
            messages.Vertex(
                digest=b"b",
                name=b"[2/2] RUN \xff",
                started=stamp(2),
                completed=stamp(3),
                error=b"process did not complete successfully: exit code: 7",
            ),
            messages.Vertex(
                digest=b"c", started=stamp(3), completed=stamp(3), error=b"context canceled"
            ),
        ]
    ),
]
PLAIN = """\
#1 [1/2] FROM x

#2 [2/2] RUN �

#1 [1/2] FROM x
#1 sha256:x 5B / 2.048kB
#1 sha256:x 2.048kB / 2.048kB 0.2s done

#2 [2/2] RUN �
#2 0.500 one
#2 0.500 two

#1 [1/2] FROM x
#1 DONE 0.5s

WARNING: careful (line 3)

#2 [2/2] RUN �
#2 0.750 end
#2 ERROR: process did not complete successfully: exit code: 7

#3 [3/2] COPY
#3 CANCELED
"""


class Item:
    def __init__(self, name: str, aux: object) -> None:
        self.id = name
        self.aux = aux


def test_the_log_and_the_error() -> None:
    log = BuildLog()
    events = [event for part in PARTS for event in log.take(Item(TRACE, aux(part)))]
    assert [*log.take(Item("moby.image.id", {"ID": "sha256:1"}))] == []
    assert log.image_id == "sha256:1"
    assert log.text() == PLAIN
    (warning,) = log.trace.warnings
    assert (warning.message, warning.detail, warning.line) == ("careful", "more\nof it", 3)
    assert warning in events
    assert log.trace.vertices["b"].inputs == ("a",)
    error = log.failed(OperationFailed("it failed", "ImageBuild"))
    assert isinstance(error, BuildFailed)
    assert (error.step, error.log, error.code) == ("[2/2] RUN �", "one\ntwo\nend", 7)


@pytest.mark.parametrize("text", ["%", "AAA", base64.b64encode(b"\x0a\xff").decode()])
def test_a_progress_that_is_none(text: str) -> None:
    with pytest.raises(InvalidAnswer, match="progress"):
        [*Trace().take(text)]


# The inputs


def test_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOORAGE_SECRET", CANARY)
    (tmp_path / "s").write_text(CANARY)
    sources: dict[str, Any] = {
        "a": CANARY.encode(),
        "b": tmp_path / "s",
        "c": moorage.EnvVar("MOORAGE_SECRET"),
    }
    read = read_secrets(sources)
    assert {each.value for each in read.values()} == {CANARY.encode()}
    assert CANARY not in repr(read)
    wrong: list[tuple[dict[Any, Any], type[Exception]]] = [
        ({"a": CANARY}, TypeError),
        ({"a": None}, TypeError),
        ({"": b""}, ValueError),
        ({1: b""}, TypeError),
        ({"a": moorage.EnvVar("MOORAGE_NONE")}, ValueError),
        ({"a": tmp_path / "none"}, FileNotFoundError),
    ]
    for given, error in wrong:
        with pytest.raises(error) as caught:
            read_secrets(given)
        assert CANARY not in str(caught.value)


def test_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = moorage.find_host("unix:///nowhere")
    auth = moorage.RegistryAuth("me", CANARY)
    given = Credentials({"docker.io": auth, "a.b:5000": auth}, host)
    for name in ("registry-1.docker.io", "docker.io", "https://index.docker.io/v1/", "a.b:5000"):
        assert given.find(name) is auth
    assert given.find("a.b") is None
    with pytest.raises(ValueError, match="registry token") as caught:
        Credentials({"a.b": moorage.RegistryAuth(registry_token=CANARY)}, host)
    assert not shown(caught.value)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    entry = base64.b64encode(b"you:word").decode()
    hub = "https://index.docker.io/v1/"
    (tmp_path / "config.json").write_text(f'{{"auths": {{"{hub}": {{"auth": "{entry}"}}}}}}')
    found = Credentials(AUTO, host).find("registry-1.docker.io")
    assert found is not None
    assert found.username == "you"
    assert Credentials(AUTO, host).find("other.example") is None
    assert Credentials(AUTO, host).find("not a host") is None


def test_credentials_that_can_not_be_read() -> None:
    class Unreadable(Credentials):
        def find(self, registry: str) -> moorage.RegistryAuth | None:
            raise PermissionError(registry)

    session: Any = Session()
    credentials = Unreadable(AUTO, moorage.find_host("unix:///nowhere"))
    client = Client(credentials_methods(session, credentials))
    session._server = client.server
    session._wake, session._waker = socket.socketpair()
    with session._wake, session._waker:
        asked = messages.CredentialsRequest(host=b"a.b").SerializeToString()
        number = client.call("/moby.filesync.v1.Auth/Credentials", message=asked)
        assert session._wake.recv(1)  # as the session's thread is woken
        session._done.popleft()()
    client.pump()
    assert client.status(number) == Status.UNKNOWN
    assert isinstance(client.server.failure, PermissionError)


def test_an_unexpected_error_ends_the_session(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def drain(self) -> bytes:
            raise ZeroDivisionError

        def close(self) -> None:
            pass

    monkeypatch.setattr("moorage.buildkit.session._PATIENCE", 0)
    lost: list[bool] = []
    session: Any = Session()
    session._server, session._exchange = Server({}), Broken()
    session._wake, session._waker = socket.socketpair()
    session.on_lost = lambda: lost.append(True)
    session._serve()
    assert isinstance(session.failure, ZeroDivisionError)
    assert "ZeroDivisionError" in str(session.lost)
    assert lost == [True]


def test_an_agent_that_is_gone(tmp_path: Path) -> None:
    agents = Agents(None)
    agents.sockets["default"] = str(tmp_path / "gone")
    client = Client(agent_methods(Session(), agents))
    number = client.call("/moby.sshforward.v1.SSH/ForwardAgent")
    assert client.status(number) == Status.UNKNOWN
    assert isinstance(client.server.failure, FileNotFoundError)


# The choice of the builder

FILES = {"Dockerfile": "FROM scratch"}


def ping(**headers: str) -> bytes:
    return answer(200, b"", kind="text/plain", **headers)


BUILD_ERROR = answer(500, {"message": "reached the build"})
SESSION_ERROR = answer(500, {"message": "reached the session"})


def attempt(*script: bytes, api: Any = v1_41, **given: Any) -> tuple[BaseException, list[str]]:
    with Peer(*script) as peer, moorage.connect(api.Engine, host=peer.host) as engine:
        with pytest.raises((EngineError, ValueError, TypeError, ImportError)) as caught:
            engine.build(FILES, **given)
        return caught.value, peer.lines


@pytest.mark.parametrize(
    ("headers", "given", "asked"),
    [
        ({"Builder_Version": "2"}, {}, "/session"),
        ({"Builder_Version": "1"}, {}, "/build?"),
        ({}, {}, "/build?"),
        ({}, {"builder": "buildkit"}, "/session"),
        ({}, {"secrets": {"a": b""}}, "/session"),
        ({}, {"output": None}, "/session"),
        ({}, {"inline_cache": True}, "/session"),
        ({"Builder_Version": "2"}, {"platform": "linux/amd64"}, "/session"),
    ],
)
def test_which_builder(headers: dict[str, str], given: dict[str, Any], asked: str) -> None:
    _, lines = attempt(ping(**headers), BUILD_ERROR, **given)
    assert lines[0] == "GET /v1.41/_ping"
    assert asked in lines[1]
    assert "version=2" not in lines[1]


NAMED: dict[str, Any] = {"contexts": {"a": {"b": ""}}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"labels": {"a": 1}}, TypeError),
        ({"labels": {"a": 1}, **NAMED}, TypeError),
        ({"add_hosts": {"a": "host-gateway"}, **NAMED}, ValueError),
        ({"contexts": ["a"]}, TypeError),
    ],
)
def test_wrong_parameters_open_no_session(given: dict[str, Any], expected: type[Exception]) -> None:
    error, lines = attempt(ping(Builder_Version="2", Api_Version="1.45"), **given)
    assert isinstance(error, expected)
    assert len(lines) == 1


@pytest.mark.parametrize("given", [{"builder": "classic"}, {"squash": True}, {"network": "mine"}])
def test_the_classic_builder_without_a_question(given: dict[str, Any]) -> None:
    _, lines = attempt(BUILD_ERROR, **given)
    assert "/build?" in lines[0]


@pytest.mark.parametrize(
    ("given", "error", "match"),
    [
        ({"builder": "kaniko"}, ValueError, "builder is"),
        ({"builder": "classic", "secrets": {"a": b""}}, ValueError, "secrets= takes BuildKit"),
        ({"builder": "classic", "output": None}, ValueError, "output= takes BuildKit"),
        ({"builder": "buildkit", "memory": 1}, ValueError, "memory= is the classic builder's"),
        ({"ssh": True, "squash": True}, ValueError, "squash="),
        ({"builder": "buildkit", "network": "mine"}, ValueError, "network= is the classic"),
        ({"output": "dist"}, TypeError, "a Path"),
        ({"output": 7}, TypeError, "int"),
        ({"output": Path("x"), "tags": "y"}, ValueError, "tags="),
        ({"remote": "https://x/y.git"}, TypeError, "remote="),
        ({"timeout": -1}, ValueError, "timeout"),
        ({"shm_size": "12q"}, ValueError, "size"),
        ({"nocache": True}, TypeError, "no_cache="),
        ({"builder": "classic", "contexts": {"a": "."}}, ValueError, "contexts= takes BuildKit"),
        ({"ulimits": [{"name": "nofile"}]}, TypeError, "a list of Ulimit, not of dict"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    given: dict[str, Any], error: type[Exception], match: str
) -> None:
    with moorage.connect(v1_41.Engine, host="unix:///nowhere") as engine:
        untyped: Any = engine
        with pytest.raises(error, match=match):
            untyped.build(FILES, **given)


def test_what_an_engine_cannot_do() -> None:
    podman = ping(Libpod_API_Version="4.3.1")
    error, lines = attempt(podman, secrets={"a": b""})
    assert isinstance(error, OperationUnavailable)
    assert "build(secrets=) takes BuildKit, which Podman does not have" in str(error)
    assert len(lines) == 1
    error, _ = attempt(ping(OSType="windows"), builder="buildkit")
    assert "Windows" in str(error)
    error, _ = attempt(api=v1_39, builder="buildkit")
    assert "needs API 1.40; this engine speaks 1.39" in str(error)
    _, lines = attempt(BUILD_ERROR, api=v1_39)
    assert "/build?" in lines[0]


@pytest.mark.parametrize(
    "given", [{"contexts": {"a": {"b": ""}}}, {"shm_size": 1}, {"ulimits": [v1_41.Ulimit()]}]
)
def test_what_buildkit_passes_over_before_docker_23(given: dict[str, Any]) -> None:
    old = ping(Api_Version="1.41", Builder_Version="2")
    error, lines = attempt(old, builder="buildkit", **given)
    assert isinstance(error, OperationUnavailable)
    assert f"build({next(iter(given))}=) takes BuildKit of an engine with API 1.42" in str(error)
    assert len(lines) == 1
    if "contexts" not in given:
        _, lines = attempt(old, BUILD_ERROR, **given)
        assert "/build?" in lines[1]
    _, lines = attempt(ping(Api_Version="1.42"), SESSION_ERROR, builder="buildkit", **given)
    assert "/session" in lines[1]


def test_limits_of_processes() -> None:
    limits = [v1_41.Ulimit(name="nofile", soft=1, hard=2)]
    _, lines = attempt(BUILD_ERROR, builder="classic", ulimits=limits)
    assert 'ulimits=[{"Name": "nofile", "Soft": 1, "Hard": 2}]' in unquote_plus(lines[0])


def test_without_the_extra(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("moorage.verbs.builder.installed", lambda: False)
    _, lines = attempt(BUILD_ERROR)
    assert "/build?" in lines[0]
    assert "version=2" not in lines[0]
    error, _ = attempt(ssh=True)
    assert isinstance(error, ImportError)
    assert str(error) == f"build: ssh= takes libraries: {extra.HINT}"
    assert not caplog.records
    _, lines = attempt(ping(Builder_Version="2"), BUILD_ERROR, builder="buildkit")
    assert "version=2" in lines[1]
    assert extra.HINT in caplog.text


def test_the_extra_is_looked_for_without_an_import() -> None:
    program = (
        "import sys; from moorage.buildkit.extra import installed; assert installed();"
        "assert not {'h2', 'google.protobuf'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_archive_begins_with_a_plain_header(tmp_path: Path) -> None:
    long = "A" * 120
    (tmp_path / long).write_text("x")
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    for path_or_files in (tmp_path, {long: "x", "Dockerfile": ""}):
        first = moorage.context(path_or_files).read(512)
        assert tarfile.TarInfo.frombuf(first, "utf-8", "strict").name == "."


CONTEXTS: dict[str, Callable[[Path], tuple[Any, Any, dict[str, bytes]]]] = {
    "a text": lambda folder: (folder, "FROM x\n", {"Dockerfile": b"FROM x\n"}),
    "bytes": lambda folder: ({"a": b""}, b"FROM x", {"Dockerfile": b"FROM x"}),
    "outside": lambda folder: (
        folder / "b",
        "../a",
        {"Dockerfile": b"a", "Dockerfile.dockerignore": b"own"},
    ),
}


@pytest.mark.parametrize("made", CONTEXTS.values(), ids=CONTEXTS)
def test_a_dockerfile_from_elsewhere(tmp_path: Path, made: Any) -> None:
    path_or_files, dockerfile, expected = made(context(tmp_path))
    (tmp_path / "a.dockerignore").write_text("own")
    source = source_of(path_or_files, dockerfile)
    tree = source.trees["dockerfile"]
    assert {each.name: each.open().read() for each in tree.children()} == expected
    assert source.dockerfile == "Dockerfile"


# Displays


def shown_by(display: Any, name: str = "complete") -> None:
    """Tell a display of the parts above, as a build does."""
    log = BuildLog()
    with suppress(KeyError), reported(display, "build", "x") as report:
        for part in PARTS:
            for event in log.take(Item(TRACE, aux(part))):
                report(event)
        if name == "failed":
            raise KeyError


def test_plain_lines() -> None:
    file = io.StringIO()
    shown_by(progress.plain(file))
    assert file.getvalue() == PLAIN + "build x: complete\n"
    file = io.StringIO()
    shown_by(progress.rich(file), "failed")
    assert file.getvalue() == PLAIN + "build x: failed\n"


def test_lines_control_no_terminal() -> None:
    file = io.StringIO()
    with reported(progress.plain(file), "build", "x") as report:
        log = BuildLog()
        evil = messages.StatusResponse(
            vertexes=[messages.Vertex(digest=b"a", name=b"RUN \x1b]0;x\x07", started=stamp(1))],
            logs=[messages.VertexLog(vertex=b"a", msg=b"\x1b[2J\n")],
        )
        for event in log.take(Item(TRACE, aux(evil))):
            report(event)
    assert "\x1b" not in file.getvalue()
    assert r"\x1b[2J" in file.getvalue()


def test_steps_on_a_terminal() -> None:
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=60, height=30, color_system=None)
    shown_by(StepsDisplay(console))
    last = file.getvalue().rpartition("[+] Building")[2].replace("\x1b[2K", "")
    lines = [re.sub(" +", " ", each).rstrip() for each in last.splitlines()]
    assert re.match(r" [\d.]+s \(3/3\) FINISHED$", lines[0])
    assert lines[1:7] == [
        " => [1/2] FROM x 0.5s",
        " => => sha256:x 2.048kB / 2.048kB 0.2s",
        " => ERROR [2/2] RUN � 1.0s",
        " => => # one",
        " => => # two",
        " => => # end",
    ]
    assert lines[7].startswith(" => CANCELED [3/2] COPY")

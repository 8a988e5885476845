"""Errors travel: by pickle, copies and worker processes; and tell what to do."""

from __future__ import annotations

import asyncio
import copy
import inspect
import pickle
import socket
import traceback
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

import moorage
from moorage import errors
from moorage.progress import Progress
from moorage_api import v1_41, v1_51
from tests.facade.call import MODES, begun, request
from tests.facade.peer import Peer, answer, chunked, head

MADE = [
    errors.APIError(418, "no", "ContainerList"),
    errors.NotFound(404, "gone", "ContainerInspect"),
    errors.OperationFailed("failed", "ImageBuild", 7),
    errors.StreamInterrupted("cut", 5),
    errors.TimedOut("late", 3),
    errors.ExecuteTimedOut("late", b"out", b"err", killed=True),
    errors.OperationUnavailable("needs API 1.42"),
]


@pytest.mark.parametrize("error", MADE, ids=lambda each: type(each).__name__)
def test_an_error_is_the_same_elsewhere(error: errors.EngineError) -> None:
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is type(error)
        assert str(other) == str(error)
        assert vars(other) == vars(error)


HOSTILE = "a\x1b[2J\x9b\u202e\ud800\r\nb"
SHOWN = r"a\x1b[2J\x9b\u202e\ud800\r" + "\nb"


@pytest.mark.parametrize(
    "error",
    [
        errors.NotFound(404, HOSTILE, "ContainerInspect"),
        errors.OperationFailed(HOSTILE, "ImageBuild", 7),
        errors.BuildFailed("no", "ImageBuild", 7, step=HOSTILE, log=HOSTILE),
        errors.StreamInterrupted(HOSTILE),
        errors.RunFailed(HOSTILE, 1, b"\x1b", b""),
        errors.CredentialsFailed(HOSTILE),
        errors.InvalidAnswer(HOSTILE),
    ],
    ids=lambda each: type(each).__name__,
)
def test_no_error_controls_a_terminal(error: errors.EngineError) -> None:
    assert SHOWN in str(error)
    assert str(error).replace("\n", "").isprintable()
    assert SHOWN in "".join(traceback.format_exception(error))
    message = getattr(error, "message", SHOWN)
    assert message.replace("\n", "").isprintable()
    str(error).encode()


def test_progress_controls_no_terminal() -> None:
    progress = Progress("pull", "x")
    item = SimpleNamespace(
        id="\x1b[31m", status="Downloading\x1b", stream=None, progress_detail=None
    )
    progress.take(item)
    assert [*progress.layers] == [r"\x1b[31m"]
    assert progress.message == r"Downloading\x1b"


def test_every_error_can_be_copied() -> None:
    kinds = [each for each in vars(errors).values() if inspect.isclass(each)]
    for kind in kinds:
        if issubclass(kind, errors.EngineError):
            plain = kind.__new__(kind)
            plain.args = ("x",)
            assert copy.copy(plain).args == ("x",)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("containers.remove", r"here that is delete\(\)"),
        ("containers.get", r"here that is inspect\(\)"),
        ("containers.ps", r"here that is list\(\)"),
        ("ping", r"here that is system.ping\(\)"),
        ("info", r"here that is system.info\(\)"),
        ("containers.diff", r"here that is changes\(\)"),
        ("containers.commit", r"here that is engine.images.commit\(\)"),
        ("create_container", r"here that is containers.create\(\)"),
        ("inspect_image", r"here that is images.inspect\(\)"),
        ("exec_create", r"here that is exec.create\(\)"),
        ("history", r"here that is images.history\(\)"),
        ("prune", r"containers.prune\(\) or images.prune\(\) or volumes.prune\(\)$"),
        ("containers.nonsense", "no attribute 'nonsense'$"),
    ],
)
def test_a_name_of_another_client(name: str, message: str) -> None:
    with moorage.connect(v1_51.Engine, host="unix:///none") as engine:
        owner: Any = engine
        *outer, last = name.split(".")
        for each in outer:
            owner = getattr(owner, each)
        with pytest.raises(AttributeError, match=message):
            getattr(owner, last)


def test_an_engine_and_a_stream_show_what_they_are() -> None:
    with (
        Peer(chunked(b'{"status":"x"}')) as peer,
        moorage.connect(v1_41.Engine, host=peer.host) as engine,
    ):
        assert repr(engine) == f"<Engine at {peer.host}, API 1.41>"
        stream = engine.images.create(from_image="x", tag="1")
        assert repr(stream) == "<JsonStream of ImageCreate, not opened>"
        with stream:
            assert repr(stream) == "<JsonStream of ImageCreate, open>"
        assert repr(stream) == "<JsonStream of ImageCreate, closed>"


@pytest.mark.parametrize("mode", MODES)
def test_an_operation_is_run_to_its_end(mode: str) -> None:
    lines = b'{"stream":"a"}{"aux":{"ID":"sha256:1"}}{"stream":"b"}'

    async def build(host: str) -> Any:
        async with moorage.connect_async(v1_41.AsyncEngine, host=host) as engine:
            return await engine.images.build(b"tar").finish()

    with Peer(chunked(lines)) as peer:
        if mode == "async":
            result = asyncio.run(build(peer.host))
        else:
            with moorage.connect(v1_41.Engine, host=peer.host) as engine:
                result = engine.images.build(b"tar").finish()
    assert result.aux.id == "sha256:1"


def test_an_operation_that_says_nothing_has_no_result() -> None:
    with Peer(chunked(kind="")) as peer, moorage.connect(v1_41.Engine, host=peer.host) as engine:
        assert engine.images.create(from_image="x").finish() is None


def test_a_namespace_is_one_object() -> None:
    with moorage.connect(v1_41.Engine, host="unix:///none") as engine:
        assert engine.volumes is engine.volumes
    with (
        Peer(answer(200, b"", kind="text/plain", Api_Version="1.41")) as peer,
        moorage.connect(host=peer.host) as negotiated,
    ):
        assert negotiated.volumes is negotiated.volumes
        assert negotiated.volumes.delete is negotiated.volumes.delete


def test_a_stream_that_was_closed_here() -> None:
    with Peer(chunked(b"{}", end=False)) as peer:
        stream = call_hijack(peer.host)
        with pytest.raises(errors.StreamClosed, match="is closed"):
            stream.write(b"x")


@pytest.mark.parametrize("mode", ["sync", "async"])
@pytest.mark.parametrize(
    "end",
    [chunked(b"{}\n", end=False), head(200, {"Connection": "close"}) + b"{}\n"],
    ids=["chunked", "until the end"],
)
def test_a_stream_that_is_closed_while_it_is_read(mode: str, end: bytes) -> None:
    async def awaited(host: str) -> None:
        async with moorage.connect_async(v1_41.AsyncEngine, host=host) as engine:
            stream = engine.system.events()
            await anext(stream)
            reader = asyncio.ensure_future(anext(stream))
            await asyncio.sleep(0)  # it waits for bytes now
            stream.disconnect()
            await reader

    def threaded(host: str) -> None:
        with moorage.connect(v1_41.Engine, host=host) as engine, ThreadPoolExecutor(1) as pool:
            stream = engine.system.events()
            next(stream)
            reader = pool.submit(next, stream)
            stream.disconnect()
            reader.result()

    def silent(connection: socket.socket) -> None:
        connection.sendall(end)
        connection.recv(1)  # until it is closed

    with Peer(silent) as peer, pytest.raises(errors.StreamClosed, match="is closed"):
        if mode == "async":
            asyncio.run(awaited(peer.host))
        else:
            threaded(peer.host)


def call_hijack(host: str) -> Any:
    from moorage.host import parse_host
    from moorage.transport.sync import Transport

    session = begun(Transport(parse_host(host)), "hijack", request("POST", upgrade="tcp"))
    with session:
        return session


def test_the_version_of_moorage() -> None:
    assert moorage.__version__.count(".") == 2

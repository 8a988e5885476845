"""`engine.http`: httpx's clients, on moorage's own connections."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import httpx
import pytest

import moorage
from moorage_api import v1_41
from tests.facade.call import MODES
from tests.facade.peer import Peer, Step, answer, chunked

each_mode = pytest.mark.parametrize("mode", MODES)


def use(mode: str, host: str, act: Callable[[Any], Any], **options: Any) -> Any:
    """Run `act` with a client; in mode async, its result is awaited where it can be."""

    async def use_async() -> Any:
        async with moorage.connect_async(v1_41.AsyncEngine, host=host, **options) as engine:
            return await act(engine.http)

    if mode == "async":
        return asyncio.run(use_async())
    with moorage.connect(v1_41.Engine, host=host, **options) as engine:
        return act(engine.http)


@each_mode
def test_a_request(mode: str) -> None:
    with Peer(answer(418, {"a": 1}, X_Word="word")) as peer:
        got = use(mode, peer.host, lambda http: http.get("/v9/x", params={"a": "b c"}))
    assert (got.status_code, got.json(), got.headers["X-Word"]) == (418, {"a": 1}, "word")
    assert peer.lines == ["GET /v9/x?a=b+c"]
    assert "accept-encoding: identity" in peer.requests[0].lower()


@each_mode
def test_bodies_of_known_and_unknown_length(mode: str) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"a"
        yield b"bc"

    async def chunks_async() -> AsyncIterator[bytes]:
        for each in chunks():
            yield each

    with Peer(answer(200), answer(200)) as peer:
        use(mode, peer.host, lambda http: http.post("/x", json={"k": 1}))
        made = chunks_async if mode == "async" else chunks
        use(mode, peer.host, lambda http: http.put("/x", content=made()))
    assert peer.bodies == [b'{"k":1}', b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"]
    assert all(each.lower().count("content-length") <= 1 for each in peer.requests)


@each_mode
def test_a_stream(mode: str) -> None:
    async def read_async(http: httpx.AsyncClient) -> list[str]:
        async with http.stream("GET", "/x") as got:
            return [line async for line in got.aiter_lines()]

    def read(http: httpx.Client) -> list[str]:
        with http.stream("GET", "/x") as got:
            return list(got.iter_lines())

    with Peer(chunked(b"one\ntw", b"o\n")) as peer:
        lines = use(mode, peer.host, read_async if mode == "async" else read)
    assert lines == ["one", "two"]


def silent(connection: socket.socket) -> None:
    assert connection.recv(1) == b"", "the client did not close"


CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"


@each_mode
@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (silent, httpx.ReadTimeout),
        (CUT, httpx.RemoteProtocolError),
        (b"nonsense\r\n\r\n", httpx.RemoteProtocolError),
        (b"", httpx.ConnectError),
    ],
)
def test_errors_are_those_of_httpx(mode: str, reply: Step, error: type[Exception]) -> None:
    with Peer(reply) as peer, pytest.raises(error):
        use(mode, peer.host, lambda http: http.get("/x", timeout=0.1))


@each_mode
def test_no_engine(mode: str) -> None:
    with pytest.raises(httpx.ConnectError, match="there is no socket"):
        use(mode, "unix:///nowhere/docker.sock", lambda http: http.get("/x"))


@each_mode
def test_another_host_is_refused(mode: str) -> None:
    with Peer() as peer, pytest.raises(httpx.LocalProtocolError, match="only"):
        use(mode, peer.host, lambda http: http.get("http://other.example/x"))


@each_mode
def test_a_prefix_is_sent_once(mode: str) -> None:
    with Peer(answer(200), tcp=True) as peer:
        use(mode, f"{peer.host}/behind/proxy", lambda http: http.get("/x"))
    assert peer.lines == ["GET /behind/proxy/x"]


def test_it_is_one_client_and_hooks_are_called_once() -> None:
    seen: list[httpx.Request] = []
    with (
        Peer(answer(200), answer(200, {})) as peer,
        moorage.connect(
            v1_41.Engine, host=peer.host, event_hooks={"request": [seen.append]}
        ) as engine,
    ):
        assert engine.http is engine.http
        engine.http.get("/x")
        engine.system.version()
    assert [each.extensions.get("operation") for each in seen] == [None, "SystemVersion"]


def test_after_the_engine_was_closed() -> None:
    with moorage.connect(v1_41.Engine, host="unix:///none") as engine:
        http = engine.http
    with pytest.raises(httpx.LocalProtocolError, match="was closed"):
        http.get("/x")

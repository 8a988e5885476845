from __future__ import annotations

import asyncio
import socket

import pytest

from moorage.errors import EngineError, NotFound, StreamInterrupted
from moorage.host import parse_host
from moorage.request import Process
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.sync import Transport
from moorage.wire.frames import Frame
from tests.facade.call import MODES, begun, call, request
from tests.facade.peer import Peer, answer, chunked, head

pytestmark = pytest.mark.parametrize("mode", MODES)
UPGRADED = head(101, {"Connection": "Upgrade", "Upgrade": "tcp"})
FRAME = b"\1\0\0\0\0\0\0\1a"
POST = request("POST", json={"Detach": False}, upgrade="tcp")


def echo(connection: socket.socket) -> None:
    # The first frame comes with the headers.
    connection.sendall(UPGRADED + FRAME)
    data = b""
    while chunk := connection.recv(100):
        data += chunk
    connection.sendall(b"\2\0\0\0\0\0\0" + bytes([len(data)]) + data)


def talk(mode: str, host: str) -> list[Frame]:
    async def talk_async() -> list[Frame]:
        transport = AsyncTransport(parse_host(host))
        async with begun(transport, "hijack", POST) as connection:
            await connection.write(b"in")
            await connection.write(b"put")
            await connection.close_write()
            got = [frame async for frame in connection]
        with pytest.raises(EngineError, match="is closed"):
            await connection.write(b"x")
        await transport.aclose()
        return got

    if mode == "async":
        return asyncio.run(talk_async())
    transport = Transport(parse_host(host))
    with begun(transport, "hijack", POST) as connection:
        connection.write(b"in")
        connection.write(b"put")
        connection.close_write()
        got = list(connection)
    with pytest.raises(EngineError, match="is closed"):
        connection.write(b"x")
    transport.close()
    return got


@pytest.mark.parametrize("tcp", [False, True])
def test_both_ways(mode: str, tcp: bool) -> None:
    with Peer(echo, tcp=tcp) as peer:
        assert talk(mode, peer.host) == [("stdout", b"a"), ("stderr", b"input")]
    text = peer.requests[0].lower()
    assert "\r\nconnection: upgrade" in text
    assert "\r\nupgrade: tcp" in text
    assert text.count("connection:") == 1


def test_a_terminal_is_raw(mode: str) -> None:
    sent = request("POST", upgrade="tcp", process=Process("/exec/x/json", ("ProcessConfig", "tty")))
    with Peer(UPGRADED + FRAME, answer(200, {"ProcessConfig": {"tty": True}})) as peer:
        # The peer answers one connection after the other, and closes the first.
        assert call(mode, peer.host, "hijack", sent) == [("stdout", FRAME)]


def test_a_cut_within_a_frame(mode: str) -> None:
    with Peer(UPGRADED + FRAME + FRAME[:-1]) as peer, pytest.raises(StreamInterrupted) as caught:
        call(mode, peer.host, "hijack", POST)
    assert caught.value.received == len(FRAME + FRAME[:-1])


def test_an_engine_that_does_not_upgrade(mode: str) -> None:
    with Peer(chunked(FRAME, kind="application/vnd.docker.raw-stream")) as peer:
        assert call(mode, peer.host, "hijack", POST) == [("stdout", b"a")]


def test_an_error_instead(mode: str) -> None:
    with Peer(answer(404, {"message": "no such exec"})) as peer, pytest.raises(NotFound):
        call(mode, peer.host, "hijack", POST)

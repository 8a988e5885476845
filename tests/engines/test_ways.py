"""An engine behind a proxy, and one that a socket is connected to already."""

from __future__ import annotations

import base64
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage_api import v1_41
from tests.engines.conftest import EngineHost
from tests.engines.containers import container
from tests.engines.either import MODES, each, entered, got, with_engine
from tests.engines.relay import copy, relay, unix

each_mode = pytest.mark.parametrize("mode", MODES)
HOST = "tcp://engine.example.com:2375"
TUNNEL = b"HTTP/1.1 200 Connection established\r\nX: y\r\n\r\n"


class Proxy:
    """Makes tunnels to an engine, whatever the name is that it is asked for."""

    def __init__(self, engine: EngineHost, answer: bytes = TUNNEL) -> None:
        self.requests: list[str] = []
        self._dial = unix(engine.host)
        self._answer = answer

    def __call__(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._serve, args=[ours], daemon=True).start()
        return theirs

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), self._dial() as engine:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += client.recv(65536)
            self.requests.append(head.decode())
            # In pieces: an answer comes as it comes.
            client.sendall(self._answer[:9])
            client.sendall(self._answer[9:])
            if b" 200 " in self._answer:
                forth = threading.Thread(target=copy, args=[client, engine])
                forth.start()
                copy(engine, client)
                forth.join()


@contextlib.contextmanager
def proxied(proxy: Proxy, monkeypatch: pytest.MonkeyPatch, user: str = "") -> Iterator[None]:
    with relay(proxy) as address:
        monkeypatch.setenv("HTTP_PROXY", f"http://{user}{address.removeprefix('tcp://')}")
        yield


async def use(engine: Any, name: str, folder: Path) -> None:
    assert await got(engine.system.ping()) == "OK"
    await got(engine.containers.export(name).write_to(folder / "root.tar"))
    done = await got(engine.execute(name, ["/bin/cat"], input=b"word"))
    assert done == (0, b"word", b"", b"word")
    made = await got(engine.exec.create(name, cmd=["cat"], attach_stdin=True, attach_stdout=True))
    async with entered(engine.exec.start(made.id)) as session:
        await got(session.write(b"more"))
        await got(session.close_write())
        assert [frame.data async for frame in each(session)] == [b"more"]


@each_mode
def test_through_a_proxy(
    engine_host: EngineHost,
    image: str,
    mode: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    proxy = Proxy(engine_host)
    with (
        container(engine_host, image, "/bin/sleep", "600") as name,
        proxied(proxy, monkeypatch, "me:p%40ss@"),
    ):
        with_engine(mode, v1_41, HOST, lambda engine: use(engine, name, tmp_path))
    lines = {each.splitlines()[0] for each in proxy.requests}
    assert lines == {"CONNECT engine.example.com:2375 HTTP/1.1"}
    basic = base64.b64encode(b"me:p@ss").decode()
    assert all(f"Proxy-Authorization: Basic {basic}" in each for each in proxy.requests)


@each_mode
@pytest.mark.parametrize("answer", [b"HTTP/1.1 403 No\r\n\r\n", b"nonsense\r\n\r\n", b""])
def test_a_proxy_that_refuses(
    engine_host: EngineHost,
    mode: str,
    answer: bytes,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    async def test(engine: Any) -> None:
        with pytest.raises(moorage.ConnectionFailed, match=r"the proxy 127\.0\.0\.1:"):
            await got(engine.system.ping())
        with pytest.raises(moorage.ConnectionFailed, match=r"the proxy 127\.0\.0\.1:"):
            await got(engine.containers.export("x").write_to(tmp_path / "x"))

    with proxied(Proxy(engine_host, answer), monkeypatch):
        with_engine(mode, v1_41, HOST, test)
    assert list(tmp_path.iterdir()) == []


@each_mode
def test_what_no_proxy_is_for(
    engine_host: EngineHost, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(engine: Any) -> None:
        assert await got(engine.system.ping()) == "OK"

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", "example.com")
    # A Unix socket, this machine itself, and what is named.
    with_engine(mode, v1_41, engine_host.host, test)
    with relay(unix(engine_host.host)) as host:
        with_engine(mode, v1_41, host, test)
        monkeypatch.setattr(socket, "getaddrinfo", _resolved(host))
        with_engine(mode, v1_41, HOST, test)


def _resolved(host: str) -> Any:
    address, _, port = host.removeprefix("tcp://").partition(":")
    return lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, int(port)))]


# A connected socket


@each_mode
def test_calls_on_a_ready_socket(engine_host: EngineHost, mode: str) -> None:
    async def test(engine: Any) -> None:
        for _ in range(3):
            assert await got(engine.system.ping()) == "OK"
        with pytest.raises(moorage.ConnectionFailed, match="a single connection, which is in use"):
            await got(engine.system.events().one())

    with unix(engine_host.host)() as ready:
        with_engine(mode, v1_41, f"fd://{ready.fileno()}", test)
        os.fstat(ready.fileno())  # it is still its owner's to close


@each_mode
def test_a_stream_on_a_ready_socket(
    engine_host: EngineHost, image: str, mode: str, tmp_path: Path
) -> None:
    async def test(engine: Any) -> None:
        assert await got(engine.containers.export(name).write_to(tmp_path / "x")) > 1_000_000

    with (
        container(engine_host, image, "/bin/sleep", "600") as name,
        unix(engine_host.host)() as ready,
    ):
        with_engine(mode, v1_41, f"fd://{ready.fileno()}", test)


def test_what_is_no_ready_socket(tmp_path: Path) -> None:
    with (tmp_path / "file").open("w") as file, socket.socket() as unconnected:
        for fd in (file.fileno(), unconnected.fileno(), 10_000):
            with pytest.raises(ValueError, match=f"fd://{fd} is not a connected socket: "):
                moorage.connect(v1_41.Engine, host=f"fd://{fd}")

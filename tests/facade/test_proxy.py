"""Which proxy is used, and tunnels through it: plain, or behind TLS itself."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import trustme

from moorage.errors import TimedOut
from moorage.host import Host, parse_host
from moorage.transport import tasks, threads
from moorage.transport.channel import Channel
from moorage.transport.clock import Clock
from moorage.transport.dialer import Dialer
from moorage.transport.proxy import find_proxy
from moorage.transport.steps import Lock, Steps
from moorage.wire.dial_errors import DialFailed
from tests.facade.canary import shown
from tests.facade.proxy_table import ENVIRONMENTS, NO_PROXY

each_mode = pytest.mark.parametrize("mode", ["sync", "asyncio", "trio"])
ENGINE = "tcp://engine.example.com:2375"
SECRET = "-".join(["se", "cret"])
AUTHORITY = trustme.CA()


@pytest.fixture(autouse=True)
def _no_proxy_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


# Which proxy


@pytest.mark.parametrize(("host", "no_proxy", "used"), NO_PROXY)
def test_no_proxy(host: str, no_proxy: str, used: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (find_proxy(parse_host(f"tcp://{host}")) is not None) is used


@pytest.mark.parametrize(("environment", "used"), ENVIRONMENTS)
def test_the_variables(
    environment: dict[str, str], used: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    tls = client_tls() if "DOCKER_TLS" in environment else None
    assert (find_proxy(parse_host("tcp://10.1.2.3:2375", tls)) is not None) is used


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_a_cgi_program_takes_no_proxy_from_a_header(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "http://127.0.0.1:9")
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    with pytest.raises(ValueError, match=f"{variable} is not used in a CGI program"):
        find_proxy(parse_host(ENGINE))


@pytest.mark.parametrize(
    ("url", "address", "port", "encrypted"),
    [
        ("http://x", "x", 80, False),
        ("x.example:3128", "x.example", 3128, False),
        ("HTTP://X:1/path?query", "x", 1, False),
        ("https://x", "x", 443, True),
        ("https://[fd99::1]:3129", "fd99::1", 3129, True),
    ],
)
def test_a_url(
    url: str, address: str, port: int, encrypted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", url)
    found = find_proxy(parse_host(ENGINE))
    assert found is not None
    assert (found.address, found.port, found.tls is not None) == (address, port, encrypted)
    shown = f"[{address}]" if ":" in address else address
    assert str(found) == f"the proxy {shown}:{port} (HTTP_PROXY)"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (f"socks5://me:{SECRET}@x:1", "HTTP_PROXY has the scheme 'socks5': only http:// and"),
        (f"http://me:{SECRET}@x:y", "HTTP_PROXY is malformed"),
        (f"http://me:{SECRET}", "HTTP_PROXY is malformed"),
        (f"http://me:{SECRET}@", "HTTP_PROXY is malformed"),
        (f"http://me:{SECRET}@x:0", "HTTP_PROXY is malformed"),
        (f"http://me:{SECRET}@x:65536", "HTTP_PROXY is malformed"),
        (f"http://me:{SECRET}@[x]:1", "HTTP_PROXY is malformed"),
        ("http://", "HTTP_PROXY is malformed"),
    ],
)
def test_a_url_that_is_refused(url: str, words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", url)
    with pytest.raises(ValueError, match=words) as caught:
        find_proxy(parse_host(ENGINE))
    _check_hidden(caught.value)


def test_credentials_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://me:{SECRET}@x:1")
    found = find_proxy(parse_host(ENGINE))
    assert found is not None
    assert SECRET not in f"{found!r}{found}"
    basic = base64.b64encode(f"me:{SECRET}".encode())
    assert b"\r\nProxy-Authorization: Basic " + basic + b"\r\n" in found.request("x:1")


# Tunnels


class Tunnels:
    """A proxy that connects everything to one engine, which echoes what is sent.

    Args:
        response: The proxy's answer.
        tls: The proxy's TLS, if it has any.
        engine: The engine's TLS, if it has any.
    """

    def __init__(
        self,
        response: bytes = b"HTTP/1.1 200 OK\r\n\r\n",
        tls: ssl.SSLContext | None = None,
        engine: ssl.SSLContext | None = None,
    ) -> None:
        self.requests: list[bytes] = []
        self._response = response
        self._tls, self._engine = tls, engine
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        serving = threading.Thread(target=self._serve)
        serving.start()
        try:
            yield
        finally:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            serving.join(10)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                with self._listener.accept()[0] as client, contextlib.suppress(OSError):
                    client.settimeout(10)
                    self._tunnel(client)

    def _tunnel(self, client: socket.socket) -> None:
        receive: Callable[[], bytes] = lambda: client.recv(65536)  # noqa: E731
        send: Callable[[bytes], None] = client.sendall
        if self._tls is not None:
            receive, send = wrapped(self._tls, receive, send)
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            data = receive()
            if not data:
                return
            head += data
        self.requests.append(head)
        # In pieces: a response comes as it comes.
        send(self._response[:9])
        send(self._response[9:])
        if b" 200 " not in self._response:
            return
        if self._engine is not None:
            receive, send = wrapped(self._engine, receive, send)
        while data := receive():
            send(data)
        if self._engine is not None or self._tls is not None:
            send(b"")


def wrapped(
    context: ssl.SSLContext, receive: Callable[[], bytes], send: Callable[[bytes], None]
) -> tuple[Callable[[], bytes], Callable[[bytes], None]]:
    """Speak TLS over what sends and receives; to send b"" is to say that no more comes."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context.wrap_bio(incoming, outgoing, server_side=True)

    def doing(action: Callable[[], Any]) -> Any:
        while True:
            try:
                return action()
            except ssl.SSLWantReadError:
                flush()
                data = receive()
                incoming.write(data) if data else incoming.write_eof()
            except ssl.SSLZeroReturnError:
                return b""
            finally:
                flush()

    def flush() -> None:
        if data := outgoing.read():
            send(data)

    def encrypted(data: bytes) -> None:
        if data:
            doing(lambda: side.write(data))
        else:
            doing(side.unwrap)

    doing(side.do_handshake)
    return lambda: doing(lambda: side.read(65536)), encrypted


def server_tls(name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert(name).configure_cert(context)
    return context


def client_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


def run(mode: str, make: Callable[[Callable[[], Lock]], Steps[Any]]) -> Any:
    """Run steps, which are given what makes their locks."""
    if mode == "sync":
        return threads.run(make(threads.ThreadLock))

    async def main() -> Any:
        return await tasks.run(make(tasks.TaskLock))

    return asyncio.run(main()) if mode == "asyncio" else anyio.run(main, backend=mode)


def said(host: Host, data: bytes, seconds: float | None = 10) -> Callable[..., Steps[bytes]]:
    """Return what makes the steps that send bytes to an engine, and return all that comes."""

    def steps(lock: Callable[[], Lock]) -> Steps[bytes]:
        dialer = Dialer(host, lock)
        channel: Channel = yield from dialer.dial(Clock("Operation", seconds, idle=10))
        got = b""
        try:
            yield from channel.send(data)
            while len(got) < len(data):
                got += yield from channel.receive()
            yield from channel.send_eof()
            while more := (yield from channel.receive()):
                got += more
        finally:
            yield from dialer.close()
        return got

    return steps


@each_mode
@pytest.mark.parametrize("engine", ["plain", "TLS"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_tunnel(
    mode: str, scheme: str, engine: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    proxy_tls = server_tls("127.0.0.1") if scheme == "https" else None
    engine_tls = server_tls("engine.example.com") if engine == "TLS" else None
    proxy = Tunnels(tls=proxy_tls, engine=engine_tls)
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    variable = "HTTPS_PROXY" if engine_tls else "HTTP_PROXY"
    monkeypatch.setenv(variable, f"{scheme}://me:{SECRET}@{proxy.address}")
    host = parse_host(ENGINE, client_tls() if engine_tls else None)
    data = os.urandom(200_000)
    with proxy.serving():
        assert run(mode, said(host, data)) == data
    (request,) = proxy.requests
    assert request.startswith(b"CONNECT engine.example.com:2375 HTTP/1.1\r\n")
    assert b"Basic " + base64.b64encode(f"me:{SECRET}".encode()) in request


def _check_hidden(error: BaseException) -> None:
    assert shown(error, SECRET, base64.b64encode(f"me:{SECRET}".encode()).decode()) == []


@each_mode
@pytest.mark.parametrize(
    ("response", "words"),
    [
        (b"HTTP/1.1 403 No\r\n\r\n", r"it refuses a tunnel \(403 No\): NO_PROXY names"),
        (b"HTTP/1.1 407 Who\r\n\r\n", r"it wants other credentials \(407 Who\): check those in"),
        (b"nonsense\r\n\r\n", "it is not a proxy: "),
        (b"SSH-2.0-OpenSSH_9\r\n", "it is not a proxy: "),
        (b"HTTP/1.1 2", "it closed the connection"),
        (b"", "it closed the connection"),
    ],
)
def test_a_proxy_that_makes_no_tunnel(
    mode: str, response: bytes, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = Tunnels(response)
    monkeypatch.setenv("HTTP_PROXY", f"http://me:{SECRET}@{proxy.address}")
    named = rf"^by the proxy {proxy.address} \(HTTP_PROXY\): {words}"
    with proxy.serving(), pytest.raises(DialFailed, match=named) as caught:
        run(mode, said(parse_host(ENGINE), b""))
    _check_hidden(caught.value)


@each_mode
def test_a_proxy_that_is_not_there(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    named = r"^by the proxy 127\.0\.0\.1:9 \(HTTP_PROXY\): .*Connection refused: check HTTP_PROXY$"
    with pytest.raises(DialFailed, match=named):
        run(mode, said(parse_host(ENGINE), b""))


@each_mode
def test_a_proxy_that_says_nothing(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("http_proxy", f"http://{address}")
        named = rf"the connect timeout \(0\.1 s\) expired, by the proxy {address} \(http_proxy\)$"
        with pytest.raises(TimedOut, match=named):
            run(mode, said(parse_host(ENGINE), b"", seconds=0.1))


@each_mode
@pytest.mark.parametrize(
    ("name", "words"),
    [
        (None, "the port does not use TLS .*: check HTTP_PROXY, and that"),
        ("other.example", "TLS failed .*check HTTP_PROXY, and that this machine trusts"),
    ],
)
def test_a_proxy_whose_tls_fails(
    mode: str, name: str | None, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with contextlib.ExitStack() as stack:
        if name is None:
            address = stack.enter_context(banner(b"HTTP/1.0 400 Bad Request\r\n\r\n"))
        else:
            proxy = Tunnels(tls=server_tls(name))
            stack.enter_context(proxy.serving())
            address = proxy.address
        monkeypatch.setenv("HTTP_PROXY", f"https://{address}")
        with pytest.raises(DialFailed, match=rf"^by the proxy {address} \(HTTP_PROXY\): {words}"):
            run(mode, said(parse_host(ENGINE), b""))


@contextlib.contextmanager
def banner(data: bytes) -> Iterator[str]:
    """Listen for one connection, read what comes first, and send the bytes; gives the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with listener.accept()[0] as client:
                client.recv(65536)
                client.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        thread.join(10)


@each_mode
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_engine_whose_tls_fails_behind_a_proxy(
    mode: str, scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    AUTHORITY.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    tls = server_tls("127.0.0.1") if scheme == "https" else None
    proxy = Tunnels(tls=tls, engine=server_tls("other.example"))
    monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://{proxy.address}")
    named = rf"^by the proxy {proxy.address} \(HTTPS_PROXY\): TLS failed \(.*other.example|mismatch"
    with proxy.serving(), pytest.raises(DialFailed, match=named) as caught:
        run(mode, said(parse_host(ENGINE, client_tls()), b""))
    assert "check the certificates" in str(caught.value)

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
import struct
import traceback
from collections.abc import AsyncIterator
from typing import Any

import pytest

from moorage import errors
from moorage.arguments import optional
from moorage.auth.registry_auth import RegistryAuth
from moorage.host import parse_host
from moorage.request import Process
from moorage.transport.asynchronous import AsyncTransport
from moorage.transport.sync import Transport
from tests.facade.call import MODES, begun, call, request
from tests.facade.peer import Peer, answer, chunked, head

pytestmark = pytest.mark.parametrize("mode", MODES)


SECRET = "-".join(["se", "cret"])


def frame(kind: int, data: bytes) -> bytes:
    return struct.pack(">BxxxI", kind, len(data)) + data


def test_a_request_on_the_wire(mode: str) -> None:
    query = {"all": True, "limit": None, "n": 3, "names": ["a", "b c"], "off": False}
    with Peer(answer(200, [1])) as peer:
        sent = request("POST", "/a/b%20c:d", query=query, json={"k": "ü"}, headers={"X-A": None})
        assert call(mode, peer.host, "json", sent) == [1]
    assert peer.lines == ["POST /v1.41/a/b%20c:d?all=true&n=3&names=a&names=b+c&off=false"]
    text = peer.requests[0].lower()
    assert "\r\nhost: localhost\r\n" in text
    assert "\r\ncontent-type: application/json" in text
    assert "x-a" not in text
    assert peer.bodies == [b'{"k":"\\u00fc"}']


def test_a_post_without_a_body(mode: str) -> None:
    with Peer(answer(204, kind="")) as peer:
        assert call(mode, peer.host, "nothing", request("POST")) is None
    assert "\r\ncontent-length: 0" in peer.requests[0].lower()
    assert "content-type" not in peer.requests[0].lower()


@pytest.mark.parametrize("content", [b"tar", [b"t", b"ar"]])
def test_a_body_that_is_content(mode: str, content: Any) -> None:
    with Peer(answer()) as peer:
        call(mode, peer.host, "nothing", request("PUT", content=content))
    assert "content-type: application/x-tar" in peer.requests[0].lower()
    assert peer.bodies[0].replace(b"\r\n", b"") in (b"tar", b"1t2ar0")


def test_a_file_as_content(mode: str, tmp_path: Any) -> None:
    (tmp_path / "f").write_bytes(b"tar" * 50_000)
    with Peer(answer()) as peer, (tmp_path / "f").open("rb") as file:
        call(mode, peer.host, "nothing", request("PUT", content=file, content_type="a/b"))
    assert "content-type: a/b" in peer.requests[0].lower()
    assert peer.bodies[0].count(b"t") >= 49_990


def test_an_asynchronous_iterator_as_content(mode: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"tar"

    if mode == "sync":
        with pytest.raises(TypeError, match="asynchronous iterator"):
            call(mode, "tcp://127.0.0.1:1", "nothing", request("PUT", content=chunks()))
        return
    with Peer(answer()) as peer:
        call(mode, peer.host, "nothing", request("PUT", content=chunks()))
    assert b"tar" in peer.bodies[0]


@pytest.mark.parametrize(
    ("kind", "reply", "result"),
    [
        ("text", answer(200, b"OK", kind="text/plain"), "OK"),
        ("nothing", answer(304, kind=""), None),
        ("nothing", answer(200, {"any": 1}), None),
        ("download", chunked(b"ab", b"c", kind="application/x-tar"), b"abc"),
        ("json_stream", chunked(b'{"a":1}\r\n{"a"', b":2}\r\n"), [{"a": 1}, {"a": 2}]),
        ("json_stream", chunked(kind=""), []),
    ],
)
def test_kinds(mode: str, kind: str, reply: bytes, result: Any) -> None:
    with Peer(reply) as peer:
        got = call(mode, peer.host, kind, request())
    assert (b"".join(got) if kind == "download" else got) == result


def test_headers(mode: str) -> None:
    with Peer(answer(200, X_Stat="a")) as peer:
        assert call(mode, peer.host, "headers", request("HEAD"))["x-stat"] == "a"


NO_OPERATION = "the engine does not have this operation"


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (answer(404, {"message": "no such container: x"}), errors.NotFound, "no such container: x"),
        (answer(409, {"cause": "in use", "response": 409}), errors.Conflict, "in use"),
        (answer(400, b"bad\n", kind="text/plain"), errors.BadRequest, "bad"),
        (answer(401, {"message": "who?"}), errors.Unauthorized, "who?"),
        (answer(403, {"message": "no"}), errors.Forbidden, "no"),
        (answer(500, b""), errors.ServerError, "Reason"),
        (answer(404, b""), errors.NotFound, "Reason"),
        (answer(404, {"message": "page not found"}), errors.NotFound, NO_OPERATION),
        (answer(404, b"Not Found\n", kind="text/plain"), errors.NotFound, NO_OPERATION),
        (
            answer(404, {"cause": "", "message": "Path /v1.41/plugins is not supported"}),
            errors.NotFound,
            NO_OPERATION,
        ),
        (answer(503, {"message": "not a swarm"}), errors.Unavailable, "not a swarm"),
        (answer(418, {"message": 3}), errors.APIError, '{"message": 3}'),
        (answer(500, b"x" * 9999), errors.ServerError, "x" * 2000 + "…"),
    ],
)
@pytest.mark.parametrize("kind", ["json", "frames"])
def test_errors_that_the_engine_answers(
    mode: str, kind: str, reply: bytes, error: type[errors.APIError], message: str
) -> None:
    with Peer(reply) as peer, pytest.raises(errors.APIError) as caught:
        call(mode, peer.host, kind, request())
    assert type(caught.value) is error
    assert (caught.value.message, caught.value.operation) == (message, "Operation")


TOO_NEW = "client version 1.55 is too new. Maximum supported API version is 1.41"
HTTPS = b"Client sent an HTTP request to an HTTPS server."
TOO_OLD = b"client version 1.10 is too old. Minimum supported API version is 1.12"


@pytest.mark.parametrize(
    ("reply", "error", "message"),
    [
        (answer(200, b"<html>", kind="text/html"), errors.InvalidAnswer, "web page"),
        (answer(404, b"<html>", kind="text/html; charset=x"), errors.InvalidAnswer, "web page"),
        (answer(301, Location="http://x"), errors.InvalidAnswer, "redirect"),
        (answer(200, b"nonsense"), errors.InvalidAnswer, "not JSON"),
        (answer(200, b"[" * 99999), errors.InvalidAnswer, "not JSON"),
        (answer(200, {"a": 1}), errors.InvalidAnswer, "unexpected shape"),
        (b"", errors.ConnectionFailed, "without a response"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", errors.InvalidAnswer, "SSH server"),
        (b"\x15\x03\x01\x00\x02\x02\x16", errors.InvalidAnswer, "TLS"),
        (answer(400, HTTPS), errors.InvalidAnswer, "TLS"),
        (answer(400, {"message": TOO_NEW}), errors.UnsupportedVersion, "too new"),
        (answer(400, TOO_OLD, kind="text/plain"), errors.UnsupportedVersion, "too old"),
        (head(200, {"Content-Length": "9"}) + b"[1", errors.StreamInterrupted, "in the middle of"),
        (chunked(b"[1,", end=False), errors.StreamInterrupted, "in the middle of"),
    ],
)  # fmt: skip
def test_answers_that_are_none(
    mode: str, reply: bytes, error: type[errors.EngineError], message: str
) -> None:
    sent = request(decode=lambda data: [item["a"] for item in data])
    with Peer(reply) as peer, pytest.raises(errors.EngineError, match=message) as caught:
        call(mode, peer.host, "json", sent)
    assert type(caught.value) is error


def test_an_empty_body_is_null_where_it_may_be(mode: str) -> None:
    for reply in (answer(200, None), answer(200, b"")):
        with Peer(reply) as peer:
            sent = request(decode=optional(lambda data: [data]))
            assert call(mode, peer.host, "json", sent) is None
    with Peer(answer(200, b"")) as peer, pytest.raises(errors.InvalidAnswer, match="is empty"):
        call(mode, peer.host, "json", request())


def test_no_socket(mode: str, tmp_path: Any) -> None:
    with pytest.raises(errors.ConnectionFailed, match="there is no socket; start the engine"):
        call(mode, f"unix://{tmp_path}/none", "json", request())


def test_nothing_listens(mode: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(errors.ConnectionFailed, match="nothing listens there"):
            call(mode, f"tcp://127.0.0.1:{taken.getsockname()[1]}", "json", request())


def test_permission_denied(mode: str) -> None:
    with Peer() as peer:
        path = peer.host.removeprefix("unix://")
        os.chmod(path, 0)  # noqa: PTH101
        child = os.fork() if os.geteuid() == 0 else 0
        if child == 0 and os.geteuid() == 0:
            os.setuid(65534)
            os._exit(denied(mode, peer.host))
        code = (
            os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else denied(mode, peer.host)
        )
    assert code == 0


def denied(mode: str, host: str) -> int:
    try:
        call(mode, host, "json", request())
    except errors.ConnectionFailed as error:
        return 0 if "permission denied; add your user to the group" in str(error) else 2
    except BaseException:
        return 3
    return 1


def silent(connection: socket.socket) -> None:
    assert connection.recv(1) == b"", "the client did not close"


def test_a_timeout_bounds_ordinary_answers(mode: str) -> None:
    failing = pytest.raises(errors.ConnectionFailed, match="did not answer in time")
    with Peer(silent) as peer, failing:
        call(mode, peer.host, "json", request(), limit=0.05)


def test_secrets_show_nowhere(mode: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    header = RegistryAuth("me", SECRET).header()
    sent = request("POST", headers={"X-Registry-Auth": header}, json={"p": SECRET})
    with Peer(b"", tcp=True) as peer:
        host = peer.host.replace("tcp://", f"tcp://me:{SECRET}@")
        with pytest.raises(errors.ConnectionFailed) as caught:
            call(mode, host, "json", sent)
    assert header in peer.requests[0]
    assert "\r\nauthorization: basic " in peer.requests[0].lower()
    trace = "".join(traceback.format_exception(caught.value))
    for text in (caplog.text, repr(sent), trace):
        assert header not in text
        assert SECRET not in text


MULTIPLEXED = "application/vnd.docker.multiplexed-stream"
RAW = "application/vnd.docker.raw-stream"
TTY = Process("/containers/x/json", ("Config", "Tty"))


def test_frames_that_say_so(mode: str) -> None:
    with Peer(chunked(frame(1, b"a") + frame(2, b"b"), kind=MULTIPLEXED)) as peer:
        got = call(mode, peer.host, "frames", request(process=TTY))
    assert got == [("stdout", b"a"), ("stderr", b"b")]


@pytest.mark.parametrize(
    ("config", "items"),
    [
        ({"Config": {"Tty": False}}, [("stdout", b"a")]),
        ({"Config": {}}, [("stdout", b"a")]),
        ({"Config": None}, [("stdout", b"a")]),
        ({"Config": {"Tty": True}}, [("stdout", frame(1, b"a"))]),
    ],
)
def test_the_engine_is_asked_for_a_terminal(mode: str, config: Any, items: Any) -> None:
    with Peer(chunked(frame(1, b"a"), kind=RAW), answer(200, config)) as peer:
        assert call(mode, peer.host, "frames", request(process=TTY)) == items
    assert peer.lines[1] == "GET /v1.41/containers/x/json"


@pytest.mark.parametrize("kind", ["frames", "json_stream", "download"])
def test_a_stream_that_is_cut_never_ends_quietly(mode: str, kind: str) -> None:
    data = {"frames": frame(1, b"a"), "json_stream": b'{"a":1}\n', "download": b"a"}[kind]
    got: list[Any] = []
    interrupted = pytest.raises(errors.StreamInterrupted, match=f"after {len(data)} bytes")
    with Peer(chunked(data, end=False)) as peer, interrupted as caught:
        call(mode, peer.host, kind, request(), got=got)
    assert len(got) == 1
    assert caught.value.received == len(data)


@pytest.mark.parametrize(
    "last",
    [b'{"errorDetail":{"code":2,"message":"no space"},"error":"x"}\n', b'{"error":"no space"}\n'],
)
def test_an_error_inside_a_stream(mode: str, last: bytes) -> None:
    got: list[Any] = []
    failing = pytest.raises(errors.OperationFailed, match="Operation: no space")
    with Peer(chunked(b'{"stream":"1"}\n' + last)) as peer, failing:
        call(mode, peer.host, "json_stream", request("POST"), got=got)
    assert got == [{"stream": "1"}]


def test_a_stream_that_is_never_iterated_asks_nothing(mode: str) -> None:
    with Peer() as peer:
        transport: Any = {"sync": Transport, "async": AsyncTransport}[mode](parse_host(peer.host))
        for kind in ("frames", "json_stream", "download", "hijack"):
            with pytest.warns(RuntimeWarning, match="Operation was never sent: enter the stream"):
                begun(transport, kind, request())
            begun(transport, kind, request()).disconnect()
    assert peer.requests == []


def endless(connection: socket.socket) -> None:
    connection.sendall(chunked(b'{"a":1}\n', end=False))
    silent(connection)


def test_a_stream_left_early_is_closed(mode: str) -> None:
    async def leave(host: str) -> None:
        transport = AsyncTransport(parse_host(host))
        async for _ in begun(transport, "json_stream", request()):
            break
        async with begun(transport, "json_stream", request()) as stream:
            assert await anext(stream) == {"a": 1}
        gc.collect()
        await transport.aclose()

    with Peer(endless, endless) as peer:
        if mode == "async":
            asyncio.run(leave(peer.host))
            return
        transport = Transport(parse_host(peer.host))
        for _ in begun(transport, "json_stream", request()):
            break
        with begun(transport, "json_stream", request()) as stream:
            assert next(stream) == {"a": 1}
        transport.close()


def test_a_closed_transport(mode: str) -> None:
    transport = Transport(parse_host("unix:///none"))
    transport.close()
    with pytest.raises(errors.EngineError, match="closed"):
        transport.json(request())

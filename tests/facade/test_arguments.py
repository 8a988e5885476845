"""The arguments of connect(), of calls and of engine.request(), and the errors for wrong ones."""

from __future__ import annotations

import asyncio
import io
import json
import math
import tempfile
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage.model.check import check_of, checked
from moorage_api import newest, v1_25, v1_30, v1_41, v1_44
from moorage_api.v1_44 import AsyncEngine, Engine
from tests.facade.call import MODES
from tests.facade.canary import CANARY, shown
from tests.facade.peer import Peer, answer, ping
from tests.facade.recorder import recorded

NOWHERE = "unix:///none"
SECRET = f"tcp://me:{CANARY}@x"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"version": 1.44}, 'version takes a str, such as "1.44", not float'),
        ({"version": 144}, 'version takes a str, such as "1.44", not int'),
        ({"version": v1_44}, 'version takes a str, such as "1.44", not module'),
        ({"version": Engine}, 'version takes a str, such as "1.44", not type'),
        ({"api": v1_44}, "class, such as moorage_api.newest.Engine, not a module: write v1_44."),
        ({"api": newest}, "not a module: write newest."),
        ({"api": moorage}, "not module"),
        ({"api": 1.44}, "not float"),
        ({"api": "1.44"}, 'not a str: a version is given as version="1.44", a host as host="unix'),
        ({"api": SECRET}, "not a str"),
        ({"api": int}, "not the class int"),
        (
            {"host": Path("/run/x")},
            "host takes a str, such as unix:///run/docker.sock, not PosixPa",
        ),
        ({"host": 5}, "host takes a str"),
        ({"host": []}, "host takes a str"),
        ({"host": SECRET.encode()}, "host takes a str"),
        ({"context": 5}, "context takes the name of one, a str, not int"),
        ({"timeout": "5"}, "timeout takes seconds, an int or a float, not str"),
        ({"timeout": True}, "timeout takes seconds, an int or a float, not bool"),
        ({"connect_timeout": "5"}, "connect_timeout takes seconds"),
        ({"tls": True}, "tls takes a TLS(ca=…, cert=…, key=…) or an ssl.SSLContext, not bool"),
        ({"tls": False}, "tls takes a TLS"),
        ({"event_hooks": 5}, 'event_hooks takes {"request": [function, …], "response": [functi'),
        ({"event_hooks": {"requests": []}}, "and no 'requests'"),
        ({"event_hooks": {"request": print}}, "'request' takes a list of functions"),
        ({"event_hooks": {"request": [5]}}, "'request' takes a list of functions"),
    ],
)
def test_what_connecting_does_not_take(given: dict[str, Any], message: str) -> None:
    given = {"host": NOWHERE, "api": None if "version" in given else Engine, **given}
    if "context" in given:
        del given["host"]
    with pytest.raises(TypeError) as caught:
        moorage.connect(**given)
    assert message in str(caught.value).replace("AsyncEngine", "Engine")
    assert CANARY not in str(caught.value)

    async def open_async() -> None:
        if given["api"] is Engine:
            given["api"] = AsyncEngine
        await moorage.connect_async(**given)

    with pytest.raises(TypeError) as caught:
        asyncio.run(open_async())
    assert message in str(caught.value).replace("AsyncEngine", "Engine")


def test_the_other_kind_of_engine() -> None:
    connect: Any = moorage.connect
    with pytest.raises(TypeError, match=r"AsyncEngine, which moorage\.connect_async takes"):
        connect(AsyncEngine)
    with pytest.raises(TypeError, match=r"engine\.Engine, which moorage\.connect takes"):
        moorage.connect_async(Engine)  # type: ignore[type-var]
    with (
        moorage.connect(Engine, host=NOWHERE) as engine,
        pytest.raises(TypeError, match="not an engine that is open already"),
    ):
        connect(engine)


@pytest.mark.parametrize("seconds", [0, -1, float("nan")])
@pytest.mark.parametrize("name", ["timeout", "connect_timeout"])
def test_timeouts_are_above_zero(name: str, seconds: float) -> None:
    given: Any = {name: seconds}
    with pytest.raises(ValueError, match=f"^{name} must be above zero"):
        moorage.connect(Engine, host=NOWHERE, **given)


def test_an_asynchronous_engine_that_is_not_open_yet() -> None:
    connecting: Any = moorage.connect_async(AsyncEngine, host=NOWHERE)
    for name in ("containers", "aclose", "execute"):
        with pytest.raises(AttributeError, match=r"not open yet: `async with connect_async\(\) as"):
            getattr(connecting, name)
    assert not hasattr(connecting, "_nothing")


@pytest.mark.parametrize(
    ("version", "error", "message"),
    [
        ("9.99", moorage.UnsupportedVersion, r"^DOCKER_API_VERSION: this installation .* has no c"),
        ("v1.44", ValueError, "^DOCKER_API_VERSION: 'v1.44' is not an API version"),
    ],
)
def test_a_version_of_the_environment_is_told_by_its_name(
    version: str, error: type[Exception], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_API_VERSION", version)
    with pytest.raises(error, match=message):
        moorage.connect(host=NOWHERE)


def test_a_version_of_the_environment_that_the_engine_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = (
        "client version 1.30 is too old. Minimum supported API version is 1.44, please upgrade"
    )
    monkeypatch.setenv("DOCKER_API_VERSION", "1.30")
    with (
        Peer(answer(400, {"message": refused})) as peer,
        moorage.connect(host=peer.host) as engine,
        pytest.raises(moorage.UnsupportedVersion, match="unset DOCKER_API_VERSION, which chooses"),
    ):
        engine.containers.list()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("given", [{"version": "1.30"}, {"api": True}])
def test_a_version_that_was_given_is_not_the_environment_s(
    mode: str, given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_API_VERSION", "1.30")
    refused = answer(400, {"message": "client version 1.30 is too old. Minimum is 1.44"})

    async def ask(host: str) -> None:
        options: Any = {"api": v1_30.AsyncEngine} if "api" in given else given
        async with moorage.connect_async(host=host, **options) as engine:
            await engine.containers.list()

    def ask_sync(host: str) -> None:
        options: Any = {"api": v1_30.Engine} if "api" in given else given
        with moorage.connect(host=host, **options) as engine:
            engine.containers.list()

    with (
        Peer(refused) as peer,
        pytest.raises(moorage.UnsupportedVersion, match="or choose none: then it") as caught,
    ):
        ask_sync(peer.host) if mode == "sync" else asyncio.run(ask(peer.host))
    assert "DOCKER_API_VERSION" not in str(caught.value)


@pytest.mark.parametrize(
    "call",
    [
        lambda engine: engine.containers.list(),
        lambda engine: engine.containers.start("x"),
        lambda engine: engine.containers.logs("x").read(),
        lambda engine: engine.containers.put_archive("x", b"tar", path="/"),
        lambda engine: engine.exec.start("x", detach=True),
        lambda engine: engine.request("GET", "/x"),
    ],
)
def test_every_kind_of_call_tells_of_the_variable(
    call: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_API_VERSION", "1.30")
    refused = answer(400, {"message": "client version 1.30 is too old. Minimum is 1.44"})
    with (
        Peer(refused) as peer,
        moorage.connect(host=peer.host) as engine,
        pytest.raises(moorage.UnsupportedVersion, match="unset DOCKER_API_VERSION, which chooses"),
    ):
        call(engine)


@pytest.mark.parametrize("status", [403, 404, 405])
def test_an_engine_that_refuses_the_ping(status: int) -> None:
    refused = answer(status, {"message": "no"})
    about = answer(200, {"ApiVersion": "1.41", "MinAPIVersion": "1.12"})
    with Peer(answer(status), refused, about) as peer, moorage.connect(host=peer.host) as engine:
        assert engine.api_version == "1.41"
    assert peer.lines == ["HEAD /_ping", "GET /_ping", "GET /version"]


def test_an_engine_whose_version_has_a_patch_level() -> None:
    with Peer(ping("1.40.0")) as peer, moorage.connect(host=peer.host) as engine:
        assert engine.api_version == "1.40"


# Options of a call


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e: e.containers.list(timeout="5"), "timeout takes seconds"),
        (lambda e: e.containers.list(timeout=True), "timeout takes seconds"),
        (lambda e: e.containers.logs("c", idle_timeout="5"), "idle_timeout takes seconds"),
        (lambda e: e.containers.logs("c", total_timeout=[5]), "total_timeout takes seconds"),
        (lambda e: e.images.load(b"", progress=5), "progress takes a function"),
        (lambda e: e.images.load(b"", raise_errors="no"), "raise_errors takes a bool"),
        (lambda e: e.execute("c", ["ls"], timeout="5"), "timeout takes seconds"),
        (lambda e: e.containers.put_archive("c", None, path="/"), "content takes a value"),
        (lambda e: e.containers.put_archive("c", b"", path=None), "path takes a value, not None"),
        (lambda e: e.containers.resize("c", h=None, w=1), "h takes a value, not None: the eng"),
        (lambda e: e.services.update("s", name="s", version=None), "version takes a value"),
        (lambda e: e.images.push("x", registry_auth=None), "registry_auth takes a value, not None"),
        (lambda e: e.plugins.pull(remote=None), "remote takes a value, not None"),
        (lambda e: e.networks.create(name=None), "networks.create: name takes a value, not None"),
        (
            lambda e: e.networks.create(v1_44.NetworkCreateRequest(name=None)),  # type: ignore[arg-type]
            "networks.create: name takes a value, not None",
        ),
    ],
)  # fmt: skip
def test_what_a_call_does_not_take(call: Callable[[Any], Any], message: str) -> None:
    engine, _ = recorded(Engine)
    with pytest.raises(TypeError) as caught:
        call(engine)
    assert message in str(caught.value)


@pytest.mark.parametrize("content", [{"a": 1}, 5, v1_44.HostConfig(), ["x"], object()])
def test_what_is_no_content(content: Any) -> None:
    with (
        moorage.connect(Engine, host=NOWHERE) as engine,
        pytest.raises(TypeError, match=r"^content (takes bytes, a path|must be bytes)"),
    ):
        engine.images.load(content).finish()


async def _none() -> AsyncIterator[bytes]:
    nothing: tuple[bytes, ...] = ()
    for each in nothing:
        yield each


@pytest.mark.parametrize(
    "make",
    [bytes, bytearray, io.BytesIO, list, lambda: iter(()), lambda: [b"", b""], lambda: "empty"],
)
@pytest.mark.parametrize("mode", MODES)
def test_content_that_is_empty(
    mode: str, make: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").touch()
    used = iter([b"archive"])
    assert list(used)

    async def copy(content: Any) -> None:
        async with moorage.connect_async(AsyncEngine, host=NOWHERE) as engine:
            with pytest.raises(ValueError, match=r"^PutContainerArchive: the content is empty"):
                await engine.containers.put_archive("c", content, path="/")
            with pytest.raises(ValueError, match=r"^ImageLoad: the content is empty"):
                await engine.images.load(content).finish()

    if mode == "async":
        asyncio.run(copy(make()))
        asyncio.run(copy(_none()))
        return
    with moorage.connect(Engine, host=NOWHERE) as engine:
        for content in (make(), used):
            with pytest.raises(ValueError, match=r"^PutContainerArchive: the content is empty"):
                engine.containers.put_archive("c", content, path="/")
            with pytest.raises(ValueError, match=r"^ImageLoad: the content is empty"):
                engine.images.load(content).finish()


def test_content_that_may_be_empty() -> None:
    with (
        Peer(answer(), answer()) as peer,
        moorage.connect(Engine, host=peer.host) as engine,
    ):
        assert engine.request("POST", "/x", content=b"").status == 200
        assert engine.http.post("/x", content=b"").status_code == 200
    assert peer.bodies == [b"", b""]


NUMBERS = (math.nan, math.inf, -math.inf)


@pytest.mark.parametrize("number", NUMBERS, ids=str)
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda e, n: e.request("POST", "/x", json=n), "json takes a finite number, not "),
        (lambda e, n: e.request("POST", "/x", json={"a": [n]}), "json['a'][0] takes a finite num"),
        (lambda e, n: e.request("POST", "/x", query={"a": n}), "query['a'] takes a finite number"),
        (lambda e, n: e.request("POST", "/x", query={"a": [1, n]}), "query['a'] takes a finite"),
        (
            lambda e, n: e.containers.create(image="x", extra={"A": {"B": n}}),
            "containers.create: extra['A']['B'] takes a finite number, not ",
        ),
        (
            lambda e, n: e.containers.create(
                image="x", host_config=v1_44.HostConfig(extra={"A": n})
            ),
            "containers.create: host_config.extra['A'] takes a finite number, not ",
        ),
    ],
)
def test_numbers_that_json_lacks(call: Callable[..., Any], message: str, number: float) -> None:
    with moorage.connect(Engine, host=NOWHERE) as engine, pytest.raises(ValueError) as caught:  # noqa: PT011
        call(engine, number)
    assert message in str(caught.value)
    assert shown(caught.value) == []


def test_a_list_that_is_not_finite() -> None:
    check = check_of("list[float]")
    checked(check, [1, 1.5], "x", None)
    for number in NUMBERS:
        with pytest.raises(ValueError, match=r"^x: \[1\] takes a finite number, not -?(nan|inf)$"):
            checked(check, [1.5, number], "x", None)
    with pytest.raises(TypeError, match="takes a float, not a bool"):
        checked(check, [True], "x", None)


def _at_its_end(file: Any) -> Any:
    file.write(b"archive")
    file.seek(0, 2)
    return file


@pytest.mark.parametrize(
    "make", [io.BytesIO, tempfile.TemporaryFile, tempfile.NamedTemporaryFile,
             tempfile.SpooledTemporaryFile, partial(tempfile.SpooledTemporaryFile, 1)],
)  # fmt: skip
def test_a_file_at_its_end(make: Callable[[], Any]) -> None:
    with (
        _at_its_end(make()) as file,
        moorage.connect(Engine, host=NOWHERE) as engine,
        pytest.raises(ValueError, match=r"the file is at its end, .* seek\(0\) first"),
    ):
        engine.containers.put_archive("c", file, path="/")


# engine.request


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"json": object()}, "json takes JSON, not an object"),
        ({"json": b"x"}, "json takes JSON, not bytes"),
        ({"json": {"a": {CANARY}}}, "json['a'] takes JSON, not a set"),
        ({"json": {"a": [CANARY], 5: 1}}, "json[5] takes str as keys, not an int"),
        ({"json": v1_44.HostConfig}, "json takes JSON, not the class HostConfig"),
        ({"json": {"a": v1_44.HostConfig(memory="5")}}, "json['a'].memory takes an int, not a str"),  # type: ignore[arg-type]
        ({"query": f"a={CANARY}"}, 'query takes a mapping, not str: write {"name": "value"}'),
        ({"query": [("a", CANARY)]}, "query takes a mapping, not list"),
        ({"query": {"filters": {"a": [CANARY]}}}, "query['filters'] takes str, bool, int or float"),
        ({"query": {"a": {"b": 1}}}, "not dict: write json.dumps(…)"),
        ({"query": {"a": [CANARY, None]}}, "query['a'] takes str, bool, int or float"),
        ({"query": {"a": CANARY.encode()}}, "query['a'] takes str, bool, int or float"),
        ({"query": {"a": v1_44.HostConfig()}}, "or a list of them, not HostConfig"),
        ({"query": {5: "a"}}, "query takes str as keys, not int"),
        (
            {"headers": f"X: {CANARY}"},
            'headers takes a mapping, not str: write {"X-Name": "value"}',
        ),
        ({"headers": {"X": CANARY.encode()}}, "headers['X'] takes a str, not bytes"),
        ({"headers": {"X": 5}}, "headers['X'] takes a str, not int"),
        ({"headers": {5: CANARY}}, "headers takes str as keys, not int"),
        (
            {"headers": {"X-Registry-Auth": moorage.RegistryAuth("u", CANARY)}},
            "headers['X-Registry-Auth'] takes a str, not RegistryAuth: write .header()",
        ),
        ({"method": None}, "method takes a str, not None"),
        ({"path": None}, "path takes a str, not None"),
        ({"path": b"/x"}, "path takes a str, not bytes"),
        ({"timeout": "5"}, "timeout takes seconds"),
    ],
)
def test_what_a_request_does_not_take(given: dict[str, Any], message: str) -> None:
    given = {"method": "POST", "path": "/x", **given}
    with (
        moorage.connect(Engine, host=NOWHERE) as engine,
        pytest.raises(TypeError) as caught,
    ):
        engine.request(**given)
    assert message in str(caught.value)
    assert shown(caught.value) == []

    async def ask() -> None:
        async with moorage.connect_async(AsyncEngine, host=NOWHERE) as other:
            await other.request(**given)

    with pytest.raises(TypeError) as caught:
        asyncio.run(ask())
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["Content-Length", "transfer-encoding", "a b", "", "X:"])
def test_headers_that_can_not_be_given(name: str) -> None:
    with (
        moorage.connect(Engine, host=NOWHERE) as engine,
        pytest.raises(ValueError, match=r"^headers: "),
    ):
        engine.request("POST", "/x", headers={name: "5"})


# An exec that is detached


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", [v1_25, v1_41, newest])
def test_a_detached_exec_is_sent_at_once(mode: str, version: Any) -> None:
    async def start(host: str) -> Any:
        async with moorage.connect_async(version.AsyncEngine, host=host) as engine:
            return await engine.exec.start("x", detach=True, tty=False)

    with Peer(answer(200, b"")) as peer:
        if mode == "async":
            result = asyncio.run(start(peer.host))
        else:
            with moorage.connect(version.Engine, host=peer.host) as engine:
                result = engine.exec.start("x", detach=True, tty=False)
    assert result is None
    assert peer.lines == [f"POST /v{version.Engine.api_version}/exec/x/start"]
    assert json.loads(peer.bodies[0]) == {"Detach": True, "Tty": False}
    assert "upgrade" not in peer.requests[0].lower()


@pytest.mark.parametrize("mode", MODES)
def test_a_detached_exec_of_a_negotiated_engine_that_is_refused(mode: str) -> None:
    async def start(host: str) -> Any:
        async with moorage.connect_async(host=host) as engine:
            await engine.exec.start("x", detach=True)

    with (
        Peer(ping("1.41"), answer(409, {"message": "not running"})) as peer,
        pytest.raises(moorage.Conflict, match="ExecStart: not running"),
    ):
        if mode == "async":
            asyncio.run(start(peer.host))
        else:
            with moorage.connect(host=peer.host) as engine:
                engine.exec.start("x", detach=True)


def test_a_detached_exec_has_the_timeouts_of_its_call() -> None:
    with Peer(lambda connection: connection.recv(1)) as peer:  # type: ignore[arg-type]
        with moorage.connect(Engine, host=peer.host) as engine:
            for name in ("idle_timeout", "total_timeout"):
                limit: Any = {name: 0.05}
                with pytest.raises(moorage.TimedOut):
                    engine.exec.start("x", detach=True, **limit)
                peer.script.append(lambda connection: connection.recv(1))  # type: ignore[arg-type]
        peer.script.clear()


def test_an_exec_that_is_not_detached_stays_a_stream() -> None:
    engine, recorder = recorded(Engine)
    for given in ({}, {"detach": False}, {"detach": None}):
        options: Any = given
        assert isinstance(engine.exec.start("x", **options), moorage.Session)
        assert recorder.sent.upgrade == "tcp"
    with pytest.raises(TypeError, match=r"exec\.start: detach takes a bool, not a str"):
        engine.exec.start("x", detach="yes")  # type: ignore[call-overload]

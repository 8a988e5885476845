"""Verbs without an engine: what they refuse, warn of, and leave in tracebacks."""

from __future__ import annotations

import asyncio
import contextlib
import io
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

import moorage
from generator.verbs import read_verbs
from generator.versions import ROOT
from moorage.guard import guarded
from moorage.transport import tasks, threads
from moorage.transport.steps import Call as CallStep
from moorage.transport.steps import Steps
from moorage_api import newest, v1_25, v1_30
from tests.facade.peer import Peer, answer, chunked
from tests.facade.recorder import recorded

SECRET = "hunter2hunter2"
HOST = "unix:///nowhere/docker.sock"
ENV = {"A": SECRET}
AUTH = moorage.RegistryAuth("user", SECRET, "localhost:5000")
Call = Callable[[Any], Any]

CALLS: dict[str, Call] = {
    "create": lambda engine: engine.create("x", env=ENV),
    "create, a str": lambda engine: engine.create("x", "cmd", env=ENV),
    "create, unknown": lambda engine: engine.create("x", env=ENV, nothing=1),
    "create, malformed": lambda engine: engine.create("x", env={**ENV, "B": 1}),
    "run": lambda engine: engine.run("x", env=ENV, input=SECRET.encode()),
    "run, a timeout": lambda engine: engine.run("x", env=ENV, timeout=-1),
    "run, a list": lambda engine: engine.run("x", env=[f"A={SECRET}"], memory="12q"),
    "running": lambda engine: engine.running("x", env=ENV).__enter__(),
    "execute": lambda engine: engine.execute("x", ["y"], env=ENV),
    "execute, early": lambda engine: engine.execute("x", ["y"], env=ENV, on_timeout="z"),
    "execute, unknown": lambda engine: engine.execute("x", ["y"], env=ENV, nothing=1),
    "build": lambda engine: engine.build({"Dockerfile": "FROM x"}, args=ENV),
    "build, no Dockerfile": lambda engine: engine.build({"x": "FROM x"}, args=ENV),
    "login": lambda engine: engine.login("localhost:5000", "user", SECRET),
    "login, malformed": lambda engine: engine.login("a b", "user", SECRET),
    "pull": lambda engine: engine.pull("localhost:5000/x", auth=AUTH),
    "deploy": lambda engine: engine.deploy("x", "y", env=ENV, auth=AUTH),
    "deploy, malformed": lambda engine: engine.deploy("x", "y", env=ENV, memory="12q"),
    "put_secret": lambda engine: engine.put_secret("x", SECRET.encode()),
    "put_secret, a str": lambda engine: engine.put_secret("x", SECRET),
    "put_secret, unknown": lambda engine: engine.put_secret("x", SECRET.encode(), nothing=1),
    "put_config": lambda engine: engine.put_config("x", SECRET.encode(), rotate=True),
    "containers.create": lambda engine: engine.containers.create(image="x", env=ENV),
    "exec.create": lambda engine: engine.exec.create("x", cmd=["y"], env=ENV),
}


def chain(error: BaseException | None) -> Iterator[BaseException]:
    if error is not None:
        yield error
        yield from chain(error.__cause__)
        yield from chain(error.__context__)


def shown(value: object) -> Iterator[str]:
    yield repr(value)
    for each in getattr(value, "__dict__", {}).values():
        yield repr(each)


@pytest.mark.parametrize("api", [newest.Engine, guarded(newest.Engine)], ids=["pinned", "guarded"])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_no_secret_stays_in_a_traceback(api: type[Any], call: Call) -> None:
    with (
        moorage.connect(api, host=HOST) as engine,
        pytest.raises((moorage.EngineError, TypeError, ValueError, OSError)) as caught,
    ):
        call(engine)
    frames = 0
    for error in chain(caught.value):
        assert SECRET not in str(error)
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if frame.f_globals["__name__"].startswith("moorage"):
                frames += 1
                for name, value in frame.f_locals.items():
                    found = [each for each in shown(value) if SECRET in each]
                    assert not found, (frame.f_code.co_qualname, name)
    assert frames


def asking() -> Steps[None]:
    yield CallStep(lambda: SECRET)
    raise ValueError("that was no good")


async def asked() -> None:
    await tasks.finish(asking())


@pytest.mark.parametrize(
    "run",
    [lambda: threads.finish(asking()), lambda: asyncio.run(asked()), lambda: trio.run(asked)],
    ids=["threads", "asyncio", "trio"],
)
def test_what_was_awaited_last_stays_in_no_traceback(run: Callable[[], None]) -> None:
    with pytest.raises(ValueError, match="no good") as caught:
        run()
    for frame, _ in traceback.walk_tb(caught.value.__traceback__):
        if frame.f_globals["__name__"].startswith("moorage"):
            assert SECRET not in repr(frame.f_locals), frame.f_code.co_qualname


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda engine: engine.create("x", gpus="all"), r"create\(device_requests=\)"),
        (lambda engine: engine.run("x", capabilities=[]), r"run\(capabilities=\)"),
        (lambda engine: engine.execute("x", ["y"], working_dir="/"), r"working_dir=\)"),
        (lambda engine: engine.pull("x", platform="linux/amd64"), r"pull\(platform=\)"),
        (
            lambda engine: engine.build({"Dockerfile": "FROM x"}, platform="a/b"),
            r"build\(platform=",
        ),
    ],
)
def test_what_a_negotiated_version_lacks(call: Call, what: str) -> None:
    with (
        moorage.connect(guarded(v1_25.Engine), host=HOST) as engine,
        pytest.raises(moorage.OperationUnavailable, match=what),
    ):
        call(engine)


@pytest.mark.parametrize(
    "call",
    [
        lambda engine: engine.create("x", platform="linux/amd64"),
        lambda engine: engine.pull("x", platform="linux/amd64"),
        lambda engine: engine.build({"Dockerfile": "FROM x"}, platform="linux/amd64"),
        lambda engine: engine.build({"Dockerfile": "FROM x"}, target="y"),
        lambda engine: engine.create("x", gpus="all"),
    ],
)
def test_what_a_pinned_version_lacks(call: Call) -> None:
    with (
        moorage.connect(v1_30.Engine, host=HOST) as engine,
        pytest.raises(moorage.OperationUnavailable, match=r"needs API 1\.\d+; .* speaks 1\.30"),
    ):
        call(engine)


def test_a_health_check_as_the_api_has_it() -> None:
    engine, recorder = recorded(newest.Engine)
    for given, sent in (
        ("true", ["CMD-SHELL", "true"]),
        (["true"], ["CMD", "true"]),
        (["CMD", "true"], ["CMD", "true"]),
        (["CMD-SHELL", "true"], ["CMD-SHELL", "true"]),
        (False, ["NONE"]),
    ):
        forms: list[Any] = [given, {"test": given, "interval": None}] if given else [given]
        for health in forms:
            with contextlib.suppress(AttributeError):  # the recorder responds with nothing
                engine.create("x", health=health)
            assert recorder.sent.json["Healthcheck"] == {"Test": sent}


def test_what_no_version_has() -> None:
    with moorage.connect(v1_30.Engine, host=HOST) as pinned:
        engine: Any = pinned
        with pytest.raises(TypeError, match=r"run takes no nothing="):
            engine.run("x", nothing=1)
        with pytest.raises(TypeError, match=r"give ports= or port_bindings=, not both"):
            engine.create("x", ports={"80/tcp": 80}, port_bindings={})
        with pytest.raises(TypeError, match=r"remove=False"):
            engine.run("x", restart="always")
        with pytest.raises(TypeError, match=r"auto_remove"):
            engine.run("x", auto_remove=True)
        with pytest.raises(ValueError, match=r"pull is one of"):
            engine.create("x", pull="sometimes")
        assert not hasattr(engine, "path_info")


def test_the_documentation_has_each_verb() -> None:
    text = (ROOT / "docs/verbs.md").read_text(encoding="utf-8")
    assert [each.name for each in read_verbs() if f"engine.{each.name}(" not in text] == []


def test_a_container_that_is_never_entered() -> None:
    with moorage.connect(newest.Engine, host=HOST) as engine:
        made = [engine.running("x")]
        with pytest.warns(ResourceWarning, match=r"never entered"):
            made.clear()
        box = engine.running("x")
        with pytest.raises(RuntimeError, match=r"does not run yet"):
            _ = box.id
        with pytest.raises(moorage.ConnectionFailed), box:
            pytest.fail("it runs")
        with pytest.raises(RuntimeError, match=r"was entered before"), box:
            pytest.fail("it runs")


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda engine: engine.run(None, ["a"]), TypeError, "run: image is a name or an ID, not N"),
        (lambda engine: engine.create(""), ValueError, "create: image is empty"),
        (lambda engine: engine.running(5).__enter__(), TypeError, "image is a name or an ID, not"),
        (lambda engine: engine.run("x", platform="linux/"), ValueError, "platform is os/arch"),
        (lambda engine: engine.run("x", input=b"", tty=True), TypeError, "without tty="),
        (lambda engine: engine.execute("x", ["y"], input=b"", tty=True), TypeError, "without tty="),
        (lambda engine: engine.run("x", text="nothing"), LookupError, "unknown encoding"),
        (lambda engine: engine.execute("x", ["y"], text="rot13"), LookupError, "not a text enc"),
        (lambda engine: engine.create("x", health=""), ValueError, "command of health= is empty"),
        (lambda engine: engine.create("x", health={"test": []}), ValueError, "health= is empty"),
        (lambda engine: engine.create("x", health={"cmd": "y"}), TypeError, "health takes no cmd="),
        (lambda engine: engine.create("x", network=""), ValueError, "network is empty"),
        (lambda engine: engine.create("x", auth={"username": "u"}), TypeError, "auth= is a Regist"),
        (lambda engine: engine.run(f"sha256:{'0f' * 32}", pull="always"), ValueError, "image's ID"),
        (lambda engine: engine.pull(f"sha256:{'0f' * 32}"), ValueError, "image's ID"),
        (lambda engine: engine.push(f"sha256:{'0f' * 32}"), ValueError, "image's ID"),
        (lambda engine: engine.write_file("x", "/y", b"", mode="644"), TypeError, "mode is an int"),
        (lambda engine: engine.write_file("x", "/y", b"", uid=-1), ValueError, "uid is out of"),
        (lambda engine: engine.read_file("x", Path("/y")), TypeError, "is a str, not PosixPath"),
        (lambda engine: engine.copy_to("x", "", "/y"), ValueError, "this machine is empty"),
        (lambda engine: engine.build(None), TypeError, "takes a context"),
        (lambda engine: engine.build(io.BytesIO()), TypeError, "files by their names"),
        (lambda engine: engine.build("https://x/y.git"), ValueError, "as remote="),
        (lambda engine: engine.build(".", args=["A=1"]), TypeError, "args= is a mapping"),
        (lambda engine: engine.build(".", labels=["a=1"]), TypeError, "labels= is a mapping"),
        (lambda engine: engine.build(".", auth=AUTH), TypeError, "auth= is a mapping of reg"),
        (lambda engine: engine.build(".", tags=""), ValueError, "tags= is empty"),
    ],
)
def test_what_is_refused_before_anything_is_sent(
    call: Call, error: type[Exception], message: str
) -> None:
    # The peer answers nothing, so a request would fail as that.
    with moorage.connect(newest.Engine, host=HOST) as engine, pytest.raises(error, match=message):
        call(engine)


@pytest.mark.parametrize("verb", ["run", "running"])
def test_a_pull_that_fails_left_no_container(verb: str) -> None:
    missing = answer(404, {"message": "No such image: x:latest"})
    failed = chunked(b'{"errorDetail":{"message":"it died"},"error":"it died"}\r\n')
    with (
        Peer(missing, missing, failed) as peer,
        moorage.connect(newest.Engine, host=peer.host) as engine,
    ):
        with pytest.raises(moorage.OperationFailed, match="it died"):
            if verb == "run":
                engine.run("x", auth=None)
            else:
                engine.running("x", auth=None).__enter__()
        # Nobody looks for a container that was not asked for.
        assert len(peer.requests) == 3


def test_a_path_that_is_not_there() -> None:
    missing = answer(404, b"", kind="")
    with Peer(missing, missing) as peer, moorage.connect(newest.Engine, host=peer.host) as engine:
        calls: list[Callable[[], Any]] = [
            lambda: engine.read_file("web", "/a"),
            lambda: engine.copy_from("web", "/a", "b"),
        ]
        for call in calls:
            with pytest.raises(moorage.NotFound, match="no /a in web, or no such container"):
                call()


def test_a_path_that_an_engine_can_not_inspect() -> None:
    with (
        Peer(answer(500, b"", kind="")) as peer,
        moorage.connect(newest.Engine, host=peer.host) as engine,
        pytest.raises(moorage.ServerError, match="can't inspect /a/ in web"),
    ):
        engine.read_file("web", "/a/")


def test_a_quiet_build() -> None:
    digits = "0f" * 32
    image = f"sha256:{digits}"
    built = [answer(200, {"stream": f"{text}\n"}) for text in (image, digits)]
    inspected = answer(200, {"Id": image})
    with (
        Peer(*built, inspected) as peer,
        moorage.connect(newest.Engine, host=peer.host) as engine,
    ):
        for _ in built:  # Docker's engines, and Podman
            files = {"Dockerfile": "FROM x"}
            assert engine.build(files, q=True, auth=None, builder="classic").id == image


@pytest.mark.parametrize(
    "message",
    [
        "login attempt to http://127.0.0.1:5000/v2/ failed with status: 401 Unauthorized",
        'Head "http://127.0.0.1:5000/v2/x/manifests/1": no basic auth credentials',
        "unauthorized: authentication required",
        "Get https://x/v2/: unauthorized: incorrect username or password",
        "checking whether a blob sha256:0f exists in 127.0.0.1:5000/x: authentication required",
    ],
)
def test_a_registry_that_refuses(message: str) -> None:
    with (
        Peer(answer(500, {"message": message})) as peer,
        moorage.connect(newest.Engine, host=peer.host) as engine,
        pytest.raises(moorage.Unauthorized),
    ):
        engine.pull("127.0.0.1:5000/x", auth=None)

"""Talking with processes, by attach and by exec, with and without a terminal, on real engines."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage_api import v1_25, v1_35, v1_41
from tests.engines.containers import container, wait
from tests.engines.either import MODES, each, entered, got, with_engine

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

SLEEP = ("/bin/sleep", "600")
# With its end of input it goes on, and shows that nothing is lost then.
ECHO = "echo begin; cat; echo err >&2; echo end; exit 7"
# A terminal gives back what is typed, which would be in the way.
QUIET = f"stty -echo; {ECHO}"
EOT = b"\x04"

each_mode = pytest.mark.parametrize("mode", MODES)
each_api = pytest.mark.parametrize(
    "api", [v1_25, v1_35, v1_41], ids=lambda api: api.Engine.api_version
)
each_tty = pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])


async def talk(session: Any, *, tty: bool) -> None:
    """Hold the conversation that ECHO is one side of."""
    said: dict[str, bytes] = {"stdout": b"", "stderr": b""}

    async def hear(words: bytes) -> None:
        while words not in said["stdout"]:
            frame = await got(anext(session) if hasattr(session, "__anext__") else next(session))
            said[frame.stream] += frame.data

    await hear(b"begin")
    await got(session.write(b"one\n"))
    await hear(b"one")
    await got(session.write(b"two\n"))
    # A terminal's input is ended by a key, and then its session goes on.
    await got(session.write(EOT) if tty else session.close_write())
    async for frame in each(session):
        said[frame.stream] += frame.data
    line_end = b"\r\n" if tty else b"\n"
    everything = said["stdout"] + said["stderr"]
    assert sorted(everything.split(line_end)) == sorted(
        [b"begin", b"one", b"two", b"err", b"end", b""]
    )
    assert said["stderr"] == (b"" if tty else b"err\n")
    assert await got(session.wait()) == 7


@each_api
@each_mode
@each_tty
def test_exec(engine_host: EngineHost, image: str, mode: str, api: ModuleType, tty: bool) -> None:
    async def test(engine: Any) -> None:
        command = ["/bin/sh", "-c", QUIET if tty else ECHO]
        attached = {"attach_stdin": True, "attach_stdout": True, "attach_stderr": True}
        made = (await got(engine.exec.create(name, cmd=command, tty=tty, **attached))).id
        async with entered(engine.exec.start(made, tty=tty)) as session:
            if tty:
                await got(session.resize(height=33, width=111))
            await talk(session, tty=tty)
        assert (await got(engine.exec.inspect(made))).exit_code == 7

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, api, engine_host.host, test)


@each_api
@each_mode
@each_tty
def test_attach(engine_host: EngineHost, image: str, mode: str, api: ModuleType, tty: bool) -> None:
    async def test(engine: Any) -> None:
        made = await got(
            engine.containers.create(
                image=image,
                cmd=["/bin/sh", "-c", QUIET if tty else ECHO],
                tty=tty,
                open_stdin=True,
                stdin_once=True,
                host_config=api.HostConfig(network_mode="none"),
            )
        )
        try:
            streams = {"stdin": True, "stdout": True, "stderr": True, "stream": True}
            async with entered(engine.containers.attach(made.id, **streams)) as session:
                await got(engine.containers.start(made.id))
                await talk(session, tty=tty)
        finally:
            await got(engine.containers.delete(made.id, force=True))

    with_engine(mode, api, engine_host.host, test)


@each_mode
def test_the_size_of_a_terminal(engine_host: EngineHost, image: str, mode: str) -> None:
    command = ["/bin/sh", "-c", "echo ready; read a; stty size"]

    async def test(engine: Any) -> None:
        attached = {"attach_stdin": True, "attach_stdout": True}
        made = (await got(engine.exec.create(name, cmd=command, tty=True, **attached))).id
        async with entered(engine.exec.start(made, tty=True)) as session:
            await got(session.resize(height=33, width=111))
            await got(session.write(b"\n"))
            said = b"".join([frame.data async for frame in each(session)])
        assert b"33 111" in said

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_mode
@pytest.mark.parametrize("keys", [None, "ctrl-a,x"])
def test_detaching_leaves_the_process(
    engine_host: EngineHost, image: str, mode: str, keys: str | None
) -> None:
    async def test(engine: Any) -> None:
        attached = {"attach_stdin": True, "attach_stdout": True, "attach_stderr": True}
        made = await got(
            engine.exec.create(name, cmd=["/bin/cat"], tty=True, detach_keys=keys, **attached)
        )
        async with entered(engine.exec.start(made.id, tty=True)) as session:
            await got(session.detach())
            async for _ in each(session):
                pass
        streams = {"stdin": True, "stdout": True, "stream": True}
        async with entered(engine.containers.attach(name, detach_keys=keys, **streams)) as session:
            await got(session.detach())
            async for _ in each(session):
                pass
        assert (await got(engine.containers.inspect(name))).state.running

    with container(engine_host, image, "/bin/cat", Tty=True, OpenStdin=True) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_mode
def test_waiting_keeps_what_was_not_read(engine_host: EngineHost, image: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        command = ["/bin/sh", "-c", "head -c 1000000 /dev/zero; exit 3"]
        made = (await got(engine.exec.create(name, cmd=command, attach_stdout=True))).id
        async with entered(engine.exec.start(made)) as session:
            assert await got(session.wait()) == 3
            assert len((await got(session.read())).stdout) == 1_000_000

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_mode
def test_a_container_that_is_killed_while_attached(
    engine_host: EngineHost, image: str, mode: str
) -> None:
    async def test(engine: Any) -> None:
        streams = {"stdin": True, "stdout": True, "stream": True}
        async with entered(engine.containers.attach(name, **streams)) as session:
            await got(session.write(b"word\n"))
            seen = b""
            async for frame in each(session):
                seen += frame.data
                if seen.endswith(b"\n"):
                    await got(engine.containers.kill(name))
            # The engine is well, and the process has ended: that is an end.
            assert seen == b"word\n"
            assert await got(session.wait()) == 137

    with container(engine_host, image, "/bin/cat", OpenStdin=True) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_mode
def test_a_container_that_is_started_anew_while_attached(
    engine_host: EngineHost, image: str, mode: str
) -> None:
    command = ["/bin/sh", "-c", "read a; exit 1"]
    always = {"NetworkMode": "none", "RestartPolicy": {"Name": "always"}}

    async def test(engine: Any) -> None:
        streams = {"stdin": True, "stdout": True, "stream": True}
        async with entered(engine.containers.attach(name, **streams)) as session:
            await got(session.write(b"\n"))
            assert [frame async for frame in each(session)] == []

    with container(engine_host, image, *command, OpenStdin=True, HostConfig=always) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_mode
def test_a_container_that_is_removed_while_attached(
    engine_host: EngineHost, image: str, mode: str
) -> None:
    async def test(engine: Any) -> None:
        streams = {"stdin": True, "stdout": True, "stream": True}
        async with entered(engine.containers.attach(name, **streams)) as session:
            await got(engine.containers.delete(name, force=True))
            assert [frame async for frame in each(session)] == []

    with container(engine_host, image, "/bin/cat", OpenStdin=True) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_api
@each_mode
def test_a_websocket(engine_host: EngineHost, image: str, mode: str, api: ModuleType) -> None:
    async def test(engine: Any) -> None:
        websocket = engine.containers.attach_websocket(name, stream=True)
        async with entered(websocket) as session:
            await got(session.write(b"word\n"))
            seen = b""
            async for frame in each(session):
                assert frame.stream == "stdout"
                seen += frame.data
                if seen == b"word\n":
                    await got(session.write(bytes(range(256)) + b"\n"))
                elif len(seen) == 5 + 257:
                    await got(engine.containers.kill(name))
        assert seen == b"word\n" + bytes(range(256)) + b"\n"

    with container(engine_host, image, "/bin/cat", OpenStdin=True) as name:
        with_engine(mode, api, engine_host.host, test)


# Logs

WORDS = "echo one; echo two >&2; echo three"


@each_api
@each_mode
@each_tty
def test_logs(engine_host: EngineHost, image: str, mode: str, api: ModuleType, tty: bool) -> None:
    async def test(engine: Any) -> None:
        async def read(**options: Any) -> bytes:
            options = {"stdout": True, "stderr": True} | options
            async with entered(engine.containers.logs(name, **options)) as frames:
                both = [frame.data async for frame in each(frames)]
            return b"".join(both).replace(b"\r\n", b"\n")

        everything = await read()
        assert sorted(everything.split()) == [b"one", b"three", b"two"]
        assert await read(follow=True) == everything
        assert await read(tail="1") == everything.splitlines(keepends=True)[-1]
        assert await read(tail="all") == everything
        dated = await read(timestamps=True)
        times = [line.partition(b" ")[0].decode() for line in dated.splitlines()]
        assert all(moorage.parse_timestamp(each) for each in times)
        assert await read(details=True) != everything
        newest = moorage.parse_timestamp(times[-1])
        assert newest
        last = int(newest.timestamp())
        assert await read(since=last + 100) == b""
        assert await read(since=1) == everything
        if "until" in dir_of(engine.containers.logs):
            assert await read(until=1) == b""
            assert await read(until=last + 100) == everything

    log = {"Type": "json-file", "Config": {"labels": "word"}}
    host = {"NetworkMode": "none", "LogConfig": log}
    with container(
        engine_host, image, "/bin/sh", "-c", WORDS, Tty=tty, HostConfig=host, Labels={"word": "x"}
    ) as name:
        wait(engine_host, name)
        with_engine(mode, api, engine_host.host, test)


def dir_of(method: Any) -> set[str]:
    return set(method.__annotations__)

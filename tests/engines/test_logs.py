"""A container's output as frames, byte for byte, on real engines."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import threading
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage.private import busybox, busybox_tar, private_engine
from moorage_api import v1_25, v1_41
from tests.engines.conftest import ENGINES, FOLDER
from tests.engines.containers import container, wait

if TYPE_CHECKING:
    from moorage import Frame
    from moorage.streams.frames import AsyncFrames, Frames
    from tests.engines.conftest import EngineHost

MIXED = "for i in 1 2 3; do echo out $i; echo err $i >&2; done; printf 'no newline'"
# All values of a byte, many times: what is not text, and what looks like a frame's header.
BYTES = """
i=0
while [ $i -lt 256 ]
do
    printf "\\\\$(printf %o $i)"
    i=$((i + 1))
done > /bytes
i=0
while [ $i -lt 10 ]
do
    cat /bytes /bytes >> /more
    cat /more >> /bytes
    i=$((i + 1))
done
head -c 1000000 /bytes
head -c 300000 /bytes >&2
"""


def together(frames: list[Frame]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for stream, data in frames:
        found[stream] = found.get(stream, b"") + data
    return found


def numbers() -> list[str]:
    return [f"{word} {i}\n" for i in (1, 2, 3) for word in ("out", "err")]


@pytest.mark.parametrize("api", [v1_25, v1_41], ids=["1.25", "1.41"])
def test_stdout_and_stderr(engine_host: EngineHost, image: str, api: Any) -> None:
    with (
        container(engine_host, image, "/bin/sh", "-c", MIXED) as name,
        moorage.connect(api.Engine, host=engine_host.host) as engine,
    ):
        wait(engine_host, name)
        with engine.containers.logs(name, stdout=True, stderr=True) as frames:
            found = list(frames)
        assert together(found) == {
            "stdout": b"out 1\nout 2\nout 3\nno newline",
            "stderr": b"err 1\nerr 2\nerr 3\n",
        }
        # In the order in which each was written.
        assert [f.data for f in found if f.stream == "stderr"] == [
            b"err 1\n",
            b"err 2\n",
            b"err 3\n",
        ]
        only = together(list(engine.containers.logs(name, stderr=True)))
        assert set(only) == {"stderr"}
        tail = together(list(engine.containers.logs(name, stdout=True, tail="1")))
        assert tail == {"stdout": b"no newline"}


def test_awaited(engine_host: EngineHost, image: str) -> None:
    async def read(name: str) -> list[Frame]:
        async with (
            moorage.connect_async(host=engine_host.host) as engine,
            engine.containers.logs(name, stdout=True, stderr=True) as frames,
        ):
            return [frame async for frame in frames]

    with container(engine_host, image, "/bin/sh", "-c", MIXED) as name:
        wait(engine_host, name)
        found = together(asyncio.run(read(name)))
    assert found["stdout"] == b"out 1\nout 2\nout 3\nno newline"
    assert found["stderr"] == b"err 1\nerr 2\nerr 3\n"


SPLIT = "printf 'one '; printf 'err' >&2; echo line; echo or >&2; echo two; printf three"


@pytest.mark.parametrize("tty", [False, True])
def test_whole_lines(engine_host: EngineHost, image: str, tty: bool) -> None:
    with (
        container(engine_host, image, "/bin/sh", "-c", SPLIT, Tty=tty) as name,
        moorage.connect(host=engine_host.host) as engine,
    ):
        wait(engine_host, name)

        def logs() -> Frames:
            return engine.containers.logs(name, stdout=True, stderr=True)

        lines, texts, output = list(logs().lines()), list(logs().lines("utf-8")), logs().read()
        stdout, stderr = io.BytesIO(), io.BytesIO()
        logs().copy_to(stdout, stderr)
    assert (stdout.getvalue(), stderr.getvalue()) == output
    if tty:  # all is one stream
        assert {line.stream for line in lines} == {"stdout"}
        assert output.stdout.count(b"\r\n") == 3
    else:
        assert [line.data for line in lines if line.stream == "stdout"] == [
            b"one line",
            b"two",
            b"three",
        ]
        assert ("stderr", b"error") in lines
        assert output == (b"one line\ntwo\nthree", b"error\n")
    assert [(line.stream, line.text.encode()) for line in texts] == lines


def test_whole_lines_awaited(engine_host: EngineHost, image: str) -> None:
    async def read(name: str) -> None:
        async with moorage.connect_async(host=engine_host.host) as engine:

            def logs() -> AsyncFrames:
                return engine.containers.logs(name, stdout=True, stderr=True)

            assert ("stderr", b"error") in [line async for line in logs().lines()]
            assert ("stdout", "one line") in [line async for line in logs().lines("utf-8")]
            assert await logs().read() == (b"one line\ntwo\nthree", b"error\n")

    with container(engine_host, image, "/bin/sh", "-c", SPLIT) as name:
        wait(engine_host, name)
        asyncio.run(read(name))


def test_every_byte_comes_through(engine_host: EngineHost, image: str) -> None:
    # A log holds text only; what was written comes to those who are attached.
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        body = v1_41.ContainerCreateRequest(
            image=image,
            cmd=["/bin/sh", "-c", BYTES],
            host_config=v1_41.HostConfig(network_mode="none"),
            attach_stdout=True,
            attach_stderr=True,
        )
        name = engine.containers.create(body).id
        try:
            with engine.containers.attach(name, stream=True, stdout=True, stderr=True) as frames:
                engine.containers.start(name)
                found = together(list(frames))
        finally:
            engine.containers.delete(name, force=True)
    every = bytes(range(256)) * 4096
    assert found["stdout"] == every[:1_000_000]
    assert found["stderr"] == every[:300_000]


def test_following_gives_frames_as_they_come(engine_host: EngineHost, image: str) -> None:
    # Each line is written only when the one before has been read here, so none can be held back.
    command = "i=0; while read line; do echo got $line; done; echo end"
    with (
        container(
            engine_host, image, "/bin/sh", "-c", command, OpenStdin=True, StdinOnce=True
        ) as name,
        moorage.connect(v1_41.Engine, host=engine_host.host) as engine,
        engine.containers.attach(name, stream=True, stdin=True) as stdin,
        engine.containers.logs(name, follow=True, stdout=True) as frames,
    ):
        for i in range(20):
            stdin.write(b"%d\n" % i)
            assert next(frames) == ("stdout", b"got %d\n" % i)
        stdin.close_write()
        assert [frame.data for frame in frames] == [b"end\n"]


def test_a_stream_that_is_left_lets_go_of_its_connection(
    engine_host: EngineHost, image: str
) -> None:
    command = "while true; do echo x; sleep 0.01; done"
    with (
        container(engine_host, image, "/bin/sh", "-c", command) as name,
        moorage.connect(host=engine_host.host) as engine,
    ):
        for _ in range(30):
            with engine.containers.logs(name, follow=True, stdout=True) as frames:
                assert next(frames).data
        engine.containers.kill(name)


@pytest.mark.parametrize("api", [v1_25, v1_41], ids=["1.25", "1.41"])
def test_a_terminal_is_raw(engine_host: EngineHost, image: str, api: Any) -> None:
    command = "echo out; echo err >&2; printf '\\001\\000\\000\\000\\000\\000\\000\\005hello'"
    with (
        container(engine_host, image, "/bin/sh", "-c", command, Tty=True) as name,
        moorage.connect(api.Engine, host=engine_host.host) as engine,
    ):
        wait(engine_host, name)
        found = together(list(engine.containers.logs(name, stdout=True, stderr=True)))
        assert found == {"stdout": b"out\r\nerr\r\n\x01\0\0\0\0\0\0\x05hello"}


def test_an_error_before_the_first_frame(engine_host: EngineHost, image: str) -> None:
    with moorage.connect(host=engine_host.host) as engine:
        with pytest.raises(moorage.NotFound, match="ContainerLogs"):
            list(engine.containers.logs("nothing", stdout=True))
        with (
            container(engine_host, image, "/bin/true") as name,
            pytest.raises(moorage.BadRequest, match="ContainerLogs"),
            engine.containers.logs(name),
        ):
            pass

    async def refused() -> None:
        async with moorage.connect_async(host=engine_host.host) as engine:
            with pytest.raises(moorage.NotFound, match="ContainerLogs"):
                async with engine.containers.logs("nothing", stdout=True):
                    pass

    asyncio.run(refused())


def test_two_threads_may_read_two_streams(engine_host: EngineHost, image: str) -> None:
    with (
        container(engine_host, image, "/bin/sh", "-c", MIXED) as name,
        moorage.connect(host=engine_host.host) as engine,
    ):
        wait(engine_host, name)
        found: list[dict[str, bytes]] = []

        def read() -> None:
            found.append(together(list(engine.containers.logs(name, stdout=True, stderr=True))))

        threads = [threading.Thread(target=read) for _ in range(8)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert len(found) == 8
    assert all(each == found[0] for each in found)


@pytest.mark.usefixtures("private_machine")
@pytest.mark.parametrize("name", ENGINES)
def test_an_engine_that_is_killed_breaks_the_stream(name: str) -> None:
    with private_engine(ENGINES[name], folder=FOLDER) as engine:
        archive = busybox_tar(busybox(FOLDER))
        with moorage.connect(v1_41.Engine, host=engine.host) as client:
            for _ in client.images.create(archive, from_src="-", repo="x", tag="y"):
                pass
            body = v1_41.ContainerCreateRequest(
                image="x:y",
                cmd=["/bin/sh", "-c", "echo here; sleep 600"],
                host_config=v1_41.HostConfig(network_mode="none"),
            )
            made = client.containers.create(body).id
            client.containers.start(made)
            with client.containers.logs(made, follow=True, stdout=True) as frames:
                assert next(frames) == ("stdout", b"here\n")
                os.kill(engine.pid, signal.SIGKILL)
                with pytest.raises(moorage.StreamInterrupted, match="ContainerLogs"):
                    next(frames)

"""Streams whose engine is killed, whose connection is cut, or whose reader is slow or gone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage.private import PrivateEngine, private_engine
from moorage_api import v1_41
from tests.engines.conftest import ENGINES, FOLDER, EngineHost
from tests.engines.containers import container, wait
from tests.engines.either import MODES, each, entered, got, with_engine
from tests.engines.relay import relay, unix
from tests.engines.scenario.registry import registry
from tests.engines.scenario.world import until

each_mode = pytest.mark.parametrize("mode", MODES)
# It has pauses, or it keeps a core busy.
TALKS = (
    "/bin/sh",
    "-c",
    "i=0; while true; do echo line $i; i=$((i + 1)); [ $((i % 50)) -ne 0 ] || sleep 0.02; done",
)
FEW = 40
CUTS = 200


@pytest.fixture(params=ENGINES)
def mortal(
    request: pytest.FixtureRequest, busybox_tar: bytes, private_machine: None
) -> Iterator[tuple[PrivateEngine, str]]:
    """An engine that may be killed, and a container in it that talks."""
    with private_engine(ENGINES[request.param], folder=FOLDER) as engine:
        with moorage.connect(v1_41.Engine, host=engine.host) as client:
            for _ in client.images.create(busybox_tar, from_src="-", repo="x", tag="y"):
                pass
            host = v1_41.HostConfig(network_mode="none")
            made = client.containers.create(image="x:y", cmd=[*TALKS], host_config=host).id
            client.containers.start(made)
        yield engine, made


async def killed_amid(engine: PrivateEngine, stream: Any, operation: str) -> None:
    """Kill the engine when some frames have come, and expect to be told."""
    received = count = 0
    with pytest.raises(moorage.StreamInterrupted, match=operation) as caught:
        async for frame in each(stream):
            received += 8 + len(frame.data)
            count += 1
            if count == FEW:
                os.kill(engine.pid, signal.SIGKILL)
    assert 0 <= caught.value.received - received < 65536


@each_mode
def test_an_engine_that_is_killed_in_mid_log(mortal: Any, mode: str) -> None:
    engine, name = mortal

    async def test(client: Any) -> None:
        stream = client.containers.logs(name, follow=True, stdout=True)
        await killed_amid(engine, stream, "ContainerLogs")

    with_engine(mode, v1_41, engine.host, test)


@each_mode
def test_an_engine_that_is_killed_in_mid_exec(mortal: Any, mode: str) -> None:
    engine, name = mortal

    async def test(client: Any) -> None:
        made = (await got(client.exec.create(name, cmd=[*TALKS], attach_stdout=True))).id
        # The connection itself does not tell: it ends as a process' own end would end it.
        await killed_amid(engine, client.exec.start(made), "ExecStart")

    with_engine(mode, v1_41, engine.host, test)


@each_mode
def test_an_engine_that_is_killed_while_attached(mortal: Any, mode: str) -> None:
    engine, name = mortal

    async def test(client: Any) -> None:
        stream = client.containers.attach(name, stream=True, stdout=True)
        await killed_amid(engine, stream, "ContainerAttach")

    with_engine(mode, v1_41, engine.host, test)


@each_mode
def test_an_engine_that_is_killed_in_mid_upload(mortal: Any, mode: str) -> None:
    engine, _ = mortal

    async def test(client: Any) -> None:
        def archive() -> Iterator[bytes]:
            yield bytes(1 << 20)
            os.kill(engine.pid, signal.SIGKILL)
            while True:
                yield bytes(1 << 20)

        with pytest.raises(moorage.ConnectionFailed, match="ImageCreate"):
            async for _ in each(client.images.create(archive(), from_src="-", repo="a")):
                pass

    with_engine(mode, v1_41, engine.host, test)


@each_mode
def test_an_engine_that_is_killed_in_mid_build(mortal: Any, mode: str, tmp_path: Path) -> None:
    engine, _ = mortal

    def kill(progress: moorage.progress.Progress) -> None:
        if any("sleep" in each.name and each.started for each in progress.vertices.values()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(engine.pid, signal.SIGKILL)

    async def test(client: Any) -> None:
        with pytest.raises(moorage.StreamInterrupted, match="ImageBuild"):
            await got(
                client.build(
                    {"Dockerfile": "FROM x:y\nRUN exec sleep 600"},
                    builder="buildkit",
                    network="none",
                    output=tmp_path / "out",
                    on_progress=kill,
                )
            )
        assert not [*tmp_path.iterdir()]
        assert not [each for each in threading.enumerate() if "buildkit" in each.name]

    with_engine(mode, v1_41, engine.host, test)


class _Over(Exception):
    """A pull that was over, on a busy machine, before the engine was killed."""


@each_mode
def test_an_engine_that_is_killed_in_mid_pull(
    mortal: Any, mode: str, busybox_tar: bytes, tmp_path: Path
) -> None:
    engine, _ = mortal
    tag = {"repo": "127.0.0.1:5000/moorage", "tag": "x"}

    async def test(client: Any) -> None:
        async for _ in each(client.images.create(busybox_tar, from_src="-", **tag)):
            pass
        name, auth = tag["repo"], moorage.RegistryAuth()
        async for _ in each(client.images.push(name, tag="x", registry_auth=auth)):
            pass
        for image in ("127.0.0.1:5000/moorage:x", "x:y"):
            await got(client.images.delete(image, force=True))
        said: list[str] = []
        with pytest.raises((moorage.StreamInterrupted, _Over), match="ImageCreate"):
            async for item in each(client.images.create(from_image=name, tag="x")):
                if not said:
                    os.kill(engine.pid, signal.SIGKILL)
                said.append(item.status)
            if said[-1].startswith("Status: Downloaded newer image"):
                raise _Over("ImageCreate")

    host = EngineHost(engine.host, "mortal", "", "", engine)
    with registry(host, FOLDER, tmp_path):
        with_engine(mode, v1_41, engine.host, test)


class Cut:
    """Cuts the connections whose request has a word in it, after so many bytes."""

    def __init__(self, word: bytes) -> None:
        self.word = word
        self.after = 0

    def __call__(self, head: bytes) -> int | None:
        return self.after if self.word in head.partition(b"\r\n")[0] else None


@each_mode
def test_a_log_that_is_cut_anywhere(engine_host: EngineHost, image: str, mode: str) -> None:
    command = "i=0; while [ $i -lt 99 ]; do echo line $i; echo error $i >&2; i=$((i + 1)); done"
    cut = Cut(b"/logs")

    async def test(client: Any) -> None:
        async def read() -> tuple[bytes, int | None]:
            data = b""
            try:
                async for frame in each(client.containers.logs(name, stdout=True, stderr=True)):
                    data += frame.data
            except moorage.StreamInterrupted as error:
                return data, error.received
            except (moorage.ConnectionFailed, moorage.InvalidAnswer):
                return data, 0  # before the answer
            return data, None

        cut.after = 1_000_000
        whole, received = await read()
        assert received is None
        assert len(whole.splitlines()) == 198
        counts = []
        for part in range(CUTS):
            # The engine sends some more for the heads of the answer, its chunks and frames.
            cut.after = 1 + part * (len(whole) + 198 * 13) // CUTS
            data, received = await read()
            assert whole.startswith(data)
            assert received is not None
            counts.append(received)
            assert received == 0 or received >= len(data)
        assert counts == sorted(counts)
        assert counts[-1] > len(whole) // 2

    with container(engine_host, image, "/bin/sh", "-c", command) as name:
        wait(engine_host, name)
        with relay(unix(engine_host.host), cut) as host:
            with_engine(mode, v1_41, host, test)


@each_mode
@pytest.mark.parametrize("tty", [False, True], ids=["pipes", "terminal"])
def test_a_session_that_is_cut(engine_host: EngineHost, image: str, mode: str, tty: bool) -> None:
    cut = Cut(b"/start")

    async def test(client: Any) -> None:
        for after in (1, 1000):
            cut.after = after
            made = await got(client.exec.create(name, cmd=[*TALKS], tty=tty, attach_stdout=True))
            # The process runs on, so this is not an end, whether within a frame or between two.
            with pytest.raises((moorage.ConnectionFailed, moorage.InvalidAnswer)):
                async for _ in each(client.exec.start(made.id, tty=tty)):
                    pass

    with (
        container(engine_host, image, "/bin/sleep", "600") as name,
        relay(unix(engine_host.host), cut) as host,
    ):
        with_engine(mode, v1_41, host, test)


@each_mode
def test_events_that_were_cut_go_on(engine_host: EngineHost, image: str, mode: str) -> None:
    cut = Cut(b"/events")

    async def test(client: Any) -> None:
        filters = {"container": [name], "event": ["kill", "rename", "die", "stop", "destroy"]}
        begun = "1"
        for word in ("one", "two", "three"):
            await got(client.containers.rename(name, name=f"moorage-{word}"))
        until_now = str(int(time.time()) + 1)
        with engine_host.http() as http:
            asked = {"since": begun, "until": until_now, "filters": json.dumps(filters)}
            length = len(http.get("/events", params=asked).content)
        # Within the second of the three, whatever the head is.
        cut.after = 250 + length // 2
        first = client.system.events(since=begun, filters=filters)
        seen = []
        with pytest.raises(moorage.StreamInterrupted):
            async for event in each(first):
                seen.append(event.time_nano)  # noqa: PERF401 - what came before the cut counts
        assert 1 <= len(seen) < 3
        cut.after = 100_000
        rest = client.system.events(since=first.last_time, filters=filters)
        async with entered(rest) as events:
            while len(set(seen)) < 3:
                event = await got(anext(events) if hasattr(events, "__anext__") else next(events))
                seen.append(event.time_nano)
        assert sorted(set(seen)) == list(dict.fromkeys(seen))

    with (
        container(engine_host, image, "/bin/sleep", "600") as name,
        relay(unix(engine_host.host), cut) as host,
    ):
        with_engine(mode, v1_41, host, test)


@each_mode
def test_a_slow_reader_gets_all(engine_host: EngineHost, image: str, mode: str) -> None:
    # It runs on: of one that ends, 20.10 under load loses the last lines of a followed log.
    command = "i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i + 1)); done; exec sleep 600"

    async def test(client: Any) -> None:
        count = 0
        async with entered(client.containers.logs(name, stdout=True, follow=True)) as frames:
            async for frame in each(frames):
                assert frame.data == b"line %d\n" % count
                count += 1
                if count % 4000 == 0:
                    # The engine waits for this reader, and serves others meanwhile.
                    for _ in range(20):
                        await got(client.system.ping())
                if count == 20_000:
                    break
        assert count == 20_000

    with container(engine_host, image, "/bin/sh", "-c", command) as name:
        with_engine(mode, v1_41, engine_host.host, test)


def connections_of(pid: int) -> int:
    """Count the sockets of an engine."""
    count = 0
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            count += str(file.readlink()).startswith("socket:")
    return count


def files() -> int:
    gc.collect()
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


def test_hundreds_of_streams_at_once(engine_host: EngineHost, image: str) -> None:
    streams = 500

    async def test(client: Any) -> None:
        delivered = asyncio.Semaphore(0)
        await client.system.ping()
        here = files()

        async def follow() -> None:
            async with client.containers.logs(name, follow=True, stdout=True) as frames:
                assert (await anext(frames)).data == b"ready\n"
                delivered.release()
                assert (await anext(frames)).data == b"word\n"
                delivered.release()
                assert [frame async for frame in frames] == []

        async with asyncio.TaskGroup() as tasks:
            for _ in range(streams):
                tasks.create_task(follow())
            for _ in range(streams):
                await delivered.acquire()
            # No stream is in another call's way.
            await client.system.ping()
            async with client.containers.attach(name, stream=True, stdin=True) as session:
                await session.write(b"word\n")
                for _ in range(streams):
                    await delivered.acquire()
                await session.close_write()
        assert files() <= here + 20  # connections that are kept for the next call

    with container(
        engine_host, image, "/bin/sh", "-c", "echo ready; cat", OpenStdin=True, StdinOnce=True
    ) as name:
        before = files()
        with_engine("async", v1_41, engine_host.host, test)
    assert files() <= before


@each_mode
@pytest.mark.parametrize("how", ["close", "error", "break", "drop"])
def test_a_stream_that_is_left_lets_go_on_both_sides(
    engine_host: EngineHost, image: str, mode: str, how: str
) -> None:
    assert engine_host.private
    pid = engine_host.private.pid

    async def leave(client: Any) -> None:
        stream = client.containers.logs(name, follow=True, stdout=True)
        match how:
            case "close":
                async with entered(stream):
                    pass
            case "error":
                with contextlib.suppress(ZeroDivisionError):
                    async with entered(stream):
                        async for _ in each(stream):
                            raise ZeroDivisionError
            case "break" if mode == "async":
                async for _ in stream:
                    break
            case "break":
                for _ in stream:
                    break
            case "drop":
                await got(stream.__aenter__() if mode == "async" else stream.__enter__())

    async def test(client: Any) -> None:
        await got(client.system.ping())
        await leave(client)
        here, there = files(), connections_of(pid)
        for _ in range(20):
            await leave(client)
            await asyncio.sleep(0)
        assert files() <= here
        until(lambda: connections_of(pid) <= there)

    with container(engine_host, image, *TALKS) as name:
        with_engine(mode, v1_41, engine_host.host, test)


def test_a_task_that_is_cancelled_lets_go(engine_host: EngineHost, image: str) -> None:
    async def test(client: Any) -> None:
        methods: list[Callable[[], Any]] = [
            lambda: each(client.containers.logs(name, follow=True, stdout=True)),
            lambda: each(client.containers.attach(name, stream=True, stdout=True)),
            lambda: each(client.system.events(filters={"container": "none"})),
            lambda: each(client.containers.stats(name)),
        ]

        async def cancel(method: Callable[[], Any]) -> None:
            begun = asyncio.Event()

            async def read() -> None:
                begun.set()
                async for _ in method():
                    pass

            task = asyncio.create_task(read())
            await begun.wait()
            for _ in range(20):
                await client.system.ping()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

        for method in methods:
            await cancel(method)
        here = files()
        for method in methods * 3:
            await cancel(method)
        assert files() <= here

    with container(engine_host, image, *TALKS) as name:
        with_engine("async", v1_41, engine_host.host, test)


def test_threads_follow_while_others_call(engine_host: EngineHost, image: str) -> None:
    with (
        container(engine_host, image, "/bin/sleep", "600") as name,
        moorage.connect(v1_41.Engine, host=engine_host.host) as client,
    ):
        following = threading.Event()
        caught: list[BaseException] = []
        stream = client.containers.logs(name, follow=True, stdout=True)

        def follow() -> None:
            try:
                with stream:
                    following.set()
                    list(stream)
            except moorage.EngineError as error:
                caught.append(error)

        thread = threading.Thread(target=follow)
        thread.start()
        assert following.wait(30)
        for _ in range(50):
            client.containers.inspect(name)
        stream.close()
        thread.join(30)
        assert not thread.is_alive()
        assert "the connection is closed" in str(caught[0])

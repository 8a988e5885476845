"""Progress, events, stats, archives and hijacked connections on real engines."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import tarfile
import time
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage_api import v1_25, v1_41
from tests.engines.containers import container, wait

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

SLEEP = ("/bin/sleep", "600")
VERSIONS = pytest.mark.parametrize("api", [v1_25, v1_41], ids=["1.25", "1.41"])


def names_in(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


def tar_of(name: str, data: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


@VERSIONS
def test_an_import_reports_its_progress(
    engine_host: EngineHost, busybox_tar: bytes, api: Any
) -> None:
    pieces = [busybox_tar[i : i + 100_000] for i in range(0, len(busybox_tar), 100_000)]
    with moorage.connect(api.Engine, host=engine_host.host) as engine:
        for content in (busybox_tar, iter(pieces), io.BytesIO(busybox_tar)):
            with engine.images.create(
                content, from_src="-", repo="moorage-import", tag="x"
            ) as progress:
                said = list(progress)
            assert any("sha256:" in str(each) for each in said)
            assert engine.images.inspect("moorage-import:x").id
            engine.images.delete("moorage-import:x")


def test_an_import_awaited(engine_host: EngineHost, busybox_tar: bytes) -> None:
    async def pieces() -> Any:
        for i in range(0, len(busybox_tar), 100_000):
            yield busybox_tar[i : i + 100_000]

    async def load() -> None:
        async with moorage.connect_async(host=engine_host.host) as engine:
            said = [
                each
                async for each in engine.images.create(
                    pieces(), from_src="-", repo="moorage-import", tag="async"
                )
            ]
            assert any("sha256:" in str(each) for each in said)
            await engine.images.delete("moorage-import:async")

    asyncio.run(load())


def test_a_failure_in_a_stream_is_raised(engine_host: EngineHost) -> None:
    dockerfile = tar_of("Dockerfile", b"FROM scratch\nCOPY nothing /\n")
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        with engine.images.build(dockerfile) as progress:
            assert "Step 1/2" in str(next(progress))
            with pytest.raises(moorage.OperationFailed, match="ImageBuild") as caught:
                list(progress)
        assert "nothing" in caught.value.message
        with pytest.raises(moorage.BadRequest, match="ImageCreate"):
            list(engine.images.create(b"tar", from_src="-", repo="UPPER CASE"))


@VERSIONS
def test_events_come_as_they_happen(engine_host: EngineHost, image: str, api: Any) -> None:
    label = "moorage.events"
    with (
        moorage.connect(api.Engine, host=engine_host.host) as engine,
        engine.system.events(filters={"label": label, "type": "container"}) as events,
    ):
        with container(engine_host, image, *SLEEP, Labels={label: ""}) as name:
            for action in ("create", "start"):
                event = next(events)
                assert (event.action, event.actor.id) == (action, name)
        rest = [next(events).action for _ in range(3)]
        assert rest[0] == "kill"
        assert set(rest) >= {"die", "kill"}


def test_events_of_the_past_end(engine_host: EngineHost, image: str) -> None:
    async def read(label: str) -> list[Any]:
        async with moorage.connect_async(v1_41.AsyncEngine, host=engine_host.host) as engine:
            until = f"{time.time():.9f}"
            events = engine.system.events(since="0", until=until, filters={"label": label})
            return [event.action async for event in events]

    with container(engine_host, image, "/bin/true", Labels={"moorage.past": ""}) as name:
        wait(engine_host, name)
        assert asyncio.run(read("moorage.past"))[:2] == ["create", "start"]


def test_stats(engine_host: EngineHost, image: str) -> None:
    with (
        container(engine_host, image, *SLEEP) as name,
        moorage.connect(host=engine_host.host) as engine,
    ):
        (once,) = engine.containers.stats(name, stream=False)
        with engine.containers.stats(name) as stats:
            for each in (next(stats), next(stats), once):
                assert "pids_stats" in str(each)


@VERSIONS
def test_archives(engine_host: EngineHost, image: str, api: Any) -> None:
    data = bytes(range(256)) * 1000
    with (
        container(engine_host, image, *SLEEP) as name,
        moorage.connect(api.Engine, host=engine_host.host) as engine,
    ):
        engine.containers.put_archive(name, tar_of("a file", data), path="/")
        with engine.containers.archive(name, path="/a file") as download:
            assert download.headers["content-type"] == "application/x-tar"
            archive = b"".join(download)
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            member = tar.extractfile("a file")
            assert member
            assert member.read() == data
        assert engine.containers.archive_info(name, path="/bin").name == "bin"
        assert "a file" in names_in(b"".join(engine.containers.export(name)))
        assert "manifest.json" in names_in(b"".join(engine.images.get(image)))
        with pytest.raises(moorage.NotFound, match="ContainerArchive"):
            b"".join(engine.containers.archive(name, path="/nothing"))


def test_an_image_goes_out_and_in_again(engine_host: EngineHost, image: str) -> None:
    async def there_and_back() -> None:
        async with moorage.connect_async(v1_41.AsyncEngine, host=engine_host.host) as engine:
            await engine.images.tag(image, repo="moorage-moved", tag="x")
            async with engine.images.get("moorage-moved:x") as download:
                archive = b"".join([chunk async for chunk in download])
            await engine.images.delete("moorage-moved:x")
            said = [each async for each in engine.images.load(archive)]
            assert "moorage-moved:x" in str(said)
            await engine.images.delete("moorage-moved:x")

    asyncio.run(there_and_back())


@pytest.mark.parametrize(
    ("api", "config", "start"),
    [
        (v1_25, v1_25.ExecConfig, v1_25.ExecStartConfig),
        (v1_41, v1_41.ExecConfig, v1_41.ExecStartConfig),
    ],
    ids=["1.25", "1.41"],
)
def test_exec(engine_host: EngineHost, image: str, api: Any, config: Any, start: Any) -> None:
    command = ["/bin/sh", "-c", "echo error >&2; read a; echo got $a; cat; exit 5"]
    with (
        container(engine_host, image, *SLEEP) as name,
        moorage.connect(api.Engine, host=engine_host.host) as engine,
    ):
        made = engine.exec.create(
            name, config(cmd=command, attach_stdin=True, attach_stdout=True, attach_stderr=True)
        )
        with engine.exec.start(made.id, start()) as connection:
            assert next(connection) == ("stderr", b"error\n")
            connection.write(b"one\n")
            assert next(connection) == ("stdout", b"got one\n")
            connection.write(b"two")
            connection.close_write()
            assert list(connection) == [("stdout", b"two")]
        assert engine.exec.inspect(made.id).exit_code == 5


def test_exec_with_a_terminal(engine_host: EngineHost, image: str) -> None:
    async def run(name: str) -> bytes:
        async with moorage.connect_async(v1_41.AsyncEngine, host=engine_host.host) as engine:
            config = v1_41.ExecConfig(
                cmd=["/bin/sh", "-c", "stty -echo; echo ready; read a; echo $a"],
                attach_stdin=True,
                attach_stdout=True,
                tty=True,
            )
            made = await engine.exec.create(name, config)
            start = v1_41.ExecStartConfig(tty=True)
            async with engine.exec.start(made.id, start) as connection:
                said = b""
                async for frame in connection:
                    assert frame.stream == "stdout"
                    if said == b"" and frame.data:
                        await connection.write(b"typed\n")
                    said += frame.data
            return said

    with container(engine_host, image, *SLEEP) as name:
        assert asyncio.run(run(name)).split() == [b"ready", b"typed"]


@VERSIONS
def test_a_terminal_of_one_side(engine_host: EngineHost, image: str, api: Any) -> None:
    """A terminal may be asked for when an exec is created, when it is started, or both times."""
    choices = (True, False, None)
    with (
        container(engine_host, image, *SLEEP) as name,
        moorage.connect(api.Engine, host=engine_host.host) as engine,
    ):
        for created, started in itertools.product(choices, choices):
            made = engine.exec.create(name, cmd=["echo", "hi"], attach_stdout=True, tty=created)
            with engine.exec.start(made.id, tty=started) as session:
                frames = [(each.stream, each.data) for each in session]
            assert frames == [("stdout", b"hi\r\n" if created else b"hi\n")], (created, started)


def test_two_attached_at_once(engine_host: EngineHost, image: str) -> None:
    with (
        container(engine_host, image, "/bin/cat", OpenStdin=True) as name,
        moorage.connect(host=engine_host.host) as engine,
        contextlib.ExitStack() as stack,
    ):
        one, two = (
            stack.enter_context(
                engine.containers.attach(name, stream=True, stdin=True, stdout=True, stderr=True)
            )
            for _ in range(2)
        )
        one.write(b"hello\n")
        assert next(one) == next(two) == ("stdout", b"hello\n")


def test_attaching_to_nothing(engine_host: EngineHost) -> None:
    with (
        moorage.connect(host=engine_host.host) as engine,
        pytest.raises(moorage.NotFound, match="ContainerAttach"),
        engine.containers.attach("nothing", stream=True),
    ):
        pass

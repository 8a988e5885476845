"""Archives out of engines and into them, from and to all that holds bytes."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage_api import v1_25, v1_35, v1_41
from tests.engines.containers import container
from tests.engines.either import MODES, each, entered, got, with_engine
from tests.engines.scenario.world import tar_of

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost, Engines

SLEEP = ("/bin/sleep", "600")
HUGE = 512 << 20
MUCH = 16 << 20

each_mode = pytest.mark.parametrize("mode", MODES)
each_api = pytest.mark.parametrize(
    "api", [v1_25, v1_35, v1_41], ids=lambda api: api.Engine.api_version
)


def names_in(archive: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return tar.getnames()


@each_api
@each_mode
def test_archives_come_out(
    engine_host: EngineHost, image: str, mode: str, api: ModuleType, tmp_path: Path
) -> None:
    async def test(engine: Any) -> None:
        downloads: dict[str, Callable[[], Any]] = {
            "bin/busybox": lambda: engine.containers.export(name),
            "busybox": lambda: engine.containers.archive(name, path="/bin/busybox"),
            "manifest.json": lambda: engine.images.get(image),
            "repositories": lambda: engine.images.get_all(names=[image]),
        }
        for inside, download in downloads.items():
            async with entered(download()) as chunks:
                whole = b"".join([chunk async for chunk in each(chunks)])
            assert inside in names_in(whole)
            length = await got(download().write_to(tmp_path / "archive"))
            assert length == os.path.getsize(tmp_path / "archive")  # noqa: PTH202
            assert inside in names_in((tmp_path / "archive").read_bytes())
            file = io.BytesIO()
            await got(download().write_to(file))
            assert inside in names_in(file.getvalue())
        async with entered(engine.containers.archive(name, path="/bin")) as download:
            assert stat.S_ISDIR(download.path_stat.mode)
            await got(download.extract(tmp_path / "bin"))
            assert (tmp_path / "bin" / "bin" / "busybox").stat().st_mode & stat.S_IXUSR
        about = await got(engine.containers.archive_info(name, path="/bin/busybox"))
        assert about.name == "busybox"
        assert stat.filemode(about.mode) == "-rwxr-xr-x"
        assert about.size > 100_000
        assert moorage.parse_timestamp(about.mtime)

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, api, engine_host.host, test)


@each_mode
def test_a_link_that_leads_outside(
    engine_host: EngineHost, image: str, mode: str, tmp_path: Path
) -> None:
    async def test(engine: Any) -> None:
        await got(
            engine.execute(name, ["/bin/sh", "-c", "mkdir /d; echo a > /d/a; ln -s / /d/link"])
        )
        with pytest.raises(moorage.UnsafeArchive):
            await got(engine.containers.archive(name, path="/d").extract(tmp_path / "out"))
        assert list(tmp_path.iterdir()) == []
        # Every container has such a link, which the engine makes.
        with pytest.raises(moorage.UnsafeArchive, match="etc/mtab"):
            await got(engine.containers.archive(name, path="/etc").extract(tmp_path / "out"))
        await got(
            engine.containers.archive(name, path="/etc").extract(tmp_path / "etc", links="skip")
        )
        assert (tmp_path / "etc" / "etc" / "hosts").is_file()
        assert not os.path.lexists(tmp_path / "etc" / "etc" / "mtab")
        await got(engine.copy_from(name, "/etc", tmp_path / "copy", links="keep"))
        assert (tmp_path / "copy" / "mtab").is_symlink()

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, v1_41, engine_host.host, test)


@each_api
@each_mode
def test_archives_go_in(
    engine_host: EngineHost, image: str, mode: str, api: ModuleType, tmp_path: Path
) -> None:
    async def test(engine: Any) -> None:
        data = os.urandom(700_000)
        archive = tmp_path / "archive"
        archive.write_bytes(tar_of({"file": data}))

        def chunks() -> Iterator[bytes]:
            with archive.open("rb") as file:
                while chunk := file.read(10_000):
                    yield chunk

        async def chunks_async() -> AsyncIterator[bytes]:
            for chunk in chunks():
                yield chunk

        with archive.open("rb") as file:
            sources: list[Any] = [archive.read_bytes(), archive, str(archive), file, chunks()]
            if mode == "async":
                sources.append(chunks_async())
            for place, source in enumerate(sources):
                sent: list[int] = []
                await got(engine.execute(name, ["/bin/mkdir", f"/{place}"]))
                await got(
                    engine.containers.put_archive(
                        name, source, path=f"/{place}", progress=sent.append
                    )
                )
                assert sent[-1] == archive.stat().st_size
                back = await got(engine.execute(name, ["/bin/cat", f"/{place}/file"]))
                assert back.stdout == data
        with pytest.raises(moorage.NotFound):
            await got(engine.containers.put_archive(name, archive, path="/nowhere"))

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, api, engine_host.host, test)


@each_api
@each_mode
def test_images_go_out_and_in_again(
    engine_host: EngineHost, image: str, mode: str, api: ModuleType, tmp_path: Path
) -> None:
    async def test(engine: Any) -> None:
        moved, imported = "moorage-moved:x", "moorage-imported:x"
        await got(engine.images.tag(image, repo="moorage-moved", tag="x"))
        saved = tmp_path / "image.tar"
        await got(engine.images.get(moved).write_to(saved))
        await got(engine.images.delete(moved))
        sent: list[int] = []
        async with entered(engine.images.load(saved, progress=sent.append)) as said:
            assert moved in str([item async for item in each(said)])
        assert sent[-1] == saved.stat().st_size
        await got(engine.images.delete(moved))
        async with entered(engine.containers.export(name)) as download:
            await got(download.write_to(tmp_path / "root.tar"))
        with (tmp_path / "root.tar").open("rb") as root:
            said = engine.images.create(root, from_src="-", repo="moorage-imported", tag="x")
            assert [item async for item in each(said)]
        assert (await got(engine.images.inspect(imported))).id
        await got(engine.images.delete(imported))
        # A failure is reported in the stream, and is an item if it is asked for.
        with pytest.raises(moorage.EngineError):
            [item async for item in each(engine.images.load(b"no archive"))]
        context = tar_of({"Dockerfile": f"FROM {image}\nRUN exit 3\n".encode()})
        with pytest.raises(moorage.OperationFailed) as caught:
            [item async for item in each(engine.images.build(context, networkmode="none"))]
        assert caught.value.code == 3
        build = engine.images.build(context, networkmode="none", raise_errors=False)
        items = [item async for item in each(build)]
        assert items[-1].error_detail.code == 3
        assert any(item.stream for item in items[:-1])

    with container(engine_host, image, *SLEEP) as name:
        with_engine(mode, api, engine_host.host, test)


def peak_above(start: int) -> int:
    """Return the growth of this process's peak memory since; `start` is from `memory_now`."""
    return field_of("VmHWM") - start


def memory_now() -> int:
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins again
    return field_of("VmRSS")


def field_of(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) << 10
    raise LookupError(name)


def same_file(times: int) -> Iterator[bytes]:
    """A tar archive that has the same file again and again, so that it needs no such disk."""
    member = tar_of({"file": bytes(32 << 20)}).rstrip(b"\0")
    member += bytes((32 << 20) + 512 - len(member))
    for _ in range(times):
        yield member
    yield bytes(1024)


@pytest.mark.usefixtures("private_machine")
@each_mode
def test_memory_stays_flat(engines: Engines, busybox_tar: bytes, mode: str, tmp_path: Path) -> None:
    engine_host = engines.get("28.5")
    with engine_host.http() as client:
        source = {"fromSrc": "-", "repo": "moorage-flat", "tag": "x"}
        client.post("/images/create", params=source, content=busybox_tar)

    async def test(engine: Any) -> None:
        big = "dd if=/dev/zero of=/big bs=1 count=0 seek=512M"
        assert (await got(engine.execute(name, ["/bin/sh", "-c", big]))).exit_code == 0
        await got(engine.containers.archive(name, path="/bin").write_to(tmp_path / "warm"))
        await got(engine.containers.put_archive(name, tar_of({"warm": b"up"}), path="/"))
        archive = list(same_file(1))
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123
            start = memory_now()
            length = await got(engine.containers.archive(name, path="/big").write_to(nowhere))
        assert length > HUGE
        assert peak_above(start) < MUCH
        upload = (archive[0] for _ in range(HUGE >> 25))
        start = memory_now()
        await got(engine.containers.put_archive(name, upload, path="/"))
        assert peak_above(start) < MUCH

    with container(engine_host, "moorage-flat:x", *SLEEP) as name:
        with_engine(mode, v1_41, engine_host.host, test)

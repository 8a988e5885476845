"""build, save, load and the copies, on real engines."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage_api import v1_30, v1_41
from tests.engines.cli import Cli
from tests.engines.conftest import ENGINES, EngineHost
from tests.engines.containers import container
from tests.engines.either import MODES, got, with_engine

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

each_mode = pytest.mark.parametrize("mode", MODES)
each_api = pytest.mark.parametrize("api", [v1_30, v1_41], ids=["1.30", "1.41"])
BUILT = "moorage-built-by-verb:x"


@each_mode
@each_api
def test_build_save_and_load(
    engine_host: EngineHost, image: str, api: ModuleType, mode: str, tmp_path: Path
) -> None:
    async def test(engine: Any) -> None:
        told: list[Any] = []
        files = {
            "Dockerfile": f"FROM {image}\nARG A\nLABEL a=$A\nCOPY f /f\n",
            "f": b"content",
        }
        built = await got(
            engine.build(
                files,
                builder="classic",
                tags=BUILT,
                args={"A": "1"},
                labels={"b": "2"},
                on_progress=told.append,
            )
        )
        about = await got(engine.images.inspect(BUILT))
        assert about.id == built.id
        assert about.config.labels == {"a": "1", "b": "2"}
        assert "Step 5/5" in built.log
        assert (told[-1].phase, told[-1].step, told[-1].steps) == ("complete", 5, 5)
        await got(engine.save(BUILT, tmp_path / "saved.tar"))
        await got(engine.images.delete(BUILT))
        assert await got(engine.load(tmp_path / "saved.tar")) == [BUILT]
        assert (await got(engine.images.inspect(BUILT))).id == built.id
        await got(engine.images.delete(BUILT))
        with pytest.raises(moorage.APIError):
            await got(engine.save("moorage-missing:x", tmp_path / "none.tar"))
        assert [each.name for each in tmp_path.iterdir()] == ["saved.tar"]
        with pytest.raises(ValueError, match="name of an image"):
            await got(engine.save([], tmp_path / "none.tar"))
        with pytest.raises(moorage.BuildFailed) as caught:
            failing = {"Dockerfile": f"FROM {image}\nRUN echo out; false\n"}
            await got(engine.build(failing, builder="classic"))
        assert caught.value.step == "Step 2/2 : RUN echo out; false"
        assert caught.value.code == 1
        assert "out\n" in caught.value.log

    with_engine(mode, api, engine_host.host, test)


def tree(folder: Path) -> dict[str, tuple[str, int, bytes | str]]:
    found: dict[str, tuple[str, int, bytes | str]] = {}
    for path in sorted(folder.rglob("*")):
        about = path.lstat()
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = ("link", 0, os.readlink(path))  # noqa: PTH115 - a str
        elif path.is_dir():
            found[name] = ("folder", about.st_mode & 0o777, b"")
        else:
            found[name] = ("file", about.st_mode & 0o777, path.read_bytes())
    return found


def local(folder: Path) -> Path:
    (folder / "d/inner").mkdir(parents=True)
    (folder / "d/inner/deep").write_text("deep")
    (folder / "f").write_text("f")
    (folder / "f").chmod(0o640)
    (folder / "d/x").write_text("x")
    (folder / "d/x").chmod(0o755)
    (folder / "link").symlink_to("d")
    (folder / "flink").symlink_to("f")
    return folder


IN = [
    *(
        ("f", "/new"),
        ("f", "/tmp"),
        ("f", "/tmp/"),
        ("f", "/there"),
        ("f", "/none/"),
        ("f", "/no/a"),
    ),
    *(
        ("d", "/new"),
        ("d", "/tmp"),
        ("d/", "/new"),
        ("d/.", "/new"),
        ("d/.", "/tmp"),
        ("d", "/there"),
    ),
    *(("d", "/new/"), ("link", "/new"), ("link", "/tmp"), ("link/", "/tmp"), ("link/.", "/tmp")),
    *(("flink", "/tmp"), ("f/", "/tmp"), ("none", "/tmp"), ("f", "/tolink"), ("f", "tmp/relative")),
    ("f", "/tofile"),
]
OUT = [
    *(("/d", "new"), ("/d", "there"), ("/d/", "new"), ("/d/.", "new"), ("/d/.", "there")),
    *(
        ("/f", "new"),
        ("/f", "there"),
        ("/f", "file"),
        ("/f", "none/"),
        ("/f", "no/a"),
        ("/d", "file"),
    ),
    *(
        ("/link", "new"),
        ("/link/", "new"),
        ("/link/.", "new"),
        ("/link", "there"),
        ("/none", "new"),
    ),
    *(("/flink", "new"), ("/f", "tothere"), ("f", "new")),
]


@pytest.fixture(scope="module", params=ENGINES)
def release(request: pytest.FixtureRequest, engines: Engines, private_machine: None) -> EngineHost:
    return engines.get(request.param)


def seeded(engine: Any, name: str) -> None:
    """Make files in a container, without the verbs."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for path, content in (("d/x", b"x"), ("d/inner/deep", b"y"), ("f", b"f"), ("there", b"t")):
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o640
            tar.addfile(info, io.BytesIO(content))
        for path, target in (("link", "d"), ("flink", "f"), ("tolink", "tmp"), ("tofile", "there")):
            info = tarfile.TarInfo(path)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    engine.containers.put_archive(name, data.getvalue(), path="/")


def members_of(engine: Any, name: str) -> dict[str, tuple[Any, ...]]:
    data = b"".join(engine.containers.export(name))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {
            each.name: (each.type, each.mode, each.uid, each.size, each.linkname)
            for each in tar
            if not each.name.startswith(("bin", "dev", "proc", "sys", "etc"))
        }


def test_copies_as_the_cli_makes_them(engine_host: EngineHost, image: str, tmp_path: Path) -> None:
    cli = Cli("28.5", tmp_path)
    source = local(tmp_path / "source")
    different = []
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        for what, where in IN:
            outcomes = []
            for by_cli in (True, False):
                name = engine.containers.create(image=image, cmd=["x"]).id
                try:
                    seeded(engine, name)
                    path = f"{source}/{what}"
                    if by_cli:
                        done = cli.run("-H", engine_host.host, "cp", path, f"{name}:{where}")
                        ok = done.returncode == 0
                    else:
                        ok = succeeds(engine.copy_to, name, path, where)
                    outcomes.append((ok, members_of(engine, name)))
                finally:
                    engine.containers.delete(name)
            if outcomes[0] != outcomes[1]:
                different.append((what, where, outcomes[0][0], outcomes[1][0]))
        name = engine.containers.create(image=image, cmd=["x"]).id
        try:
            seeded(engine, name)
            for number, (what, where) in enumerate(OUT):
                results = []
                for by_cli in (True, False):
                    folder = tmp_path / f"out{number}{by_cli}"
                    (folder / "there").mkdir(parents=True)
                    (folder / "file").write_text("before")
                    (folder / "tothere").symlink_to("there")
                    path = f"{folder}/{where}"
                    if by_cli:
                        done = cli.run("-H", engine_host.host, "cp", f"{name}:{what}", path)
                        ok = done.returncode == 0
                    else:
                        ok = succeeds(engine.copy_from, name, what, path)
                    results.append((ok, tree(folder)))
                if results[0] != results[1]:
                    different.append((what, where, results[0][0], results[1][0]))
        finally:
            engine.containers.delete(name)
    assert different == []


def succeeds(copy: Any, *arguments: Any) -> bool:
    try:
        copy(*arguments)
    except (OSError, ValueError, moorage.EngineError):
        return False
    return True


@each_mode
@each_api
def test_files(engine_host: EngineHost, image: str, api: ModuleType, mode: str) -> None:
    async def test(engine: Any) -> None:
        await got(engine.write_file(name, "/tmp/a", b"one", mode=0o600, uid=7, gid=8))
        assert await got(engine.read_file(name, "tmp/a")) == b"one"
        await got(engine.write_file(name, "/tmp/a", b"two"))
        assert await got(engine.read_file(name, "/tmp/a")) == b"two"
        archive = io.BytesIO()
        await got(engine.copy_from(name, "/tmp/a", archive))
        with tarfile.open(fileobj=io.BytesIO(archive.getvalue())) as tar:
            (member,) = tar
        assert (member.mode & 0o7777, member.uid, member.gid) == (0o600, 7, 8)
        archive.seek(0)
        await got(engine.copy_to(name, archive, "/"))
        assert await got(engine.read_file(name, "/a")) == b"two"
        with pytest.raises(IsADirectoryError):
            await got(engine.read_file(name, "/tmp"))
        with pytest.raises(IsADirectoryError):
            await got(engine.write_file(name, "/tmp", b""))
        with pytest.raises(moorage.NotFound):
            await got(engine.read_file(name, "/tmp/none"))
        with pytest.raises(moorage.NotFound):
            await got(engine.write_file(name, "/none/a", b""))
        with pytest.raises(TypeError, match="encode"):
            await got(engine.write_file(name, "/tmp/b", "text"))

    with container(engine_host, image, "/bin/sleep", "600") as name:
        with_engine(mode, api, engine_host.host, test)

"""build, save, load and the copies, on real engines."""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage_api import v1_41
from tests.engines.cli import Cli
from tests.engines.containers import container
from tests.engines.either import AGES, MODES, api_of, got, with_engine

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

each_mode = pytest.mark.parametrize("mode", MODES)
each_age = pytest.mark.parametrize("age", AGES)
BUILT = "moorage-built-by-verb:x"


@each_mode
@each_age
def test_build_save_and_load(
    engine_host: EngineHost, image: str, age: str, mode: str, tmp_path: Path
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
                tags=BUILT,
                args={"A": "1"},
                labels={"b": "2"},
                builder="classic",
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
            files = {"Dockerfile": f"FROM {image}\nRUN echo out; false\n"}
            await got(engine.build(files, builder="classic"))
        assert caught.value.step == "Step 2/2 : RUN echo out; false"
        assert caught.value.code == 1
        assert "out\n" in caught.value.log

    with_engine(mode, api_of(engine_host, age), engine_host.host, test)


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
    os.chown(folder / "f", 7, 8)
    os.chown(folder / "d/inner", 9, 10)
    (folder / "dangling").symlink_to("none")
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
    *(("/flink", "new"), ("/f", "tothere"), ("f", "new"), ("/", "new"), ("/", "there")),
]


# With -L. The newest engine is enough for these, since the rules are the client's.
FOLLOWED_IN = [("link", "/new"), ("link", "/tmp"), ("flink", "/tmp"), ("dangling", "/tmp")]
FOLLOWED_OUT = [
    *(("/link", "new"), ("/link", "there"), ("/flink", "new"), ("/flink", "there")),
    *(("/link/", "new"), ("/link/.", "there"), ("/dangling", "new"), ("/d", "new")),
]
ERRORS = {
    ("f", "/none/"): FileNotFoundError,
    ("f", "/no/a"): moorage.NotFound,
    ("d", "/there"): NotADirectoryError,
    ("f/", "/tmp"): NotADirectoryError,
    ("none", "/tmp"): FileNotFoundError,
    ("dangling", "/tmp"): FileNotFoundError,
    ("/f", "none/"): FileNotFoundError,
    ("/f", "no/a"): FileNotFoundError,
    ("/d", "file"): NotADirectoryError,
    ("/none", "new"): moorage.NotFound,
    ("/dangling", "new"): moorage.NotFound,
}


def seeded(engine: Any, name: str) -> None:
    """Make files in a container, without the verbs."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for path, content in (("d/x", b"x"), ("d/inner/deep", b"y"), ("f", b"f"), ("there", b"t")):
            info = tarfile.TarInfo(path)
            info.size, info.mode = len(content), 0o640
            tar.addfile(info, io.BytesIO(content))
        links = [("link", "d"), ("flink", "f"), ("tolink", "tmp"), ("tofile", "there")]
        for path, target in [*links, ("dangling", "nothing")]:
            info = tarfile.TarInfo(path)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    engine.containers.put_archive(name, data.getvalue(), path="/")


def members_of(engine: Any, name: str) -> dict[str, tuple[Any, ...]]:
    data = b"".join(engine.containers.export(name))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        return {
            each.name: (each.type, each.mode, each.uid, each.gid, each.size, each.linkname)
            for each in tar
            if not each.name.startswith(("bin", "dev", "proc", "sys", "etc"))
        }


Copies = list[tuple[str, str, bool]]


def copies(plain: list[tuple[str, str]], followed: list[tuple[str, str]], engine: str) -> Copies:
    """List what is copied: from where, to where, and whether links are followed."""
    more = followed if engine == "28.5" else []
    return [*((*each, False) for each in plain), *((*each, True) for each in more)]


def test_copies_in_as_the_cli_makes_them(
    engine_host: EngineHost, image: str, tmp_path: Path
) -> None:
    cli = Cli("28.5", tmp_path)
    source = local(tmp_path / "source")
    different = []
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        for what, where, follow in copies(IN, FOLLOWED_IN, engine_host.name):
            outcomes = []
            for by_cli in (True, False):
                name = engine.containers.create(image=image, cmd=["x"]).id
                try:
                    seeded(engine, name)
                    path = f"{source}/{what}"
                    if by_cli:
                        failed = not cli_copies(cli, engine, follow, path, f"{name}:{where}")
                    else:
                        error = failure(engine.copy_to, name, path, where, follow_links=follow)
                        failed = error is not None
                        assert error in (None, ERRORS.get((what, where))), (what, where)
                    outcomes.append((failed, members_of(engine, name)))
                finally:
                    engine.containers.delete(name)
            if outcomes[0] != outcomes[1]:
                different.append((what, where, follow, outcomes[0][0], outcomes[1][0]))
    assert different == []


def test_copies_out_as_the_cli_makes_them(
    engine_host: EngineHost, image: str, tmp_path: Path
) -> None:
    cli = Cli("28.5", tmp_path)
    different = []
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        name = engine.containers.create(image=image, cmd=["x"]).id
        try:
            seeded(engine, name)
            wanted = copies(OUT, FOLLOWED_OUT, engine_host.name)
            for number, (what, where, follow) in enumerate(wanted):
                outcomes = []
                for by_cli in (True, False):
                    folder = tmp_path / f"out{number}{by_cli}"
                    (folder / "there").mkdir(parents=True)
                    (folder / "file").write_text("before")
                    (folder / "tothere").symlink_to("there")
                    path = f"{folder}/{where}"
                    if by_cli:
                        failed = not cli_copies(cli, engine, follow, f"{name}:{what}", path)
                    else:
                        error = failure(engine.copy_from, name, what, path, follow_links=follow)
                        failed = error is not None
                        assert error in (None, ERRORS.get((what, where))), (what, where)
                    outcomes.append((failed, tree(folder)))
                if outcomes[0] != outcomes[1]:
                    different.append((what, where, follow, outcomes[0][0], outcomes[1][0]))
        finally:
            engine.containers.delete(name)
    assert different == []


def cli_copies(cli: Cli, engine: Any, follow: bool, source: str, destination: str) -> bool:
    options = ["-L"] if follow else []
    done = cli.run("-H", str(engine.host), "cp", *options, source, destination)
    return done.returncode == 0


def failure(copy: Any, *arguments: str, **more: bool) -> type[Exception] | None:
    """Return the type of the error that a copy ends with."""
    try:
        copy(*arguments, **more)
    except (OSError, ValueError, moorage.EngineError) as error:
        return type(error)
    return None


@each_mode
@each_age
def test_files(engine_host: EngineHost, image: str, age: str, mode: str) -> None:
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
        assert member.mtime > began
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

    began = time.time() - 3600
    with container(engine_host, image, "/bin/sleep", "600") as name:
        with_engine(mode, api_of(engine_host, age), engine_host.host, test)

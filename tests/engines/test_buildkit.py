"""Builds by BuildKit, with all that a session serves, on real engines."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage.private.debian import unpacked
from moorage_api import v1_41
from tests.engines.conftest import FOLDER, EngineHost
from tests.engines.either import MODES, got, with_engine
from tests.engines.relay import relay, unix
from tests.engines.scenario.world import until
from tests.engines.sshd import PACKAGES
from tests.engines.web import web
from tests.facade.canary import CANARY, shown

each_mode = pytest.mark.parametrize("mode", MODES)
BUILT = "moorage-buildkit:x"
KEYWORDS: dict[str, Any] = {"builder": "buildkit", "network": "none"}

# Before engine 23, the built-in frontend has neither.
NEW = """
COPY --link data /linked
RUN <<EOF
  echo first of heredoc
  echo second of heredoc
EOF
COPY <<EOF /written
text in the Dockerfile
EOF
"""
WHOLE = """
FROM {image} AS base
ARG GREETING=none
RUN mkdir -p /out && echo "$GREETING" > /out/greeting
FROM base AS made
COPY ssh /
RUN --mount=type=ssh ssh-add -l > /out/keys
RUN --mount=type=secret,id=token --mount=type=secret,id=file --mount=type=secret,id=variable \\
    cat /run/secrets/token /run/secrets/file /run/secrets/variable | wc -c > /out/length
RUN --mount=type=cache,target=/cache echo kept >> /cache/file && cp /cache/file /out/cached
FROM base AS final
COPY --from=made /out /out
COPY data /data
HEALTHCHECK --interval=5s CMD test -f /data
{new}
FROM final AS never
RUN false
"""


@pytest.fixture(scope="module")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key, the programs of OpenSSH for PATH, and ssh-add's files for an image."""
    tree = unpacked(FOLDER, "ssh", "bookworm", PACKAGES)
    folder = tmp_path_factory.mktemp("ssh")
    libraries = [*tree.glob("lib/*-linux-gnu"), *tree.glob("usr/lib/*-linux-gnu")]
    exports = f"export LD_LIBRARY_PATH={os.pathsep.join(map(str, libraries))}\n"
    (folder / "bin").mkdir()
    for name in ("ssh-agent", "ssh-add", "ssh-keygen"):
        program = folder / "bin" / name
        program.write_text(f'#!/bin/sh\n{exports}exec {tree}/usr/bin/{name} "$@"\n')
        program.chmod(0o755)
    subprocess.run(
        [
            *(folder / "bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "a-key"),
            *("-f", folder / "key"),
        ],
        check=True,
    )
    environment = {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries))}
    needed = subprocess.run(
        ["ldd", tree / "usr/bin/ssh-add"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    image = folder / "image"
    for path in re.findall(r"(/\S+) \(0x", needed):
        is_loader = "ld-linux" in path
        target = image / (path[1:] if is_loader else f"lib/{Path(path).name}")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(path).read_bytes())
        target.chmod(0o755)
    (image / "bin").mkdir()
    (image / "bin/ssh-add").write_bytes((tree / "usr/bin/ssh-add").read_bytes())
    (image / "bin/ssh-add").chmod(0o755)
    (image / "etc").mkdir()
    (image / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")
    return folder


def layers(saved: bytes) -> bytes:
    """Unpack an image that was saved: all files of all layers, one after the other."""
    found = []
    with tarfile.open(fileobj=io.BytesIO(saved)) as image:
        for member in image:
            data = file.read() if (file := image.extractfile(member)) else b""
            found.append(data)
            if data[257:262] == b"ustar":
                with tarfile.open(fileobj=io.BytesIO(data)) as layer:
                    found += [file.read() for each in layer if (file := layer.extractfile(each))]
    return b"".join(found)


@each_mode
def test_all_that_a_dockerfile_can_ask_for(
    engine_host: EngineHost,
    image: str,
    ssh: Path,
    mode: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", f"{ssh / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("MOORAGE_CANARY", CANARY)
    (tmp_path / "secret").write_text(CANARY)
    is_new = engine_host.name != "20.10"
    files: dict[str, Any] = {
        "Dockerfile": WHOLE.format(image=image, new=NEW if is_new else ""),
        "data": b"content",
        "ssh": ssh / "image",
    }

    async def test(engine: Any) -> None:
        told: list[str] = []
        built = await got(
            engine.build(
                files,
                tags=[BUILT, "moorage-buildkit:y"],
                target="final",
                args={"GREETING": mode},
                labels={"a": "b"},
                secrets={
                    "token": CANARY.encode(),
                    "file": tmp_path / "secret",
                    "variable": moorage.EnvVar("MOORAGE_CANARY"),
                },
                ssh={"default": ssh / "key"},
                on_progress=lambda progress: told.append(f"{progress.event!r} {progress}"),
                no_cache=True,
                **KEYWORDS,
            )
        )
        about = await got(engine.images.inspect(BUILT))
        assert about.id == built.id
        assert about.config.labels == {"a": "b"}
        assert about.config.healthcheck.test == ["CMD-SHELL", "test -f /data"]
        out = "cat /out/greeting /out/keys /out/length /out/cached /data"
        if is_new:
            out += " /linked /written"
            assert "first of heredoc" in built.log
        done = await got(engine.run(BUILT, ["sh", "-c", out], network="none", text=True))
        assert done.stdout.startswith(f"{mode}\n256 SHA256:")
        assert f"a-key (ED25519)\n{3 * len(CANARY)}\nkept\n" in done.stdout
        assert "[final" in built.log or "[base" in built.log
        assert not [each for each in told if CANARY in each]
        assert CANARY not in built.log
        await got(engine.save(BUILT, tmp_path / "saved.tar"))
        assert CANARY.encode() not in layers((tmp_path / "saved.tar").read_bytes())
        history = await got(engine.images.history(BUILT))
        assert CANARY not in repr(history)
        for name in (BUILT, "moorage-buildkit:y"):
            await got(engine.images.delete(name))

    with_engine(mode, v1_41, engine_host.host, test)


@each_mode
def test_a_step_fails(engine_host: EngineHost, image: str, mode: str) -> None:
    steps = [f"RUN echo step {n}" for n in range(1, 7)]
    failing = "RUN --mount=type=secret,id=t for n in 1 2 3; do echo line $n; done; exit 42"
    text = "\n".join([f"FROM {image}", *steps, failing, "RUN echo 8", "RUN echo 9"])

    async def test(engine: Any) -> None:
        with pytest.raises(moorage.BuildFailed, match="exit code: 42") as caught:
            await got(
                engine.build({"Dockerfile": text}, secrets={"t": CANARY.encode()}, **KEYWORDS)
            )
        assert caught.value.step.endswith(f"8/10] {failing}")
        assert caught.value.log == "line 1\nline 2\nline 3"
        assert caught.value.code == 42
        assert "line 3" in str(caught.value)
        assert not shown(caught.value)
        with pytest.raises((moorage.BuildFailed, moorage.BadRequest), match="NOTHING"):
            await got(engine.build({"Dockerfile": f"FROM {image}\nNOTHING x"}, **KEYWORDS))
        with pytest.raises(moorage.BuildFailed, match="missing"):
            await got(engine.build({"Dockerfile": f"FROM {image}\nCOPY missing /"}, **KEYWORDS))

    with_engine(mode, v1_41, engine_host.host, test)


NAMED = """
FROM base AS made
COPY --from=dep / /dep
COPY --from=files / /files
COPY own /own
RUN ls /dep /files > /out; ulimit -n >> /out; grep 10.0 /etc/hosts >> /out; df /dev/shm >> /out
FROM made AS failing
RUN --mount=type=secret,id=t test -s /run/secrets/t && exit 3
FROM made AS sleeping
RUN exec sleep {seconds}
"""


@each_mode
def test_named_contexts(engine_host: EngineHost, image: str, mode: str, tmp_path: Path) -> None:
    for name in ("sent", "skipped"):
        (tmp_path / name).write_text(name)
    (tmp_path / ".dockerignore").write_text("skipped\n")
    seconds = str(200_000 + os.getpid())
    given: dict[str, Any] = {
        "contexts": {
            "base": f"docker-image://{image}",
            "dep": tmp_path,
            "files": {"in/memory": b"x"},
        },
        "ulimits": [v1_41.Ulimit(name="nofile", soft=100, hard=200)],
        "add_hosts": {"db": "10.0.0.5"},
        "shm_size": "12m",
        **KEYWORDS,
    }

    async def test(engine: Any) -> None:
        def build(**more: Any) -> Any:
            files = {"Dockerfile": NAMED.format(seconds=seconds), "own": b"own"}
            return got(engine.build(files, **given, **more))

        if engine_host.name == "20.10":
            with pytest.raises(moorage.OperationUnavailable, match="Docker 23"):
                await build()
            return
        built = await build(target="made", tags=[BUILT], labels={"a": "b"})
        about = await got(engine.images.inspect(BUILT))
        assert (about.id, about.config.labels) == (built.id, {"a": "b"})
        done = await got(engine.run(BUILT, ["cat", "/out"], network="none", text=True))
        assert re.sub(r"\s+", " ", done.stdout).startswith(
            "/dep: sent /files: in 100 10.0.0.5 db Filesystem"
        )
        assert " 12288 " in done.stdout
        assert "[context dep] load from client" in built.log
        await got(engine.images.delete(BUILT))
        with pytest.raises(moorage.BuildFailed) as caught:
            await build(target="failing", secrets={"t": CANARY.encode()})
        assert not shown(caught.value)
        assert (
            caught.value.step
            == "[failing 1/1] RUN --mount=type=secret,id=t test -s /run/secrets/t && exit 3"
        )
        assert caught.value.code == 3
        with pytest.raises(moorage.TimedOut):
            await build(target="sleeping", timeout=2)
        if engine_host.private is not None:
            until(lambda: not steps_that_run(f"sleep {seconds}"))
        await build(target="made", output=tmp_path / "out")
        assert (tmp_path / "out/files/in/memory").read_bytes() == b"x"

    with_engine(mode, v1_41, engine_host.host, test)


def test_only_what_has_changed_is_sent(engine_host: EngineHost, image: str, tmp_path: Path) -> None:
    for place in range(40):
        (tmp_path / f"f{place}").write_bytes(os.urandom(100_000))
    (tmp_path / "ignored").write_bytes(os.urandom(5_000_000))
    (tmp_path / ".dockerignore").write_text("ign*\n")
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nCOPY . /context\nRUN ls /context\n")

    def build(**more: Any) -> Any:
        with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
            return engine.build(tmp_path, tags=BUILT, **KEYWORDS, **more)

    def transferred(log: str) -> float:
        (number, unit) = re.findall(r"transferring context: ([\d.]+)(\w*B)", log)[-1]
        return float(number) * {"B": 1, "kB": 1e3, "MB": 1e6}[unit]

    first = build()
    assert 4e6 < transferred(first.log) < 4.5e6
    assert "ignored" not in first.log
    assert transferred(build().log) < 10_000
    (tmp_path / "f7").write_bytes(b"new")
    changed = build()
    assert transferred(changed.log) < 10_000
    assert changed.id != first.id
    # The classic builder's context is the same, and an archive of it is taken too.
    assert build(target=None).id == changed.id
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        archived = engine.build(moorage.context(tmp_path), **KEYWORDS)
        assert "ignored" not in archived.log
        engine.images.delete(BUILT)


def repository(folder: Path, **files: str) -> None:
    """Make a repository of git that a web server of files can serve."""
    work = folder.with_suffix(".work")
    work.mkdir(parents=True)
    for name, text in files.items():
        (work / name).write_text(text)
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com"]
    for command in (
        ["init", "-q", "-b", "master"],
        ["add", "."],
        ["commit", "-q", "-m", "x"],
        ["clone", "-q", "--bare", ".", str(folder)],
        ["-C", str(folder), "update-server-info"],
    ):
        subprocess.run(["git", *identity, *command], cwd=work, check=True)


def test_a_context_that_the_engine_fetches(
    engine_host: EngineHost, image: str, tmp_path: Path
) -> None:
    if engine_host.private is None:
        pytest.skip("the web server is in the engine's network")
    text = f"FROM {image}\nCOPY data /\nRUN cat /data"
    (tmp_path / "Dockerfile").write_text(f"FROM {image}\nRUN echo plain")
    with tarfile.open(tmp_path / "context.tar.gz", "w:gz") as tar:
        for name, content in {"Other": text.encode(), "data": b"of a tar"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    with (
        web(engine_host.private, tmp_path, f"x-access-token:{CANARY}") as url,
        moorage.connect(v1_41.Engine, host=engine_host.host) as engine,
    ):

        def build(path: str, **more: Any) -> Any:
            return engine.build(remote=f"{url}/{path}", no_cache=True, **KEYWORDS, **more)

        assert " plain\n" in build("Dockerfile").log
        assert " of a tar\n" in build("context.tar.gz", dockerfile="Other").log
        with pytest.raises(moorage.BuildFailed, match="404"):
            build("missing.tar")
        if shutil.which("git") is None:
            return  # the engine takes the machine's own
        repository(tmp_path / "private/a.git", Dockerfile=text, data="of git")
        with pytest.raises(moorage.BuildFailed, match="git"):
            build("private/a.git")
        if engine_host.name == "20.10":
            return
        built = build("private/a.git", secrets={"GIT_AUTH_TOKEN": CANARY.encode()})
        assert " of git\n" in built.log
        assert CANARY not in built.log
        files = {"Dockerfile": f"FROM {image}\nCOPY --from=dep data /\nRUN cat /data"}
        secrets = {"GIT_AUTH_TOKEN": CANARY.encode()}
        contexts = {"dep": f"{url}/private/a.git"}
        built = engine.build(files, contexts=contexts, secrets=secrets, no_cache=True, **KEYWORDS)
        assert " of git\n" in built.log


FOLDERS = """
FROM {image} AS made
RUN mkdir -p /o/d && echo one > /o/d/one && echo two > /o/two && chmod 640 /o/two
RUN ln -s d/one /o/link
FROM scratch
COPY --from=made /o /
"""


@each_mode
def test_outputs(engine_host: EngineHost, image: str, mode: str, tmp_path: Path) -> None:
    async def test(engine: Any) -> None:
        def build(output: Any) -> Any:
            files = {"Dockerfile": FOLDERS.format(image=image)}
            return got(engine.build(files, output=output, **KEYWORDS))

        (tmp_path / "out/d").mkdir(parents=True)
        (tmp_path / "out/d/there").write_text("stays")
        built = await build(tmp_path / "out")
        assert built.id == ""
        assert (tmp_path / "out/link").read_text() == "one\n"
        assert (tmp_path / "out/two").stat().st_mode & 0o777 == 0o640
        names = {each.relative_to(tmp_path / "out").as_posix() for each in tmp_path.rglob("out/*")}
        assert names == {"d", "two", "link"}
        assert {each.name for each in (tmp_path / "out/d").iterdir()} == {"one", "there"}
        await build(tmp_path / "out.tar")
        file = io.BytesIO()
        await build(file)
        for archive in (io.BytesIO((tmp_path / "out.tar").read_bytes()), file):
            archive.seek(0)
            with tarfile.open(fileobj=archive) as tar:
                assert {"d/one", "two", "link"} <= {*tar.getnames()}
        assert (await build(None)).id == ""
        assert {each.name for each in tmp_path.iterdir()} == {"out", "out.tar"}

    with_engine(mode, v1_41, engine_host.host, test)


def steps_that_run(text: str) -> int:
    found = 0
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += text.encode() in each.read_bytes().replace(b"\0", b" ")
        except OSError:
            continue
    return found


@each_mode
def test_a_timeout_ends_the_build_at_the_engine(
    engine_host: EngineHost, image: str, mode: str
) -> None:
    seconds = str(100_000 + os.getpid())

    async def test(engine: Any) -> None:
        begun = time.monotonic()
        with pytest.raises(moorage.TimedOut):
            await got(
                engine.build(
                    {"Dockerfile": f"FROM {image}\nRUN exec sleep {seconds}"},
                    timeout=2,
                    **KEYWORDS,
                )
            )
        assert time.monotonic() - begun < 15
        if engine_host.private is not None:
            until(lambda: not steps_that_run(f"sleep {seconds}"))
        assert not [each for each in threading.enumerate() if "buildkit" in each.name]

    with_engine(mode, v1_41, engine_host.host, test)


def test_a_connection_is_cut(engine_host: EngineHost, image: str) -> None:
    if engine_host.private is None:
        pytest.skip("the relay takes a Unix socket")
    cut: list[Callable[[bytes], int | None]] = [
        lambda head: 400 if head.startswith(b"POST /v1.41/build") else None,
        lambda head: 400 if head.startswith(b"POST /v1.41/session") else None,
    ]
    for each in cut:
        with (
            relay(unix(engine_host.host), each) as host,
            moorage.connect(v1_41.Engine, host=host) as engine,
            pytest.raises((moorage.StreamInterrupted, moorage.BuildFailed)) as caught,
        ):
            engine.build(
                {"Dockerfile": f"FROM {image}\nCOPY a /\nRUN sleep 2", "a": os.urandom(10)},
                secrets={"t": CANARY.encode()},
                timeout=60,
                **KEYWORDS,
            )
        assert not shown(caught.value)


def test_the_cache_is_told_of_and_pruned(engine_host: EngineHost, image: str) -> None:
    if engine_host.private is None:
        pytest.skip("the cache may be another's")
    with moorage.connect(v1_41.Engine, host=engine_host.host) as engine:
        engine.build({"Dockerfile": f"FROM {image}\nRUN echo {os.getpid()} > /x"}, **KEYWORDS)
        cached = engine.system.data_usage().build_cache
        assert "regular" in {each.type for each in cached}
        pruned = engine.images.build_prune(all=True)
        assert {*(pruned.caches_deleted or ())} & {each.id for each in cached}
        assert isinstance(pruned.space_reclaimed, int)

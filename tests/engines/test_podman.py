"""Podman's differences from Docker's engines are reported, or worked round."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import moorage
from moorage.private import private_release
from moorage.private.releases import PODMANS
from moorage_api import newest, v1_30, v1_41
from tests.engines.conftest import FOLDER
from tests.engines.either import AGES, MODES, each, entered, following, got, with_engine

LABELLED = {"label": ["moorage-lease"]}
NO_NETWORK = v1_41.HostConfig(network_mode="none")

each_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="module", params=PODMANS)
def host(
    request: pytest.FixtureRequest, private_machine: None, busybox_tar: bytes
) -> Iterator[str]:
    with private_release(request.param, folder=FOLDER) as private:
        with moorage.connect(host=private.host) as engine:
            engine.images.create(busybox_tar, from_src="-", repo="bb", tag="latest").finish()
        yield private.host


@pytest.fixture
def engine(host: str) -> Iterator[newest.Engine]:
    with moorage.connect(host=host) as engine:
        yield engine


@pytest.fixture
def name(host: str) -> Iterator[str]:
    """A container that runs."""
    with moorage.connect(v1_41.Engine, host=host) as engine:
        made = engine.containers.create(
            image="bb", cmd=["/bin/sleep", "600"], host_config=NO_NETWORK, stop_timeout=0
        ).id
        try:
            engine.containers.start(made)
            yield made
        finally:
            engine.containers.delete(made, force=True)


@pytest.mark.parametrize(
    ("mode", "keys"), [("sync", None), ("async", "ctrl-a,b"), ("sync", "ctrl-@,ctrl-[")]
)
def test_detaching_leaves_the_process(host: str, name: str, mode: str, keys: str | None) -> None:
    async def test(engine: Any) -> None:
        attached = {"attach_stdin": True, "attach_stdout": True, "detach_keys": keys}
        made = (await got(engine.exec.create(name, cmd=["/bin/sh"], tty=True, **attached))).id
        async with entered(engine.exec.start(made, tty=True, total_timeout=60)) as session:
            await got(session.write(b"echo wo''rd; exec sleep 543\n"))
            said = b""
            while b"word" not in said:
                said += (await got(following(session))).data
            await got(session.detach())
            async for frame in each(session):
                said += frame.data
        # Podman's inspect says of every exec that was detached that it does not run.
        top = await got(engine.containers.top(name))
        assert any("sleep 543" in " ".join(process) for process in top.processes)

    with_engine(mode, v1_41, host, test)


@each_mode
@pytest.mark.parametrize(
    ("command", "status", "output"),
    [
        ("true", 0, b""),
        ("head -c 3", 0, b"xxx"),
        ("exit 7", 7, b""),
        ("head -c 3; exit 4", 4, b"xxx"),
    ],
)
def test_input_that_is_not_read(
    host: str, name: str, mode: str, command: str, status: int, output: bytes
) -> None:
    async def test(engine: Any) -> None:
        for _ in range(3):
            done = await got(
                engine.execute(name, ["/bin/sh", "-c", command], input=b"x" * 5_000_000, timeout=60)
            )
            assert done.exit_code == status
            # Podman may lose what such a process wrote, and says so where its stderr is.
            assert output.startswith(done.stdout)
            assert done.stdout == output or done.stderr.startswith(b"Error: ")

    with_engine(mode, v1_41, host, test)


@each_mode
def test_stats_of_a_container_that_does_not_run(host: str, name: str, mode: str) -> None:
    async def test(engine: Any) -> None:
        assert (await got(engine.containers.stats(name, stream=False).one())).name
        await got(engine.containers.stop(name, t=0))
        new = (await got(engine.containers.create(image="bb", cmd=["x"]))).id
        try:
            for stopped in (name, new):
                for options in ({"stream": False}, {"stream": False, "one_shot": True}, {}):
                    # 4.3's response is good, and has no body.
                    stats = engine.containers.stats(stopped, **options)
                    with pytest.raises(
                        (moorage.InvalidAnswer, moorage.Conflict),
                        match=r"reported nothing|container is stopped",
                    ):
                        await got(stats.one())
        finally:
            await got(engine.containers.delete(new, force=True))
        with pytest.raises(moorage.NotFound):
            await got(engine.containers.stats("nothing", stream=False).one())

    with_engine(mode, v1_41, host, test)


@each_mode
def test_conflicts(host: str, name: str, mode: str) -> None:
    """Most of them come with the status 500."""

    async def test(engine: Any) -> None:
        new = (await got(engine.containers.create(image="bb", cmd=["x"], name="taken"))).id
        try:
            conflicts: tuple[Callable[[], Any], ...] = (
                lambda: engine.containers.delete(name),
                lambda: engine.containers.unpause(name),
                lambda: engine.containers.pause(new),
                lambda: engine.exec.create(new, cmd=["x"]),
                lambda: engine.containers.create(image="bb", cmd=["x"], name="taken"),
                lambda: engine.containers.rename(name, name="taken"),
                lambda: engine.networks.create(name="podman"),
                lambda: engine.images.delete("bb"),
            )
            for conflict in conflicts:
                with pytest.raises(moorage.Conflict):
                    await got(conflict())
            # 4.3's response is empty.
            with pytest.raises((moorage.Conflict, moorage.InvalidAnswer)):
                await got(engine.containers.top(new))
        finally:
            await got(engine.containers.delete(new, force=True))

    with_engine(mode, v1_41, host, test)


def test_a_push_that_fails(engine: newest.Engine) -> None:
    secret = "word-of-the-test"
    engine.images.tag("bb", repo="localhost:1/bb", tag="1")
    with pytest.raises((moorage.ServerError, moorage.OperationFailed)) as caught:
        engine.images.push(
            "localhost:1/bb", tag="1", registry_auth=moorage.RegistryAuth("me", secret)
        ).finish()
    assert "connection refused" in str(caught.value)
    assert "errorDetail" not in str(caught.value)
    assert secret not in str(caught.value)


def test_a_list_with_digests(engine: newest.Engine) -> None:
    plain = engine.images.list()
    assert plain
    # Podman 4.3 answers with nothing at all.
    with pytest.raises(moorage.InvalidAnswer, match="ImageList: the response is empty"):
        engine.images.list(digests=True)


def test_a_private_podman_leaves_no_files(engine: newest.Engine, tmp_path: Path) -> None:
    folders = (Path("/var/tmp"), Path("/var/lib/cni/networks"))
    before = [{*folder.glob("*")} for folder in folders]
    network = engine.networks.create(name="moorage-traces").id
    engine.run("bb", ["/bin/true"], network_mode="moorage-traces", pull="never")
    engine.networks.delete(network)
    engine.save("bb", tmp_path / "bb.tar")
    engine.load(tmp_path / "bb.tar")
    assert [{*folder.glob("*")} for folder in folders] == before


@each_mode
@pytest.mark.parametrize("api", [v1_30, v1_41], ids=AGES)
def test_verbs_of_containers(host: str, api: ModuleType, mode: str) -> None:
    quiet = {"network_mode": "none", "pull": "never"}

    async def test(engine: Any) -> None:
        script = "cat; echo err >&2; echo $A; exit 5"
        done = await got(
            engine.run(
                "bb", ["/bin/sh", "-c", script], input=b"in\n", check=False, env={"A": "b"}, **quiet
            )
        )
        assert (done.exit_code, done.stdout, done.stderr) == (5, b"in\nb\n", b"err\n")
        with pytest.raises(moorage.RunFailed, match=r"(?s)exited with 3.*last words"):
            await got(engine.run("bb", ["/bin/sh", "-c", "echo last words; exit 3"], **quiet))
        with pytest.raises(moorage.ExecuteTimedOut, match=r"(?s)killed.*\n    up"):
            sleep = ["/bin/sh", "-c", "echo up; exec sleep 600"]
            await got(engine.run("bb", sleep, timeout=1, **quiet))
        with pytest.raises(moorage.NotFound):
            await got(engine.create("moorage-missing:x", pull="never"))
        script = "echo one; until test -e /ok; do sleep 0.05; done; exit 7"
        async with entered(engine.running("bb", ["/bin/sh", "-c", script], **quiet)) as box:
            lines = box.lines()
            assert await got(following(lines)) == ("stdout", "one")
            assert (
                await got(box.execute(["/bin/echo", "x"], text=True, check=True))
            ).stdout == "x\n"
            with pytest.raises(moorage.Unhealthy, match="no health check"):
                await got(box.wait_healthy(20))
            with pytest.raises(moorage.EngineError, match="does not publish 80/tcp"):
                await got(box.port(80))
            await got(engine.write_file(box.id, "/ok", b"", mode=0o600))
            assert await got(box.wait(20)) == 7
        # Podman 5 gives a process this long before it removes its container, also by force.
        patient = {"stop_timeout": 600, **quiet}
        async with entered(engine.running("bb", ["/bin/sleep", "600"], **patient)):
            pass
        sick = {"health": {"test": ["/bin/test", "-e", "/ok"], "interval": 1}, "stop_timeout": 0}
        async with entered(engine.running("bb", ["/bin/sleep", "9"], **sick, **quiet)) as box:
            with pytest.raises(moorage.TimedOut, match=r"did not become healthy in 0\.1 s"):
                await got(box.wait_healthy(0.1))
            await got(engine.write_file(box.id, "/ok", b""))
            # Podman leaves checks to systemd, which is not here.
            check = f"/libpod/containers/{box.id}/healthcheck"
            assert (await got(engine.request("GET", check))).json()["Status"] == "healthy"
            await got(box.wait_healthy(20))
        assert await got(engine.containers.list(all=True, filters=LABELLED)) == []

    with_engine(mode, api, host, test)


@each_mode
@pytest.mark.parametrize("api", [v1_30, v1_41], ids=AGES)
def test_verbs_of_images_and_files(host: str, api: ModuleType, mode: str, tmp_path: Path) -> None:
    async def test(engine: Any) -> None:
        name = await got(
            engine.create("bb", ["/bin/true"], network_mode="none", name="moorage-files")
        )
        try:
            (tmp_path / "d").mkdir()
            (tmp_path / "d/f").write_text("content")
            (tmp_path / "d/f").chmod(0o640)
            await got(engine.copy_to(name, tmp_path / "d", "/new", uid=7, gid=8))
            assert await got(engine.read_file(name, "/new/f")) == b"content"
            await got(engine.write_file(name, "/new/f", b"other"))
            await got(engine.copy_from(name, "/new", tmp_path / "back"))
            assert (tmp_path / "back/f").read_bytes() == b"other"
            assert (tmp_path / "back/f").stat().st_mode & 0o777 == 0o640
            # Podman's names of what is in a folder have no dot before them.
            for source, found in (("/new/.", {"f"}), ("/", {"bin", "new"})):
                there, folder = tmp_path / "there", tmp_path / "contents"
                there.mkdir()
                for destination in (there, folder):
                    await got(engine.copy_from(name, source, destination))
                    assert {each.name for each in destination.iterdir()} >= found
                    shutil.rmtree(destination)
            with pytest.raises(moorage.NotFound):
                await got(engine.copy_from(name, "/none", tmp_path / "none"))
        finally:
            await got(engine.containers.delete(name))
        files = {"Dockerfile": "FROM bb\nCOPY f /f\n", "f": b"x"}
        built = await got(engine.build(files, tags="moorage-built:x"))
        await got(engine.save("moorage-built:x", tmp_path / "saved.tar"))
        await got(engine.images.delete("moorage-built:x"))
        assert await got(engine.load(tmp_path / "saved.tar")) == [
            "docker.io/library/moorage-built:x"
        ]
        assert (await got(engine.images.inspect("moorage-built:x"))).id.endswith(built.id[-64:])
        await got(engine.images.delete("moorage-built:x"))

    with_engine(mode, api, host, test)


@pytest.mark.parametrize(("mode", "api"), [("sync", v1_30), ("async", v1_41)], ids=MODES)
def test_verbs_of_services(host: str, api: ModuleType, mode: str) -> None:
    """Podman has no swarm; it has secrets, but nothing to rotate them in."""

    async def test(engine: Any) -> None:
        stored = await got(engine.put_secret("kept", b"x"))
        try:
            calls: tuple[Callable[[], Any], ...] = (
                lambda: engine.deploy("web", "localhost/bb", auth=None),
                lambda: engine.scale("web", 2),
                lambda: engine.rollback("web"),
                lambda: engine.wait_converged("web", 1),
                lambda: engine.put_config("kept", b"x"),
                lambda: engine.read_config("kept"),
                lambda: engine.put_secret("kept", b"y", rotate=True),
            )
            for call in calls:
                with pytest.raises(moorage.APIError, match=r"does not (have|support)"):
                    await got(call())
            with pytest.raises(moorage.APIError, match="does not support"):
                async with entered(engine.edit_service("web")):
                    pytest.fail("it was entered")
            assert [each.spec.name for each in await got(engine.secrets.list())] == ["kept"]
        finally:
            await got(engine.secrets.delete(stored.id))

    with_engine(mode, api, host, test)

"""The programs in examples/, on a real engine."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import moorage
from examples import ci_runner, database, log_shipper, registry_mirror
from tests.engines.conftest import FOLDER
from tests.engines.relay import relay, tcp_in_network_of, unix
from tests.engines.scenario.registry import ADDRESS, registry
from tests.engines.test_credentials import ACCOUNT, PASSWORD, USER

if TYPE_CHECKING:
    from moorage_api import newest
    from tests.engines.conftest import EngineHost, Engines


@pytest.fixture
def host(private_machine: None, engines: Engines) -> EngineHost:
    return engines.get("28.5")


@pytest.fixture
def engine(
    host: EngineHost, busybox_tar: bytes, monkeypatch: pytest.MonkeyPatch
) -> Iterator[newest.Engine]:
    """An engine that is the default one, with the image `busybox`."""
    monkeypatch.setenv("DOCKER_HOST", host.host)
    with moorage.connect() as engine:
        engine.images.create(busybox_tar, from_src="-", repo="busybox", tag="latest").finish()
        yield engine
        engine.images.delete("busybox")


def test_ci_runner(
    engine: newest.Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project, results = tmp_path / "project", tmp_path / "results"
    (project / "results").mkdir(parents=True)
    results.mkdir()
    # No RUN, for which BuildKit would need a network.
    text = "FROM busybox\nCOPY results /results\nWORKDIR /src\nCOPY . .\n"
    (project / "Dockerfile").write_text(text)
    (project / "source").write_text("one\n")
    steps = {"read": ["cat", "source"], "keep": ["sh", "-c", "cp source /results; echo $CI >&2"]}
    try:
        assert ci_runner.run(engine, project, results, steps)
        assert capsys.readouterr().out == "--- read\none\n\n--- keep\n1\n\n"
        assert (results / "source").read_text() == "one\n"
        (project / "source").write_text("two\n")
        steps |= {"fail": ["sh", "-c", "echo bad; exit 3"], "never": ["echo", "never"]}
        assert not ci_runner.run(engine, project, results, steps)
        assert capsys.readouterr().out.endswith("--- fail\nbad\n\n")
        assert (results / "source").read_text() == "two\n"
    finally:
        engine.images.delete("ci/project")
        engine.images.prune()


PSQL = 'cat >>/www/tables; if grep -q bad /www/tables; then echo "a mistake" >&2; exit 3; fi'
START = 'test "$POSTGRES_PASSWORD" && mkdir /www && touch /ready && exec httpd -f -p 5432 -h /www'


def containers(engine: newest.Engine) -> set[str]:
    """Return the IDs of all containers: other tests' may be on the engine too."""
    return {each.id for each in engine.containers.list(all=True)}


def test_database(engine: newest.Engine, host: EngineHost, tmp_path: Path) -> None:
    scripts = {"psql": PSQL, "pg_isready": "test -e /ready", "start": START}
    for name, script in scripts.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)
    dockerfile = 'FROM busybox\nCOPY psql pg_isready start /bin/\nCMD ["start"]\n'
    engine.build(tmp_path, dockerfile=dockerfile, tags="postgres:17")
    # A private engine has no network by default.
    network = engine.networks.create(name="moorage-tests", driver="bridge").id
    (tmp_path / "1.sql").write_text("one;")
    (tmp_path / "2.sql").write_text("two;")
    before = containers(engine)
    try:
        with database.database(engine, tmp_path, network) as url:
            assert url.startswith("postgresql://postgres:")
            _, at, port = url.removesuffix("/postgres").rpartition("@127.0.0.1:")
            assert at
            assert host.private
            with tcp_in_network_of(host.private.pid, int(port))() as client:
                client.sendall(b"GET /tables HTTP/1.0\r\n\r\n")
                answer = client.makefile("rb").read()
            assert answer.endswith(b"\r\n\r\none;two;")
        (tmp_path / "3.sql").write_text("bad;")
        with (
            pytest.raises(moorage.RunFailed, match=r"exited with 3; .*\n    a mistake"),
            database.database(engine, tmp_path, network),
        ):
            pytest.fail("there is a mistake in the schema")
        assert containers(engine) == before
    finally:
        engine.networks.delete(network)
        engine.images.delete("postgres:17")


@pytest.mark.usefixtures("engine")
def test_log_shipper(host: EngineHost, monkeypatch: pytest.MonkeyPatch) -> None:
    sleep = asyncio.sleep
    monkeypatch.setattr(asyncio, "sleep", lambda seconds: sleep(min(seconds, 0.01)))
    cuts = []

    def cut_after(head: bytes) -> int | None:
        limit = 1200 if b"/logs" in head else 900 if b"/events" in head else None
        cuts.append(limit)
        return limit

    script = 'for i in $(seq 100); do echo "line $i"; test $((i % 25)) != 0 || sleep 0.1; done'
    lines = [f"line {i}" for i in range(1, 101)]
    sent: list[tuple[str, str]] = []

    async def test() -> None:
        came = asyncio.Event()

        def send(container: str, line: str) -> None:
            sent.append((container, line))
            came.set()

        async def start() -> str:
            command = ["sh", "-c", script]
            name = await direct.create("busybox", command, labels={"ship": ""}, network="none")
            await direct.containers.start(name)
            return name

        with relay(unix(host.host), cut_after) as address:
            async with (
                moorage.connect_async(host=host.host) as direct,
                moorage.connect_async(host=address) as cut,
                asyncio.timeout(60),
            ):
                first = await start()
                shipping = asyncio.create_task(log_shipper.ship(cut, "ship", send))
                second = await start()
                await direct.containers.wait(first)
                await direct.containers.start(first)
                while len(sent) < 300:
                    await came.wait()
                    came.clear()
                shipping.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await shipping
                for each in (first, second):
                    await direct.containers.delete(each, force=True)
        shipped = [[line for name, line in sent if name == each] for each in (first, second)]
        assert shipped == [[*lines, *lines], lines]

    asyncio.run(test())
    assert cuts.count(1200) > 5


def test_registry_mirror(
    engine: newest.Engine,
    host: EngineHost,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    source, copy = f"{ADDRESS}/team/app", f"{ADDRESS}/mirror/team/app"
    both = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (tmp_path / "config.json").write_text(json.dumps({"auths": {ADDRESS: {"auth": both}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("MIRROR_USER", USER)
    monkeypatch.setenv("MIRROR_PASSWORD", PASSWORD)
    with registry(host, FOLDER, tmp_path, ACCOUNT):
        engine.images.tag("busybox", repo=source, tag="1")
        digest = engine.push(f"{source}:1").digest
        engine.images.delete(f"{source}:1")
        registry_mirror.main(f"{ADDRESS}/mirror", f"{source}:1")
        told = capsys.readouterr()
        assert told.out == f"{source}:1 {digest}\n"
        assert told.err.endswith(f"pull {source}:1: complete\n")
        names = [tag for each in engine.images.list() for tag in each.repo_tags]
        assert f"{copy}:1" not in names
        auth = moorage.RegistryAuth(USER, PASSWORD, ADDRESS)
        assert engine.pull(f"{copy}@{digest}", auth=auth).id
        monkeypatch.setenv("MIRROR_PASSWORD", "wrong")
        with pytest.raises(moorage.APIError):
            registry_mirror.main(f"{ADDRESS}/mirror", f"{source}:1")
        for name in (f"{source}:1", f"{copy}@{digest}"):
            engine.images.delete(name)

"""Streams and sessions over TCP and TLS, with an engine that verifies its clients."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

import moorage
from moorage.private import private_engine
from moorage_api import v1_41
from tests.engines.conftest import ENGINES, FOLDER
from tests.engines.either import MODES, each, entered, got, with_engine
from tests.engines.relay import relay, tcp_in_network_of
from tests.engines.scenario.world import tar_of

if TYPE_CHECKING:
    from moorage.private import PrivateEngine

PLAIN, VERIFIED = 2375, 2376
each_mode = pytest.mark.parametrize("mode", MODES)


class Certificates:
    """An authority, and what it signed."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.client = self.authority.issue_cert("client@example.com")
        server = self.authority.issue_cert("127.0.0.1", "localhost")
        self.files = [folder / name for name in ("ca.pem", "cert.pem", "key.pem")]
        self.authority.cert_pem.write_to_path(str(self.files[0]))
        server.cert_chain_pems[0].write_to_path(str(self.files[1]))
        server.private_key_pem.write_to_path(str(self.files[2]))

    def context(self, *, client: bool = True) -> ssl.SSLContext:
        made = ssl.create_default_context()
        self.authority.configure_trust(made)
        if client:
            self.client.configure_cert(made)
        return made


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, certificates: Certificates, busybox_tar: bytes
) -> Iterator[PrivateEngine]:
    authority, certificate, key = certificates.files
    arguments = [
        f"--host=tcp://127.0.0.1:{VERIFIED}",
        "--tlsverify",
        f"--tlscacert={authority}",
        f"--tlscert={certificate}",
        f"--tlskey={key}",
    ]
    with private_engine(ENGINES[request.param], folder=FOLDER, extra_args=arguments) as engine:
        with moorage.connect(v1_41.Engine, host=engine.host) as client:
            for _ in client.images.create(busybox_tar, from_src="-", repo="x", tag="y"):
                pass
        yield engine


@pytest.fixture
def host(engine: PrivateEngine) -> Iterator[str]:
    with relay(tcp_in_network_of(engine.pid, VERIFIED)) as host:
        yield host


@contextlib.contextmanager
def running(engine: PrivateEngine) -> Iterator[str]:
    with moorage.connect(v1_41.Engine, host=engine.host) as client:
        none = v1_41.HostConfig(network_mode="none")
        made = client.containers.create(image="x:y", cmd=["/bin/sleep", "600"], host_config=none)
        client.containers.start(made.id)
        try:
            yield made.id
        finally:
            client.containers.delete(made.id, force=True)


@pytest.mark.usefixtures("private_machine")
@each_mode
def test_all_kinds_of_calls(
    engine: PrivateEngine, host: str, certificates: Certificates, mode: str, tmp_path: Path
) -> None:
    async def test(client: Any) -> None:
        assert await got(client.system.ping()) == "OK"
        async with entered(client.containers.export(name)) as download:
            assert await got(download.write_to(tmp_path / "root.tar")) > 1_000_000
        await got(client.containers.put_archive(name, tar_of({"new": b"data"}), path="/"))
        command = ["/bin/sh", "-c", "cat; echo end"]
        attached = {"attach_stdin": True, "attach_stdout": True}
        made = (await got(client.exec.create(name, cmd=command, **attached))).id
        async with entered(client.exec.start(made)) as session:
            await got(session.write(b"word\n"))
            # The process sees the end of its input, and its output goes on.
            await got(session.close_write())
            assert [frame.data async for frame in each(session)] == [b"word\n", b"end\n"]
            assert await got(session.wait()) == 0
        data = bytes(range(256)) * 80_000
        done = await got(client.execute(name, ["/bin/cat"], input=data, timeout=60))
        assert done == (0, data, b"")

    with running(engine) as name:
        with_engine(mode, v1_41, host, test, tls=certificates.context())


@pytest.mark.usefixtures("private_machine")
@each_mode
def test_what_is_refused(
    engine: PrivateEngine, host: str, certificates: Certificates, mode: str, tmp_path: Path
) -> None:
    def refused(tls: ssl.SSLContext | None, words: str) -> None:
        async def test(client: Any) -> None:
            with pytest.raises(moorage.EngineError, match=words):
                await got(client.system.ping())
            with pytest.raises(moorage.EngineError, match=words):
                await got(client.containers.export("x").write_to(tmp_path / "x"))

        with_engine(mode, v1_41, host, test, tls=tls)

    refused(ssl.create_default_context(), "CERTIFICATE_VERIFY_FAILED|certificate")
    refused(certificates.context(client=False), "(?i)certificate")
    refused(None, "TLS")
    assert list(tmp_path.iterdir()) == []

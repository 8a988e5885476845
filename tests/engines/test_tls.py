"""Streams and sessions over TCP and TLS, with an engine that verifies its clients."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from attrs import evolve

import moorage
from moorage.private import private_engine
from moorage_api import v1_41
from tests.engines.cli import Cli
from tests.engines.conftest import ENGINES, FOLDER
from tests.engines.either import MODES, each, entered, got, with_engine
from tests.engines.relay import relay, tcp_in_network_of
from tests.engines.scenario.world import tar_of

if TYPE_CHECKING:
    from moorage.private import PrivateEngine

VERIFIED = 2376
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
each_mode = pytest.mark.parametrize("mode", MODES)


class Certificates:
    """An authority, and folders of what it signed: ca.pem, cert.pem and key.pem in each."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        name = "client@example.com"
        self.server = self._folder(folder / "server", self.authority.issue_cert("127.0.0.1"))
        self.right = self._folder(folder / "right", self.authority.issue_cert(name))
        self.expired = self._folder(
            folder / "expired", self.authority.issue_cert(name, not_after=YESTERDAY)
        )
        self.expired_server = self._folder(
            folder / "expired-server", self.authority.issue_cert("127.0.0.1", not_after=YESTERDAY)
        )
        # One that the engine knows, of a client that trusts another authority; and the opposite.
        other = trustme.CA()
        self.wrong_authority = self._folder(
            folder / "wrong-authority", self.authority.issue_cert(name), other
        )
        self.unknown = self._folder(folder / "unknown", other.issue_cert(name))
        self.none = folder / "none"
        self.none.mkdir()
        self.authority.cert_pem.write_to_path(str(self.none / "ca.pem"))

    def _folder(
        self, folder: Path, cert: trustme.LeafCert, authority: trustme.CA | None = None
    ) -> Path:
        folder.mkdir()
        (authority or self.authority).cert_pem.write_to_path(str(folder / "ca.pem"))
        cert.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
        cert.private_key_pem.write_to_path(str(folder / "key.pem"))
        return folder


def files(folder: Path) -> dict[str, Any]:
    """The files of a folder, by the names of TLS's arguments and of the CLI's settings."""
    return {path.stem: path for path in folder.iterdir()}


class Way:
    """A way to tell moorage and the CLI where the engine is, and by which TLS."""

    def __init__(self, host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.host = host
        self.environment: dict[str, str] = {}
        self._tmp_path = tmp_path
        self._patch = monkeypatch

    def cli(self, release: str) -> Cli:
        return Cli(release, self._tmp_path)

    def argument(self, folder: Path) -> dict[str, Any]:
        return {"host": self.host, "tls": moorage.TLS(**files(folder))}

    def ssl_context(self, folder: Path) -> dict[str, Any]:
        return {"host": self.host, "tls": moorage.TLS(**files(folder)).context()}

    def variables(self, folder: Path, name: str = "DOCKER_TLS_VERIFY") -> dict[str, Any]:
        self.environment = {"DOCKER_HOST": self.host, "DOCKER_CERT_PATH": str(folder), name: "1"}
        for variable, value in self.environment.items():
            self._patch.setenv(variable, value)
        return {"host": None}

    def unverified(self, folder: Path) -> dict[str, Any]:
        return self.variables(folder, "DOCKER_TLS")

    def only_a_folder(self, folder: Path) -> dict[str, Any]:
        return self.variables(folder, "DOCKER_UNUSED")

    def context(self, folder: Path, **more: str) -> dict[str, Any]:
        cli = self.cli("28.5")
        self._patch.setenv("DOCKER_CONFIG", str(cli.config))
        cli.create_context("secure", host=self.host, **files(folder), **more)
        cli.use_context("secure")
        return {"host": None}

    def unverified_context(self, folder: Path) -> dict[str, Any]:
        return self.context(folder, skip_tls_verify="true")


WAYS = [Way.argument, Way.variables, Way.context]


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls"))


def verifying(folder: Path) -> list[str]:
    """Give the arguments of an engine that verifies its clients."""
    return [
        f"--host=tcp://127.0.0.1:{VERIFIED}",
        "--tlsverify",
        f"--tlscacert={folder}/ca.pem",
        f"--tlscert={folder}/cert.pem",
        f"--tlskey={folder}/key.pem",
    ]


@pytest.fixture(scope="module", params=ENGINES)
def engine(
    request: pytest.FixtureRequest, certificates: Certificates, busybox_tar: bytes
) -> Iterator[PrivateEngine]:
    arguments = verifying(certificates.server)
    with private_engine(ENGINES[request.param], folder=FOLDER, extra_args=arguments) as engine:
        with moorage.connect(v1_41.Engine, host=engine.host) as client:
            for _ in client.images.create(busybox_tar, from_src="-", repo="x", tag="y"):
                pass
        yield engine


@pytest.fixture
def host(engine: PrivateEngine) -> Iterator[str]:
    with relay(tcp_in_network_of(engine.pid, VERIFIED)) as host:
        yield host


@pytest.fixture
def place(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Way:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    return Way(host, tmp_path, monkeypatch)


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
@pytest.mark.parametrize("way", [*WAYS, Way.ssl_context])
@each_mode
def test_all_kinds_of_calls(
    engine: PrivateEngine,
    place: Way,
    certificates: Certificates,
    way: Callable[[Way, Path], dict[str, Any]],
    mode: str,
    tmp_path: Path,
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
            assert b"".join([frame.data async for frame in each(session)]) == b"word\nend\n"
            assert await got(session.wait()) == 0
        data = bytes(range(256)) * 20_000
        done = await got(client.execute(name, ["/bin/cat"], input=data, timeout=60))
        # Were all of it compared, a difference would be told at length.
        assert (done.exit_code, len(done.stdout), done.stderr) == (0, len(data), b"")
        same = done.stdout == data
        assert same

    with running(engine) as name:
        with_engine(mode, v1_41, test=test, **way(place, certificates.right))


@pytest.mark.usefixtures("private_machine")
@each_mode
def test_a_build_by_buildkit(
    place: Way, certificates: Certificates, mode: str, tmp_path: Path
) -> None:
    large = os.urandom(3_000_000)

    async def test(client: Any) -> None:
        files = {"Dockerfile": "FROM scratch\nCOPY large /\n", "large": large}
        await got(client.build(files, output=tmp_path / mode, builder="buildkit"))
        same = (tmp_path / mode / "large").read_bytes() == large
        assert same

    with_engine(mode, v1_41, test=test, **place.argument(certificates.right))


VERIFY_FAILED = "CERTIFICATE_VERIFY_FAILED"
# The alerts of engines about the client's certificate differ.
ALERT = "(?i)certificate|BAD_CERTIFICATE|unknown.ca|handshake"


@pytest.mark.usefixtures("private_machine")
@pytest.mark.parametrize("way", WAYS)
@each_mode
@pytest.mark.parametrize(
    ("folder", "words"),
    [
        ("none", ALERT),
        ("unknown", ALERT),
        ("expired", ALERT),
        ("wrong_authority", VERIFY_FAILED),
    ],
)
def test_what_is_refused(
    place: Way,
    certificates: Certificates,
    way: Callable[[Way, Path], dict[str, Any]],
    mode: str,
    folder: str,
    words: str,
    tmp_path: Path,
) -> None:
    with_engine(
        mode,
        v1_41,
        test=refused(words, tmp_path / "x"),
        **way(place, getattr(certificates, folder)),
    )


def refused(words: str, path: Path) -> Callable[[Any], Awaitable[None]]:
    """Make a test that ordinary calls and streams are refused, and nothing is written."""

    async def test(client: Any) -> None:
        with pytest.raises(moorage.EngineError, match=words):
            await got(client.system.ping())
        with pytest.raises(moorage.EngineError, match=words):
            await got(client.containers.export("x").write_to(path))
        with pytest.raises(moorage.EngineError, match=words):
            async with entered(client.exec.start("x")):
                pass
        assert not path.exists()

    return test


@pytest.mark.usefixtures("private_machine")
@each_mode
def test_another_hosts_certificate(
    host: str, certificates: Certificates, mode: str, tmp_path: Path
) -> None:
    named = host.replace("127.0.0.1", "localhost")
    tls = moorage.TLS(**files(certificates.right))
    test = refused(VERIFY_FAILED, tmp_path / "x")
    with_engine(mode, v1_41, named, test, tls=tls)


@pytest.mark.usefixtures("private_machine")
@each_mode
def test_no_tls_and_an_unknown_authority(host: str, mode: str, tmp_path: Path) -> None:
    with_engine(mode, v1_41, host, refused("TLS", tmp_path / "x"))
    system = ssl.create_default_context()
    with_engine(mode, v1_41, host, refused(VERIFY_FAILED, tmp_path / "x"), tls=system)


@pytest.mark.usefixtures("private_machine")
def test_an_engines_certificate_that_has_expired(
    certificates: Certificates, tmp_path: Path
) -> None:
    arguments = verifying(certificates.expired_server)
    tls = moorage.TLS(**files(certificates.right))
    with (
        private_engine("forky", folder=FOLDER, extra_args=arguments) as engine,
        relay(tcp_in_network_of(engine.pid, VERIFIED)) as host,
    ):
        for mode in MODES:
            with_engine(mode, v1_41, host, refused(VERIFY_FAILED, tmp_path / "x"), tls=tls)
        careless = evolve(tls, verify=False)
        with moorage.connect(v1_41.Engine, host=host, tls=careless) as client:
            assert client.system.ping() == "OK"


@pytest.mark.usefixtures("private_machine")
@pytest.mark.parametrize(
    ("way", "folder", "accepted"),
    [
        (Way.variables, "right", True),
        (Way.variables, "wrong_authority", False),
        (Way.variables, "none", False),
        (Way.unverified, "right", True),
        (Way.unverified, "wrong_authority", True),
        (Way.unverified, "unknown", False),
        (Way.only_a_folder, "right", False),
        (Way.context, "right", True),
        (Way.context, "wrong_authority", False),
        (Way.unverified_context, "wrong_authority", True),
        (Way.unverified_context, "none", False),
    ],
)
def test_the_cli_has_it_so(
    engine: PrivateEngine,
    place: Way,
    certificates: Certificates,
    way: Callable[[Way, Path], dict[str, Any]],
    folder: str,
    accepted: bool,
) -> None:
    way(place, getattr(certificates, folder))
    release = next(each for each, suite in ENGINES.items() if suite == engine.suite)
    theirs = place.cli(release).run("version", environment=place.environment)
    with moorage.connect(v1_41.Engine) as client:
        try:
            ours = client.system.ping() == "OK"
        except moorage.EngineError:
            ours = False
    assert (theirs.returncode == 0, ours) == (accepted, accepted), theirs.stderr

"""Finding the engine: each row of the table in docs/hosts.md, on real engines, and by the CLI.

The order is shown by letting only the row in question lead to the engine: what comes after it leads
to where nothing listens.
"""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import trustme

import moorage
from moorage.host import find, find_host
from moorage_api import v1_25
from tests.engines.cli import Cli
from tests.engines.conftest import ENGINES
from tests.engines.either import MODES, got, with_engine

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost, Engines

pytestmark = pytest.mark.usefixtures("private_machine")

DEFAULT_SOCKET = Path("/var/run/docker.sock")


class Place:
    """A machine's places where an engine may be, all in a folder."""

    def __init__(self, folder: Path, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.cli = cli
        self._patch = monkeypatch
        self.arguments: dict[str, Any] = {}

    def argument(self, socket: Path) -> str:
        self.arguments["host"] = f"unix://{socket}"
        return "the argument host="

    def context(self, socket: Path) -> str:
        self._context("given", socket)
        self.arguments["context"] = "given"
        return "the context 'given' of the argument context="

    def docker_host(self, socket: Path) -> str:
        self._patch.setenv("DOCKER_HOST", f"unix://{socket}")
        return "DOCKER_HOST"

    def docker_context(self, socket: Path) -> str:
        self._context("named", socket)
        self._patch.setenv("DOCKER_CONTEXT", "named")
        return "the context 'named' of DOCKER_CONTEXT"

    def current_context(self, socket: Path) -> str:
        self._context("current", socket)
        self.cli.use_context("current")
        return f"the current context 'current' in {self.cli.config}/config.json"

    def default_socket(self, socket: Path) -> str:
        return self._link(Path(find.DEFAULT_SOCKET), socket, "the default socket")

    def rootless(self, socket: Path) -> str:
        return self._link(self.folder / "run/docker.sock", socket, "the rootless socket")

    def podman_of_the_user(self, socket: Path) -> str:
        return self._link(self.folder / "run/podman/podman.sock", socket, "Podman's socket")

    def podman_of_the_system(self, socket: Path) -> str:
        return self._link(Path(find.PODMAN_SOCKET), socket, "Podman's socket")

    def _context(self, name: str, socket: Path) -> None:
        self.cli.create_context(name, host=f"unix://{socket}")

    def _link(self, path: Path, socket: Path, source: str) -> str:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(socket)
        return source


ROWS: list[Callable[[Place, Path], str]] = [
    Place.argument,
    Place.context,
    Place.docker_host,
    Place.docker_context,
    Place.current_context,
    Place.default_socket,
    Place.rootless,
    Place.podman_of_the_user,
    Place.podman_of_the_system,
]


@pytest.fixture
def place(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    release = getattr(request, "param", "28.5")
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    cli = Cli(release, tmp_path)
    monkeypatch.setenv("DOCKER_CONFIG", str(cli.config))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setattr(find, "DEFAULT_SOCKET", tmp_path / "var/docker.sock")
    monkeypatch.setattr(find, "PODMAN_SOCKET", tmp_path / "podman.sock")
    return Place(tmp_path, cli, monkeypatch)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.__name__)
def test_each_row(
    engine_host: EngineHost, place: Place, row: Callable[[Place, Path], str], mode: str
) -> None:
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind(str(place.folder / "nobody.sock"))
    source = row(place, Path(engine_host.host.removeprefix("unix://")))
    # An argument can't come after another one: both are an error.
    for lower in ROWS[max(ROWS.index(row) + 1, 2) :]:
        lower(place, place.folder / "nobody.sock")

    async def test(engine: Any) -> None:
        assert await got(engine.system.ping()) == "OK"

    host = place.arguments.pop("host", None)
    with_engine(mode, v1_25, host, test, **place.arguments)
    assert find_host(host, **place.arguments).source == source


def test_nothing_at_all(place: Place) -> None:
    host = find_host()
    assert (host.socket, host.source) == (str(find.DEFAULT_SOCKET), "the default socket")
    with moorage.connect(v1_25.Engine) as engine:
        refused = pytest.raises(moorage.ConnectionFailed, match=re.escape(str(find.DEFAULT_SOCKET)))
        with refused, engine.system.events():
            pass


@pytest.mark.skipif(DEFAULT_SOCKET.exists(), reason="this machine has an engine")
@pytest.mark.parametrize("place", ENGINES, indirect=True)
def test_the_order_is_the_clis(
    place: Place, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "DEFAULT_SOCKET", DEFAULT_SOCKET)
    trustme.CA().cert_pem.write_to_path(str(place.folder / "ca.pem"))
    place.cli.create_context("named", host="unix:///named.sock")
    place.cli.create_context("chosen", host="tcp://127.0.0.1:1")
    place.cli.create_context("hostless", host="")
    # 20.10 takes a variable that is empty for one that is set.
    unset = [None] if request.node.callspec.params["place"] == "20.10" else [None, ""]
    hosts = [*unset, "unix:///host.sock", "tcp://127.0.0.1:1"]
    contexts = [*unset, "named", "hostless", "default"]
    theirs, ours = {}, {}
    for current in ("default", "chosen"):
        place.cli.use_context(current)
        for host, context, tls in product(
            hosts, contexts, [None, "DOCKER_TLS", "DOCKER_TLS_VERIFY"]
        ):
            row = {"DOCKER_HOST": host, "DOCKER_CONTEXT": context}
            if tls is not None:
                if host == "unix:///host.sock":
                    continue  # before 28.5, it tries TLS on the Unix socket, and fails
                row |= {tls: "1", "DOCKER_CERT_PATH": str(place.folder)}
            environment = {key: value for key, value in row.items() if value is not None}
            with monkeypatch.context() as patch:
                for key, value in environment.items():
                    patch.setenv(key, value)
                ours[current, *environment.items()] = str(find_host())
            theirs[current, *environment.items()] = place.cli.dialled(environment)
    assert ours == theirs
    assert len(set(ours.values())) == 5


def test_a_context_that_is_not_there(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.cli.create_context("one", host="unix:///x")
    place.cli.create_context("two", host="unix:///x")
    says = r"there is no context 'three' in .*/contexts/meta; there are: 'one', 'two'$"
    with pytest.raises(ValueError, match=f"of the argument context=: {says}"):
        moorage.connect(context="three")
    monkeypatch.setenv("DOCKER_CONTEXT", "three")
    with pytest.raises(ValueError, match=f"of DOCKER_CONTEXT: {says}"):
        moorage.connect()
    assert place.cli.run("version", environment={"DOCKER_CONTEXT": "three"}).returncode != 0


def test_hello_tells_what_decided(engines: Engines, place: Place) -> None:
    host = engines.get("28.5").host
    hello = [sys.executable, "-m", "moorage", "hello"]

    def said(*arguments: str, **environment: str) -> list[str]:
        environment |= {"DOCKER_CONFIG": str(place.cli.config)}
        done = subprocess.run(
            [*hello, *arguments], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()[:6]

    place.cli.create_context("named", host=host)
    by_host = said("-v", DOCKER_HOST=host, DOCKER_API_VERSION="1.30")
    assert by_host[1] == "    found by DOCKER_HOST"
    assert by_host[5] == "    chosen by DOCKER_API_VERSION"
    by_name = said("-v", "--api", "1.31", DOCKER_CONTEXT="named")
    assert by_name[1] == "    found by the context 'named' of DOCKER_CONTEXT"
    assert by_name[5] == "    chosen by the argument --api"
    place.cli.use_context("named")
    by_current = said("--verbose")
    assert by_current[1].startswith("    found by the current context 'named' in /")
    assert by_current[5] == "    chosen by negotiation"

"""Engines behind a real sshd on loopback, by the machine's kind of ssh client."""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
import pytest

import moorage
from moorage.errors import TimedOut
from moorage.host.ssh import Ssh
from moorage.private.debian import unpacked
from moorage.transport import tasks, threads
from moorage.transport.ssh import SshTunnel
from moorage.transport.steps import Steps, Wait
from moorage_api import v1_41
from tests.engines.conftest import ENGINES, FOLDER
from tests.engines.containers import container
from tests.engines.either import MODES, each, entered, got, with_engine
from tests.engines.scenario.world import until
from tests.engines.sshd import Sshd, sshd

if TYPE_CHECKING:
    from moorage.transport.processes import ProcessSocket
    from tests.engines.conftest import EngineHost, Engines

PING = b"GET /_ping HTTP/1.1\r\nHost: docker\r\n\r\n"
START = (
    "POST /exec/{id}/start HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"
    "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
)
CLIENTS = ("20.10", "28.5")
MAX_SESSIONS = 10
"""The most sessions that an sshd lets one connection have by default."""


def wait(unready: socket.socket, events: int, seconds: float = 10) -> Steps[None]:
    if not (yield Wait(unready, events, seconds)):
        raise TimedOut("the connect timeout is over")


def connected(tunnel: SshTunnel) -> ProcessSocket:
    return threads.run(tunnel.connect(lambda: wait))


def opened(ssh: Ssh) -> contextlib.closing[SshTunnel]:
    return contextlib.closing(SshTunnel(ssh, threads.ThreadLock))


def ping(connection: socket.socket) -> bool:
    connection.setblocking(True)
    connection.sendall(PING)
    return connection.recv(65536).endswith(b"\r\n\r\nOK")


def docker(release: str, engine: str) -> str:
    """Return a script that is docker's client of a release, with an engine to reach."""
    # Later ones have a package of their own.
    name, package = ("cli-forky", "docker-cli")
    if release == "20.10":
        name, package = (ENGINES[release], "docker.io")
    tree = unpacked(FOLDER, name, ENGINES[release], [package])
    return f'DOCKER_HOST={engine} exec {tree}/usr/bin/docker "$@"'


def of_server(server: Sshd) -> set[int]:
    """Return ssh's processes, masters too, that have the server's folder in their arguments."""
    found = set()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = process.read_bytes()
            if str(server.folder).encode() in words and not words.startswith(b"sshd:"):
                found.add(int(process.parent.name))
    return found


def children() -> set[int]:
    """Return this process' children, those that ended and were not reaped too."""
    found = set()
    for process in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            _, _, rest = process.read_text().rpartition(")")
            if int(rest.split()[1]) == os.getpid():
                found.add(int(process.parent.name))
    return found


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


@pytest.fixture(scope="module")
def running(private_machine: None) -> Iterator[Sshd]:
    with sshd(FOLDER) as server:
        yield server


@pytest.fixture
def server(
    running: Sshd,
    engines: Engines,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Sshd]:
    """An sshd, whose docker reaches the oldest engine; a test must leave nothing behind."""
    tmp_path_factory.getbasetemp()  # it is not to be in the folder that is set below
    running.configure()
    running.docker(docker("28.5", engines.get("20.10").host))
    monkeypatch.setenv("PATH", f"{running.client}:{os.environ['PATH']}")
    temporary = running.folder / "tmp"
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    gc.collect()
    before = children(), descriptors()
    yield running
    assert (children(), descriptors()) == before
    assert not list(temporary.iterdir())
    # The master is nobody's child, and ends a moment later.
    until(lambda: not of_server(running))


@pytest.fixture
def ssh(server: Sshd) -> Ssh:
    return Ssh("root", "127.0.0.1", server.port)


@pytest.fixture
def tunnel(ssh: Ssh) -> Iterator[SshTunnel]:
    with opened(ssh) as tunnel:
        yield tunnel


@pytest.mark.parametrize("release", CLIENTS)
def test_half_of_a_connection_can_be_closed(
    engine_host: EngineHost, image: str, server: Sshd, tunnel: SshTunnel, release: str
) -> None:
    server.docker(docker(release, engine_host.host))
    # It takes an answer before the end of its input, and has much to say after it.
    command = ["/bin/sh", "-c", "echo begin; cat; head -c 1000000 /dev/zero; echo end"]
    body = {"Cmd": command, "AttachStdin": True, "AttachStdout": True}
    with container(engine_host, image, "/bin/sleep", "600") as name, engine_host.http() as client:
        made = client.post(f"/containers/{name}/exec", json=body).json()["Id"]
        with connected(tunnel) as connection:
            connection.setblocking(True)
            connection.sendall(START.format(id=made).encode())
            said = b""
            while b"begin\n" not in said:
                said += connection.recv(65536)
            connection.sendall(b"word\n")
            connection.shutdown(socket.SHUT_WR)
            while data := connection.recv(65536):
                said += data
        assert b"word\n" in said
        assert said.endswith(b"end\n")
        assert said.count(b"\0") >= 1_000_000


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_connecting_in_a_task(ssh: Ssh, backend: str) -> None:
    async def main() -> None:
        with contextlib.closing(SshTunnel(ssh, tasks.TaskLock)) as tunnel:
            made: list[ProcessSocket] = []

            async def connect() -> None:
                made.append(await tasks.run(tunnel.connect(lambda: wait)))

            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(connect)
            for each in made:
                with each:
                    assert ping(each)

    anyio.run(main, backend=backend)


def test_a_task_that_is_cancelled(server: Sshd) -> None:
    async def main(port: int) -> None:
        silent = Ssh("root", "127.0.0.1", port)
        with contextlib.closing(SshTunnel(silent, tasks.TaskLock)) as tunnel:
            async with anyio.create_task_group() as group:
                group.start_soon(tasks.run, tunnel.connect(lambda: wait))
                await anyio.to_thread.run_sync(listener.accept)
                group.cancel_scope.cancel()

    with socket.create_server(("127.0.0.1", 0)) as listener, warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # what was accepted
        anyio.run(main, listener.getsockname()[1])
        gc.collect()


def test_the_engine_can_be_named(server: Sshd, engines: Engines) -> None:
    path = engines.get("20.10").host.removeprefix("unix://")
    server.docker(docker("20.10", "unix:///nonsuch"))
    named = Ssh("root", "127.0.0.1", server.port, path)
    with opened(named) as tunnel, connected(tunnel) as connection:
        assert ping(connection)


Arrange = Callable[[Sshd], object]
FAILURES: dict[str, tuple[Arrange, str]] = {
    "unknown host": (
        lambda server: server.configure("UserKnownHostsFile /dev/null"),
        "(?s)ssh says: .*Host key verification failed",
    ),
    "wrong key": (
        lambda server: server.configure(key="other_key"),
        r"ssh says: root@127.0.0.1: Permission denied \(publickey",
    ),
    "nothing listens": (
        lambda server: server.configure("HostName 127.0.0.2"),
        "ssh says: ssh: connect to host 127.0.0.2 port [0-9]+: Connection refused",
    ),
    "configuration": (
        lambda server: server.configure("Nonsense yes"),
        "(?s)ssh says: .*Bad configuration option: nonsense",
    ),
    "no docker": (lambda server: server.docker(None), "ssh says: .*docker: not found"),
    "no engine": (
        lambda server: server.docker(docker("20.10", "unix:///nonsuch")),
        "ssh says: .*/nonsuch: connect: no such file",
    ),
    "noise": (lambda server: server.docker("echo hello"), "is not an engine's: b'hello"),
    "endless noise": (
        lambda server: server.docker("while printf 'HTTP/1.1 %9999d'; do true; done"),
        "is not an engine's: b'HTTP/1.1  ",
    ),
    "silence": (lambda server: server.docker("exit"), "ssh ended without a word"),
    "control": (
        lambda server: server.docker(r"printf '\033[31mred\033[0m\n' >&2"),
        r"ssh says: \[31mred\[0m$",
    ),
    "no ssh": (lambda server: os.environ.update(PATH="/nonsuch"), "no ssh in PATH"),
}


@pytest.mark.parametrize("case", FAILURES)
def test_what_ssh_says_reaches_the_user(server: Sshd, tunnel: SshTunnel, case: str) -> None:
    arrange, words = FAILURES[case]
    arrange(server)
    for _ in range(2):
        with pytest.raises(OSError, match=words):
            connected(tunnel)


def test_a_server_that_says_nothing(server: Sshd) -> None:
    def briefly(unready: socket.socket, events: int) -> Steps[None]:
        return wait(unready, events, seconds=0.5)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = Ssh("root", "127.0.0.1", listener.getsockname()[1])
        with opened(silent) as tunnel, pytest.raises(TimedOut):
            threads.run(tunnel.connect(lambda: briefly))


@pytest.mark.parametrize(
    ("accepts", "words"),
    [
        (True, "banner exchange.*; does an ssh server listen at that port\\?$"),
        (False, r"ssh says: ssh: connect to host 127\.0\.0\.1 port \d+: Connection timed out$"),
    ],
)
def test_a_wrong_port_is_told_from_a_silent_host(server: Sshd, accepts: bool, words: str) -> None:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        address: tuple[str, int] = listener.getsockname()
        if not accepts:  # its queue is full: nobody else gets an answer
            for _ in range(2):
                waiting = stack.enter_context(socket.socket())
                waiting.setblocking(False)
                waiting.connect_ex(address)
        tunnel = stack.enter_context(opened(Ssh("root", *address)))
        with pytest.raises(OSError, match=words):
            threads.run(tunnel.connect(lambda: wait, 2.5))


def test_the_users_own_timeout(server: Sshd) -> None:
    server.configure("ConnectTimeout 1")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        silent = Ssh("root", "127.0.0.1", listener.getsockname()[1])
        with opened(silent) as tunnel, pytest.raises(OSError, match="banner exchange"):
            threads.run(tunnel.connect(lambda: wait, 1000.0))


def test_one_connection_is_shared(server: Sshd, tunnel: SshTunnel) -> None:
    before = server.connections()
    with connected(tunnel) as one, connected(tunnel) as two:
        assert ping(one)
        assert ping(two)
    with connected(tunnel) as three:
        assert ping(three)
    assert server.connections() == before + 1


def test_a_long_name_of_the_temporary_folder(
    server: Sshd, tunnel: SshTunnel, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = server.folder / ("long" * 20)
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    before = server.connections()
    with connected(tunnel) as one, connected(tunnel) as two:
        assert ping(one)
        assert ping(two)
    assert server.connections() == before + 1
    assert not list(place.iterdir())


def end_master(server: Sshd) -> None:
    command = ["ssh", "-O", "exit", "-p", str(server.port), "-l", "root", "127.0.0.1"]
    subprocess.run(command, check=True, capture_output=True)


def test_the_users_own_master(server: Sshd, ssh: Ssh) -> None:
    path = server.folder / "control"
    server.configure(f"ControlMaster auto\nControlPersist 60\nControlPath {path}")
    before = server.connections()
    for _ in range(2):
        with opened(ssh) as tunnel, connected(tunnel) as connection:
            assert ping(connection)
        assert path.exists()  # it is not the tunnel's to end
    assert server.connections() == before + 1
    with opened(ssh) as tunnel:
        with connected(tunnel) as connection:
            end_master(server)
            connection.setblocking(True)
            assert connection.recv(1) == b""
        until(lambda: not path.exists())
        # Whatever becomes of a master, the next connection makes another.
        with connected(tunnel) as connection:
            assert ping(connection)
    end_master(server)


def test_many_at_once(server: Sshd, tunnel: SshTunnel) -> None:
    before = server.connections()
    made: list[ProcessSocket] = []
    started = [threading.Thread(target=lambda: made.append(connected(tunnel))) for _ in range(30)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert len(made) == len(started)
    assert all(map(ping, made))
    # Those that the server does not let the one connection have make their own.
    assert server.connections() == before + 1 + len(started) - MAX_SESSIONS
    for connection in made:
        connection.close()


def test_a_jump_host(server: Sshd) -> None:
    here = f"HostName 127.0.0.1\nPort {server.port}\nUser root"
    server.configure(f"Host far\n{here}\nProxyJump jump\nHost jump\n{here}")
    before = server.connections()
    far = Ssh(None, "far")
    with opened(far) as tunnel, connected(tunnel) as one, connected(tunnel) as two:
        assert ping(one)
        assert ping(two)
    assert server.connections() == before + 2


def test_closing_a_connection_ends_its_process(server: Sshd, tunnel: SshTunnel) -> None:
    # The far end does not: an engine's process need not either, when its input ends.
    pipe = server.folder / "pipe"
    os.mkfifo(pipe)
    server.docker(f"printf 'HTTP/1.1 200 OK\\r\\n\\r\\n'; read end < {pipe}")
    before = descriptors()
    connection = connected(tunnel)
    closing = threading.Thread(target=connection.close)
    closing.start()
    closing.join()
    until(lambda: connection.process.poll() is not None)
    assert descriptors() == before
    pipe.write_text("\n")


def test_a_connection_that_is_dropped(tunnel: SshTunnel) -> None:
    connections = [connected(tunnel)]
    process = connections[0].process
    with pytest.warns(ResourceWarning, match="unclosed"):
        connections.clear()
    until(lambda: process.poll() is not None)


def test_a_tunnel_that_is_dropped(server: Sshd, ssh: Ssh) -> None:
    tunnel = SshTunnel(ssh, threads.ThreadLock)
    with connected(tunnel) as connection:
        assert ping(connection)
    del tunnel
    gc.collect()


def test_a_tunnel_that_is_closed(tunnel: SshTunnel) -> None:
    with connected(tunnel) as connection:
        tunnel.close()
        assert connection.process.returncode is not None
        with pytest.raises(OSError, match="closed"):
            connected(tunnel)


def test_a_fork_leaves_its_parents_connections_alone(tunnel: SshTunnel) -> None:
    with connected(tunnel) as connection:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # there may be other threads
            child = os.fork()
        if child == 0:
            connection.close()
            tunnel.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert ping(connection)
        with connected(tunnel) as another:
            assert ping(another)


EXITING = """
import sys
from moorage.host.ssh import Ssh
from moorage.transport import threads
from moorage.transport.steps import Wait
from moorage.transport.ssh import SshTunnel

def wait(unready, events):
    assert (yield Wait(unready, events, 10))

tunnel = SshTunnel(Ssh("root", "127.0.0.1", int(sys.argv[1])), threads.ThreadLock)
kept = [threads.run(tunnel.connect(lambda: wait)) for _ in range(2)]
"""


def test_the_end_of_the_interpreter(server: Sshd) -> None:
    before = server.connections()
    place = os.environ | {"TMPDIR": str(server.folder / "tmp")}
    done = subprocess.run(
        [sys.executable, "-c", EXITING, str(server.port)],
        env=place,
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert server.connections() == before + 1


# As users have it


@pytest.mark.parametrize("mode", MODES)
def test_an_engine_behind_ssh(
    engine_host: EngineHost, image: str, server: Sshd, mode: str, tmp_path: Path
) -> None:
    server.docker(docker("28.5", engine_host.host))

    async def test(engine: Any) -> None:
        assert await got(engine.system.ping()) == "OK"
        assert await got(engine.containers.export(name).write_to(tmp_path / "x")) > 1_000_000
        data = bytes(range(256)) * 10_000
        assert await got(engine.execute(name, ["/bin/cat"], input=data)) == (0, data, b"", data)
        logs = engine.containers.logs(name, stdout=True, follow=True)
        async with entered(logs):
            async for frame in each(logs):
                assert frame.data == b"word\n"
                break

    before = server.connections()
    with container(engine_host, image, "/bin/sh", "-c", "echo word; exec sleep 600") as name:
        with_engine(mode, v1_41, f"ssh://root@127.0.0.1:{server.port}", test)
    assert server.connections() == before + 1


@pytest.mark.parametrize("mode", MODES)
def test_a_build_by_buildkit(server: Sshd, engines: Engines, mode: str, tmp_path: Path) -> None:
    server.docker(docker("28.5", engines.get("28.5").host))
    large = os.urandom(3_000_000)

    async def test(engine: Any) -> None:
        files = {"Dockerfile": "FROM scratch\nCOPY large /\n", "large": large}
        await got(engine.build(files, output=tmp_path / "out", builder="buildkit"))
        same = (tmp_path / "out/large").read_bytes() == large
        assert same

    with_engine(mode, v1_41, f"ssh://root@127.0.0.1:{server.port}", test)


@pytest.mark.parametrize("mode", MODES)
def test_an_engine_that_ssh_does_not_reach(server: Sshd, mode: str, tmp_path: Path) -> None:
    server.docker("echo no engine here >&2; exit 1")

    async def test(engine: Any) -> None:
        words = "can't be reached: ssh says: no engine here"
        with pytest.raises(moorage.ConnectionFailed, match=words):
            await got(engine.system.ping())
        with pytest.raises(moorage.ConnectionFailed, match=words):
            await got(engine.containers.export("x").write_to(tmp_path / "x"))

    with_engine(mode, v1_41, f"ssh://root@127.0.0.1:{server.port}", test)

"""A daemon in namespaces of its own, which can be started again on its folder.

Network, mount and process namespaces are its own, and its data, its state and its socket are in
one folder. The process namespace is what makes stopping sure: its first process is the daemon, and
when that ends, containerd and every container end with it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from moorage.private.errors import PrivateEngineError

__all__ = ["LOG", "RUN", "SOCKET", "Daemon", "remove_groups", "running"]

SOCKET, LOG = "docker.sock", "engine.log"
RUN = "run"
"""A folder within that of a daemon, which is emptied at each start, like /run at a boot."""

START_SECONDS = 60.0
STOP_SECONDS = 15.0


class Daemon:
    """A daemon, which keeps its folder and its network from one start to the next.

    Args:
        home: Its folder.
        trees: Folders of unpacked packages, whose programs it finds before the machine's.
        command: The program and its arguments.
        environment: Its variables, besides PATH.
        beside: The daemon whose network it is in; it has one of its own by default.
    """

    def __init__(
        self,
        home: Path,
        trees: Sequence[Path],
        command: Sequence[str],
        environment: Mapping[str, str],
        beside: Daemon | None,
    ) -> None:
        self._home = home
        self._trees = trees
        self._command = command
        self._environment = environment
        self._beside = beside
        self._network: int | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process, as this machine counts."""
        return int((self._home / RUN / "pid").read_text())

    @property
    def network(self) -> str:
        """The file of its network namespace, which is there whether it runs or not."""
        return f"/proc/{os.getpid()}/fd/{self._network}"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        run = self._home / RUN
        if run.exists():
            shutil.rmtree(run)
        run.mkdir()
        self._process = self._started()
        self._await_ping(self._process)
        if self._network is None:
            self._network = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY)

    def stop(self) -> None:
        """Ask it to end, which also clears its control groups; then end it."""
        process = self._process
        if process is None:
            return
        try:
            if process.poll() is None:
                # unshare ignores SIGTERM while it waits, so this goes to the daemon itself.
                with contextlib.suppress(OSError, ValueError):
                    os.kill(self.pid, signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(STOP_SECONDS)
        finally:
            process.kill()
            process.wait()
        remove_groups(self._home.name)

    def run(self, *command: str, stdin: str) -> None:
        """Run a program among its programs, and in its network.

        Raises:
            PrivateEngineError: It failed.
        """
        done = subprocess.run(  # noqa: S603 - fixed programs, no shell
            ["nsenter", f"--target={self.pid}", "--mount", "--net", *command],  # noqa: S607
            env={"PATH": _path(self._trees)},
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        if done.returncode:
            raise PrivateEngineError(f"{' '.join(command)} failed: {done.stdout.strip()[-500:]}")

    def close(self) -> None:
        """Stop it for good, and let go of its network."""
        try:
            self.stop()
        finally:
            if self._network is not None:
                os.close(self._network)

    def _started(self) -> subprocess.Popen[bytes]:
        """Start the command in new namespaces; the process returned is the one that waits."""
        program = str(Path(__file__).with_name("inside.py"))
        inside = [sys.executable, "-I", program, str(self._home), RUN, _libraries(self._trees)]
        known = self if self._network is not None else self._beside
        network = ["nsenter", f"--net={known.network}", "unshare"] if known else ["unshare", "-n"]
        # Should this process be killed, the kernel kills unshare, and with it all of the namespace.
        outside = ["setpriv", "--pdeathsig", "KILL", *network, "--mount", "--pid", "--fork"]
        with (self._home / LOG).open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - fixed programs, no shell
                [*outside, "--kill-child", "--", *inside, *self._command],
                env={**self._environment, "PATH": _path(self._trees)},
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # Ctrl-C is for this process, which then stops the engine
            )

    def _await_ping(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers; nothing else shows when it is ready."""
        deadline = time.monotonic() + START_SECONDS
        while not _pings(self._home / SOCKET):
            if process.poll() is not None:
                raise PrivateEngineError(f"the engine ended before it was ready:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise PrivateEngineError(
                    f"the engine is not ready after {START_SECONDS:.0f} s:\n{self._tail()}"
                )
            time.sleep(0.05)

    def _tail(self, lines: int = 15) -> str:
        log = self._home / LOG
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


@contextlib.contextmanager
def running(
    home: Path,
    trees: Sequence[Path],
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    beside: Daemon | None = None,
) -> Iterator[Daemon]:
    """Run a daemon, from when it answers; stop it at the end."""
    daemon = Daemon(home, trees, command, environment or {}, beside)
    try:
        daemon.start()
        yield daemon
    finally:
        daemon.close()


def remove_groups(name: str) -> None:
    """Remove the control groups of a name, as far as no process is in them."""
    # os.walk passes over the groups of other engines that end meanwhile; Path.glob does not.
    groups = [Path(top, name) for top, inner, _ in os.walk("/sys/fs/cgroup") if name in inner]
    for group in groups:
        for inner, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                Path(inner).rmdir()


def _path(trees: Sequence[Path]) -> str:
    """Return a PATH with the unpacked programs first."""
    parts = ("usr/sbin", "usr/bin", "sbin", "bin")
    programs = [str(tree / part) for tree in trees for part in parts]
    return os.pathsep.join([*programs, "/usr/sbin", "/usr/bin", "/sbin", "/bin"])


def _libraries(trees: Sequence[Path]) -> str:
    """Return the folders of the shared libraries that were unpacked."""
    parts = ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*")
    return os.pathsep.join(
        str(each) for tree in trees for part in parts for each in tree.glob(part)
    )


def _pings(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False

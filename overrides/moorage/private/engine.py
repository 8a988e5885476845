"""Start and stop a private engine.

The engine has network, mount and process namespaces of its own, and its data, its state and its
socket are under one temporary folder. The process namespace is what makes stopping sure: its first
process is the engine, and when that ends, containerd and every container end with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from moorage.private.debian import CODENAME, engines_folder, machine_is_debian, unpacked
from moorage.private.errors import PrivateEngineError

__all__ = [
    "PrivateEngine",
    "beside_tree",
    "private_engine",
    "remove_groups",
    "running",
    "temporary_folder",
    "why_not",
]

BESIDE = (
    *("containerd", "runc", "tini", "libdevmapper1.02.1", "libseccomp2"),
    *("procps", "libproc2-0"),  # an engine runs ps to list a container's processes
)
"""Packages that an engine needs, including some that bare Debian lacks."""

SOCKET, LOG = "docker.sock", "engine.log"
START_SECONDS = 60.0
STOP_SECONDS = 15.0


@dataclass(frozen=True)
class PrivateEngine:
    """An engine that is running, and that ends with the `private_engine` that started it."""

    host: str
    """The address of its socket, as DOCKER_HOST has it."""
    log: Path
    """Log of the engine, which is removed with it."""
    pid: int
    """The process of dockerd, as this machine counts."""
    suite: str
    """The Debian suite that dockerd is from."""


def why_not() -> str | None:
    """Return why this machine or user cannot start a private engine; None if they can."""
    if not machine_is_debian():
        return "a private engine is unpacked from Debian's packages, and this is not Debian"
    if os.geteuid() != 0:
        return "a private engine needs root"
    return None


@contextlib.contextmanager
def private_engine(
    suite: str = CODENAME,
    *,
    extra_args: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    beside: PrivateEngine | None = None,
) -> Iterator[PrivateEngine]:
    """Start the engine of a Debian suite; stop it and remove its data at the end.

    The packages are unpacked into `folder`, `.engines` of the current folder by default, unless
    they are there. `extra_args` and `environment` go to dockerd. The engine is in the network of
    the one that it is to stand `beside`. It dies with the thread that started it, so start it in
    one that outlives it.

    Raises:
        PrivateEngineError: Not root, not Debian, no packages, or dockerd did not start.
    """
    if reason := why_not():
        raise PrivateEngineError(reason)
    trees = _trees(engines_folder(folder), suite)
    with (
        temporary_folder() as home,
        running(home, trees, _dockerd(home, trees, extra_args), beside, environment) as pid,
    ):
        yield PrivateEngine(f"unix://{home}/{SOCKET}", home / LOG, pid, suite)


@contextlib.contextmanager
def running(
    home: Path,
    trees: Sequence[Path],
    command: Sequence[str],
    beside: PrivateEngine | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[int]:
    """Run an engine's command in new namespaces until it answers; stop it at the end.

    Yields:
        Its process, as this machine counts.
    """
    log = home / LOG
    process = _start(home, trees, log, command, beside, environment or {})
    try:
        _await_ping(home / SOCKET, process, log)
        yield int((home / "pid").read_text())
    finally:
        _stop(process, home)


def _trees(folder: Path, suite: str) -> list[Path]:
    """Return the unpacked trees, first the engine's; the rest is one suite's for every engine."""
    beside = beside_tree(folder)
    return [unpacked(folder, suite, suite, ["docker.io"]), beside]


def beside_tree(folder: Path) -> Path:
    """Return the folder of the unpacked programs that engines need."""
    return unpacked(folder, "beside", CODENAME, BESIDE)


def _dockerd(home: Path, trees: Sequence[Path], extra_args: Sequence[str]) -> list[str]:
    """Write the configuration, and return the command that starts an engine with it."""
    # The machine's own settings are not for this engine; and 20.10 would put a key into /etc.
    key = {"deprecated-key-path": f"{home}/key.json"} if trees[0].name == CODENAME else {}
    (home / "daemon.json").write_text(json.dumps(key))
    return [
        "dockerd",
        f"--host=unix://{home}/{SOCKET}",
        f"--config-file={home}/daemon.json",
        f"--data-root={home}/data",
        f"--exec-root={home}/exec",
        f"--pidfile={home}/dockerd.pid",
        f"--cgroup-parent=/{home.name}",
        "--exec-opt=native.cgroupdriver=cgroupfs",
        f"--init-path={trees[1]}/usr/bin/tini-static",
        "--storage-driver=vfs",  # works on every file system, and the images are tiny
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
        "--ip-forward=false",
        *extra_args,
    ]


def _start(
    home: Path,
    trees: Sequence[Path],
    log: Path,
    command: Sequence[str],
    beside: PrivateEngine | None,
    environment: Mapping[str, str],
) -> subprocess.Popen[bytes]:
    """Start a command in new namespaces; the process returned is the one that waits for it."""
    program = str(Path(__file__).with_name("inside.py"))
    inside = [sys.executable, "-I", program, str(home), _libraries(trees)]
    network = (
        ["nsenter", f"--net=/proc/{beside.pid}/ns/net", "unshare"]
        if beside
        else ["unshare", "--net"]
    )
    # Should this process be killed, the kernel kills unshare, and with it all of the namespace.
    outside = ["setpriv", "--pdeathsig", "KILL", *network, "--mount", "--pid", "--fork"]
    with log.open("wb") as output:
        return subprocess.Popen(  # noqa: S603 - fixed programs, no shell
            [*outside, "--kill-child", "--", *inside, *command],
            env={**environment, "PATH": _path(trees)},
            cwd=home,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C is for this process, which then stops the engine
        )


def _path(trees: Sequence[Path]) -> str:
    """Return a PATH with the unpacked programs first."""
    programs = [str(tree / part) for tree in trees for part in ("usr/sbin", "usr/bin", "bin")]
    return os.pathsep.join([*programs, "/usr/sbin", "/usr/bin", "/sbin", "/bin"])


def _libraries(trees: Sequence[Path]) -> str:
    """Return the folders of the shared libraries that were unpacked."""
    parts = ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*")
    return os.pathsep.join(
        str(each) for tree in trees for part in parts for each in tree.glob(part)
    )


def _await_ping(path: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the engine answers; nothing else shows when it is ready."""
    deadline = time.monotonic() + START_SECONDS
    while not _pings(path):
        if process.poll() is not None:
            raise PrivateEngineError(f"the engine ended before it was ready:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise PrivateEngineError(
                f"the engine is not ready after {START_SECONDS:.0f} s:\n{_tail(log)}"
            )
        time.sleep(0.05)


def _pings(path: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            connection.sendall(b"GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes], home: Path) -> None:
    """Ask dockerd to end, which also clears its control groups; then end it."""
    try:
        if process.poll() is None:
            # unshare ignores SIGTERM while it waits, so this goes to dockerd itself.
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((home / "pid").read_text()), signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
    finally:
        process.kill()
        process.wait()
    remove_groups(home.name)


def remove_groups(name: str) -> None:
    """Remove the control groups of a name, as far as no process is in them."""
    # os.walk passes over the groups of other engines that end meanwhile; Path.glob does not.
    groups = [Path(top, name) for top, inner, _ in os.walk("/sys/fs/cgroup") if name in inner]
    for group in groups:
        for inner, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                Path(inner).rmdir()


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the engine's data; socket paths are short, so its name is too."""
    home = Path(tempfile.mkdtemp(prefix="moorage-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])

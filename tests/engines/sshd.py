"""A real sshd on loopback and a client that knows it, Debian's: unpacked, not installed."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from moorage.private.debian import CODENAME, unpacked

__all__ = ["Sshd", "sshd"]

PACKAGES = (
    *("openssh-server", "openssh-client", "libwrap0", "libnsl2", "libtirpc3", "libgssapi-krb5-2"),
    *("libkrb5-3", "libk5crypto3", "libkrb5support0", "libkeyutils1", "libcom-err2", "libssl3"),
    *("libedit2", "libbsd0", "libmd0", "libfido2-1", "libcbor0.8"),
)
"""With the libraries that bare Debian need not have."""

# In a mount namespace of its own: sshd asks for a user of its own and for /run/sshd, which nobody
# has to install so; and root gets a home that is the test's.
ENTER = """
mount --bind "$1/passwd" /etc/passwd
for each in /run /var/log; do mount -t tmpfs tmpfs $each; done
mkdir -m 755 /run/sshd
exec "$2" -D -e -f "$1/sshd_config"
"""
SERVER = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/client_key.pub
PermitRootLogin yes
PasswordAuthentication no
StrictModes no
UsePAM no
PidFile none
PrintMotd no
LogLevel VERBOSE
SetEnv PATH={folder}/far
"""
CLIENT = """
UserKnownHostsFile {folder}/known_hosts
GlobalKnownHostsFile none
IdentityFile {folder}/{key}
IdentitiesOnly yes
IdentityAgent none
"""


class Sshd:
    """An sshd that runs.

    Args:
        folder: Its own. `client` is to be put into PATH, `far` is the PATH of what it runs.
        port: Its port on 127.0.0.1.
        tree: The folder of its programs.
    """

    def __init__(self, folder: Path, port: int, tree: Path) -> None:
        self.folder = folder
        self.port = port
        self.tree = tree
        self.client = folder / "client"
        self.log = folder / "log"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the programs need to find their libraries."""
        parts = [*self.tree.glob("lib/*-linux-gnu"), *self.tree.glob("usr/lib/*-linux-gnu")]
        return {"LD_LIBRARY_PATH": os.pathsep.join(map(str, parts))}

    def connections(self) -> int:
        """Return how many there have been that were let in."""
        return self.log.read_text().count("Accepted publickey")

    def configure(self, more: str = "", key: str = "client_key") -> None:
        """Write the client's configuration, with more in front of it."""
        config = f"{more}\nHost *\n{CLIENT.format(folder=self.folder, key=key)}"
        (self.folder / "config").write_text(config)

    def docker(self, script: str | None) -> None:
        """Set what `docker` is at the far end, a shell script; None for no such."""
        far = self.folder / "far" / "docker"
        if script is None:
            far.unlink(missing_ok=True)
        else:
            _script(far, script)


@contextlib.contextmanager
def sshd(engines: Path) -> Iterator[Sshd]:
    """Start one; its programs are unpacked into a folder below `engines`."""
    tree = unpacked(engines, "ssh", CODENAME, PACKAGES)
    with tempfile.TemporaryDirectory(prefix="moorage-sshd-") as name:
        folder = Path(name)
        server = Sshd(folder, _free_port(), tree)
        _furnish(server)
        with server.log.open("wb") as log, _running(server, log.fileno()):
            yield server


def _furnish(server: Sshd) -> None:
    folder = server.folder
    for each in ("client", "far", "home", "tmp"):
        (folder / each).mkdir()
    (folder / "passwd").write_text(
        f"root:x:0:0:root:{folder}/home:/bin/sh\nsshd:x:65533:65534::/run/sshd:/bin/false\n"
    )
    (folder / "sshd_config").write_text(SERVER.format(folder=folder, port=server.port))
    keygen = [str(server.tree / "usr/bin/ssh-keygen"), "-q", "-t", "ed25519", "-N", ""]
    for key in ("host_key", "client_key", "other_key"):
        subprocess.run(
            [*keygen, "-f", str(folder / key)], env=os.environ | server.environment, check=True
        )
    known = (folder / "host_key.pub").read_text()
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {known}")
    server.configure()
    program = server.tree / "usr/bin/ssh"
    exports = "".join(f"export {name}={value}\n" for name, value in server.environment.items())
    _script(folder / "client" / "ssh", f'{exports}exec {program} -F {folder}/config "$@"')


@contextlib.contextmanager
def _running(server: Sshd, log: int) -> Iterator[None]:
    program = server.tree / "usr/sbin/sshd"
    process = subprocess.Popen(
        ["unshare", "--mount", "sh", "-ec", ENTER, "sh", server.folder, program],
        env=os.environ | server.environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )
    try:
        _await_greeting(server, process)
        yield
    finally:
        process.terminate()
        process.wait()


def _await_greeting(server: Sshd, process: subprocess.Popen[bytes]) -> None:
    """Wait until it answers; nothing else tells when it is ready."""
    deadline = time.monotonic() + 10
    while True:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", server.port), 5) as connection,
        ):
            assert connection.recv(4) == b"SSH-"
            return
        assert process.poll() is None, server.log.read_text()
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.02)


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port

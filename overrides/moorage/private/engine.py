"""Start and stop a private engine, of Docker's."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moorage.private.daemon import LOG, RUN, SOCKET, Daemon, running
from moorage.private.debian import CODENAME, engines_folder, machine_is_debian, unpacked
from moorage.private.errors import PrivateEngineError

__all__ = ["PrivateEngine", "beside_tree", "private_engine", "temporary_folder", "why_not"]

BESIDE = (
    *("containerd", "runc", "tini", "libdevmapper1.02.1", "libseccomp2"),
    *("procps", "libproc2-0"),  # an engine runs ps to list a container's processes
)
"""Packages that an engine needs, including some that bare Debian lacks."""

NETWORK = (
    # An engine runs iptables in a container, which finds others by their names then.
    *("iptables", "libip4tc2", "libip6tc2", "libxtables12", "libmnl0", "libnftnl11"),
    *("libnetfilter-conntrack3", "libnfnetlink0"),
    # The engines of a swarm are joined by ip.
    *("iproute2", "libbpf1", "libelf1", "libcap2", "libbsd0", "libmd0"),
)
"""Packages that networks need."""


@dataclass(frozen=True)
class PrivateEngine:
    """An engine that is running, and that ends with the `private_engine` that started it."""

    host: str
    """The address of its socket, as DOCKER_HOST has it."""
    log: Path
    """Log of the engine, which is removed with it."""
    suite: str
    """The Debian suite that its daemon is from."""
    daemon: Daemon = field(repr=False)

    @property
    def pid(self) -> int:
        """The process of its daemon, as this machine counts; another one after a restart."""
        return self.daemon.pid

    def restart(self) -> None:
        """Stop the engine, if it still runs, and start it again on its data, at the same address.

        It is like a machine that boots: all containers end, and Docker starts those again whose
        restart policy says so. The engine keeps its images, volumes, networks and its place in a
        swarm. To have it crash instead of stopping, kill its process before.

        Raises:
            PrivateEngineError: It did not start again.
        """
        self.daemon.stop()
        self.daemon.start()


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
    the one that it is to stand `beside`. It dies with the thread that started it, or started it
    again, so do so in one that outlives it.

    Raises:
        PrivateEngineError: Not root, not Debian, no packages, or dockerd did not start.
    """
    if reason := why_not():
        raise PrivateEngineError(reason)
    place = engines_folder(folder)
    engine = unpacked(place, suite, suite, ["docker.io"])
    needed = beside_tree(place)
    network = unpacked(place, "network", CODENAME, NETWORK)
    (extensions,) = network.glob("usr/lib/*/xtables")
    variables = {"XTABLES_LIBDIR": str(extensions), **(environment or {})}
    with temporary_folder() as home:
        trees = [engine, needed, network, _iptables(home, network)]
        command = _dockerd(home, trees, extra_args)
        neighbour = beside.daemon if beside else None
        with running(home, trees, command, variables, neighbour) as daemon:
            yield PrivateEngine(f"unix://{home}/{SOCKET}", home / LOG, suite, daemon)


def beside_tree(folder: Path) -> Path:
    """Return the folder of the unpacked programs that engines need."""
    return unpacked(folder, "beside", CODENAME, BESIDE)


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for the engine's data; socket paths are short, so its name is too."""
    home = Path(tempfile.mkdtemp(prefix="moorage-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _iptables(home: Path, network: Path) -> Path:
    """Make a tree of the names of iptables, which are made when its package is installed."""
    tree = home / "iptables"
    programs = tree / "usr/sbin"
    programs.mkdir(parents=True)
    for name in ("iptables", "ip6tables"):
        (programs / name).symlink_to(network / f"usr/sbin/{name}-nft")
    return tree


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
        f"--exec-root={home}/{RUN}/exec",
        f"--pidfile={home}/{RUN}/dockerd.pid",
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

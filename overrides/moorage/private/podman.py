"""Podman's engine, started and stopped as Docker's are: it speaks the same API."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from moorage.private.daemon import LOG, RUN, SOCKET, remove_groups, running
from moorage.private.debian import CODENAME, engines_folder, unpacked
from moorage.private.engine import PrivateEngine, beside_tree, temporary_folder, why_not
from moorage.private.errors import PrivateEngineError

__all__ = ["private_podman"]

_FILES = {
    "containers.conf": """
[containers]
seccomp_profile = "TREE/usr/share/containers/seccomp.json"
[engine]
cgroup_manager = "cgroupfs"
conmon_path = ["TREE/usr/bin/conmon"]
events_logger = "file"
helper_binaries_dir = ["TREE/usr/lib/podman", "TREE/usr/libexec/podman", "NAMES/usr/lib/podman"]
runtime = "runc"
[engine.runtimes]
runc = ["BESIDE/usr/sbin/runc"]
[network]
NETWORK
network_config_dir = "HOME/networks"
""",
    "storage.conf": """
[storage]
driver = "vfs"
graphroot = "HOME/data"
runroot = "HOME/RUN"
""",
    "policy.json": '{"default": [{"type": "insecureAcceptAnything"}]}',
    # As for Docker's engines, those on the loopback need no TLS.
    "registries.conf": """
[[registry]]
location = "127.0.0.1"
insecure = true
""",
}
"""Podman's configuration. It has no argument for the place of some of it, which is /etc."""

_NETWORKS = {
    "bookworm": 'cni_plugin_dirs = ["TREE/usr/lib/cni"]\nnetwork_backend = "cni"',
    "trixie": 'firewall_driver = "none"\nnetwork_backend = "netavark"',
}
"""Network backend of the Podman of each suite."""

_NO_FIREWALL = """#!/bin/sh
echo iptables v1.8.9
"""
"""An iptables that does nothing; without one, Podman 4.3 makes no network."""

_GROUP = "libpod_parent"
"""The control group that every Podman makes, whatever its configuration."""

_IN_AN_ETC_OF_ITS_OWN = """
set -e
if [ ! -d "$0/etc" ]; then
    cp -a /etc "$0/etc"
    rm -rf "$0/etc/containers"
    mv "$0/containers" "$0/etc/containers"
fi
mount --no-mtab --bind "$0/etc" /etc
exec "$@"
"""


@contextlib.contextmanager
def private_podman(suite: str = CODENAME, *, folder: Path | None = None) -> Iterator[PrivateEngine]:
    """Start the Podman of a Debian suite; stop it and remove its data at the end.

    The packages are unpacked into `folder`, `.engines` of the current folder by default, unless
    they are there.

    Raises:
        PrivateEngineError: Not root, not Debian, no packages, or it did not start.
    """
    if reason := why_not():
        raise PrivateEngineError(reason)
    place = engines_folder(folder)
    beside = beside_tree(place)
    name = "podman" if suite == CODENAME else f"podman-{suite}"
    tree = unpacked(place, name, suite, ["podman"], whole=True)
    # Netavark's DNS server, without which it can't take a container out of a network either.
    names = tree if suite == CODENAME else unpacked(place, "aardvark", suite, ["aardvark-dns"])
    with temporary_folder() as home:
        places = {"HOME": home, "RUN": Path(RUN), "TREE": tree, "BESIDE": beside, "NAMES": names}
        _configure(home / "containers", _NETWORKS[suite], places)
        podman = ["podman", "system", "service", "--time=0", f"unix://{home}/{SOCKET}"]
        command = ["sh", "-c", _IN_AN_ETC_OF_ITS_OWN, str(home), *podman]
        try:
            with running(home, [_no_firewall(home), tree, beside], command) as daemon:
                yield PrivateEngine(f"unix://{home}/{SOCKET}", home / LOG, suite, daemon)
        finally:
            remove_groups(_GROUP)


def _no_firewall(home: Path) -> Path:
    tree = home / "no-firewall"
    programs = tree / "usr/sbin"
    programs.mkdir(parents=True)
    for name in ("iptables", "ip6tables"):
        (programs / name).write_text(_NO_FIREWALL)
        (programs / name).chmod(0o755)
    return tree


def _configure(folder: Path, networks: str, places: Mapping[str, Path]) -> None:
    folder.mkdir()
    for name, text in _FILES.items():
        text = text.replace("NETWORK", networks)
        for word, place in places.items():
            text = text.replace(word, str(place))
        (folder / name).write_text(text)

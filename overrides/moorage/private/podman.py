"""Podman's engine, started and stopped as Docker's are: it speaks the same API."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from moorage.private.debian import CODENAME, engines_folder, unpacked
from moorage.private.engine import (
    LOG,
    SOCKET,
    PrivateEngine,
    beside_tree,
    remove_groups,
    running,
    temporary_folder,
    why_not,
)
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
runtime = "runc"
[engine.runtimes]
runc = ["BESIDE/usr/sbin/runc"]
[network]
cni_plugin_dirs = ["TREE/usr/lib/cni"]
network_backend = "cni"
network_config_dir = "HOME/cni"
""",
    "storage.conf": """
[storage]
driver = "vfs"
graphroot = "HOME/data"
runroot = "HOME/run"
""",
    "policy.json": '{"default": [{"type": "insecureAcceptAnything"}]}',
    "registries.conf": "",
}
"""Podman's configuration. It has no argument for the place of some of it, which is /etc."""

_GROUP = "libpod_parent"
"""The control group that every Podman makes, whatever it is told."""

_IN_AN_ETC_OF_ITS_OWN = """
set -e
cp -a /etc "$0/etc"
rm -rf "$0/etc/containers"
mv "$0/containers" "$0/etc/containers"
mount --no-mtab --bind "$0/etc" /etc
exec "$@"
"""


@contextlib.contextmanager
def private_podman(*, folder: Path | None = None) -> Iterator[PrivateEngine]:
    """Start Podman's engine, and stop it and remove its data in the end.

    The packages are unpacked into `folder`, `.engines` of the current folder by default, unless
    they are there.

    Raises:
        PrivateEngineError: not root, not Debian, no packages, or it did not start.
    """
    if reason := why_not():
        raise PrivateEngineError(reason)
    place = engines_folder(folder)
    beside = beside_tree(place)
    tree = unpacked(place, "podman", CODENAME, ["podman"], whole=True)
    with temporary_folder() as home:
        _configure(home / "containers", home, tree, beside)
        podman = ["podman", "system", "service", "--time=0", f"unix://{home}/{SOCKET}"]
        command = ["sh", "-c", _IN_AN_ETC_OF_ITS_OWN, str(home), *podman]
        try:
            with running(home, [tree, beside], command) as pid:
                yield PrivateEngine(f"unix://{home}/{SOCKET}", home / LOG, pid, CODENAME)
        finally:
            remove_groups(_GROUP)


def _configure(folder: Path, home: Path, tree: Path, beside: Path) -> None:
    folder.mkdir()
    for name, text in _FILES.items():
        (folder / name).write_text(
            text.replace("HOME", str(home))
            .replace("TREE", str(tree))
            .replace("BESIDE", str(beside))
        )

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
    running,
    temporary_folder,
    why_not,
)
from moorage.private.errors import PrivateEngineError

__all__ = ["private_podman"]

_CONTAINERS = """\
[containers]
seccomp_profile = "{tree}/usr/share/containers/seccomp.json"
[engine]
cgroup_manager = "cgroupfs"
conmon_path = ["{tree}/usr/bin/conmon"]
events_logger = "file"
runtime = "runc"
[engine.runtimes]
runc = ["{beside}/usr/sbin/runc"]
[network]
cni_plugin_dirs = ["{tree}/usr/lib/cni"]
network_backend = "cni"
network_config_dir = "{home}/cni"
"""
_STORAGE = """\
[storage]
driver = "vfs"
graphroot = "{home}/data"
runroot = "{home}/run"
"""
_POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}\n'


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
    tree = unpacked(place, "podman", CODENAME, ["podman", "crun"], whole=True)
    with temporary_folder() as home:
        environment = _configured(home, tree, beside)
        command = ["podman", "system", "service", "--time=0", f"unix://{home}/{SOCKET}"]
        with running(home, [tree, beside], command, environment) as pid:
            yield PrivateEngine(f"unix://{home}/{SOCKET}", home / LOG, pid, CODENAME)


def _configured(home: Path, tree: Path, beside: Path) -> dict[str, str]:
    """Write Podman's configuration, and return the variables that lead to it.

    Only the policy has no variable, but is looked for at home.
    """
    files = {
        "CONTAINERS_CONF": ("containers.conf", _CONTAINERS),
        "CONTAINERS_STORAGE_CONF": ("storage.conf", _STORAGE),
        "CONTAINERS_REGISTRIES_CONF": ("registries.conf", ""),
    }
    for name, text in files.values():
        (home / name).write_text(text.format(home=home, tree=tree, beside=beside))
    policy = home / ".config/containers/policy.json"
    policy.parent.mkdir(parents=True)
    policy.write_text(_POLICY)
    return {"HOME": str(home), **{key: str(home / name) for key, (name, _) in files.items()}}

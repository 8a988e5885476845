"""Objects for queries: made from a tiny image, taken through their life, and removed.

Each carries a label and a name of this run. Nothing is pruned, and no foreign object is touched. A
removal is registered before the object is made, so that an interruption leaves nothing.
"""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from moorage.conformance.driver import Driver
from moorage.conformance.reads import read
from moorage.errors import EngineError, NotFound

__all__ = ["LABEL", "Own", "play", "tar_of"]

LABEL = "moorage.conformance"
_SAYS = ["/bin/sh", "-c", "echo out; echo err >&2; exec sleep 600"]


class Own:
    """The objects of one run: their names, and how to remove them.

    Args:
        driver: The engine at one version.
        stack: The stack for removals.
    """

    def __init__(self, driver: Driver, stack: ExitStack) -> None:
        self.driver = driver
        self.name: str = f"moorage-conformance-{secrets.token_hex(4)}"
        self.labels: dict[str, str] = {LABEL: self.name}
        self.api: Any = import_module(type(driver.engine).__module__.rpartition(".")[0])
        self._stack = stack

    def removed(self, what: str, remove: Callable[..., Any], **given: Any) -> str:
        """Register an object for removal at the end, if it still exists; return its name."""
        self._stack.callback(self._remove, what, remove, given)
        return what

    def _remove(self, what: str, remove: Callable[..., Any], given: dict[str, Any]) -> None:
        try:
            remove(what, **given)
        except NotFound:
            pass
        except EngineError as error:
            self.driver.journal.left.append(f"{what}: {error}")


def play(driver: Driver, busybox: bytes, *more: Callable[[Own], None]) -> None:
    """Make objects, query them, and remove them.

    Args:
        driver: The engine at one version.
        busybox: The file system of the image, as a tar archive.
        more: Further steps with these objects.
    """
    with ExitStack() as stack:
        own = Own(driver, stack)
        engine = driver.engine
        own.removed(own.name, engine.images.delete, force=True)
        driver.call("images.create", busybox, from_src="-", repo=own.name, tag="latest")
        container = _container(own)
        network = _network(own)
        volume = _volume(own)
        read(driver)
        _processes(own, container)
        _files(own, container)
        _images(own, container)
        for each in more:
            each(own)
        _end(own, container)
        driver.call("networks.delete", network)
        driver.call("volumes.delete", volume)
        driver.call("images.delete", own.name, force=True)


def _container(own: Own) -> str:
    name = own.removed(own.name, own.driver.engine.containers.delete, force=True, v=True)
    own.driver.call(
        "containers.create",
        name=name,
        image=own.name,
        cmd=_SAYS,
        env=["A=b"],
        labels=own.labels,
        exposed_ports={"80/tcp": {}},
        volumes={"/data": {}},
        host_config=own.api.HostConfig(network_mode="none", memory=64 * 2**20),
    )
    own.driver.call("containers.start", name)
    return name


def _network(own: Own) -> str:
    """Make networks, and connect a container that never runs to the second, and disconnect it."""
    call, engine = own.driver.call, own.driver.engine
    network, other = (
        own.removed(name, engine.networks.delete) for name in (own.name, f"{own.name}-other")
    )
    for name in (network, other):
        call("networks.create", name=name, driver="bridge", labels=own.labels)
    idle = own.removed(f"{own.name}-idle", engine.containers.delete, force=True, v=True)
    host = own.api.HostConfig(network_mode=network)
    made = {"image": own.name, "cmd": _SAYS, "labels": own.labels, "host_config": host}
    call("containers.create", name=idle, **made)
    call("networks.connect", other, container=idle)
    call("containers.inspect", idle)
    call("networks.disconnect", other, container=idle, force=True)
    call("containers.delete", idle, force=True, v=True)
    call("networks.delete", other)
    call("networks.inspect", network)
    return network


def _volume(own: Own) -> str:
    volume = own.removed(own.name, own.driver.engine.volumes.delete)
    own.driver.call("volumes.create", name=volume, driver="local", labels=own.labels)
    own.driver.call("volumes.inspect", volume)
    return volume


def _processes(own: Own, container: str) -> None:
    call = own.driver.call
    call("containers.logs", container, stdout=True, stderr=True)
    made = call("exec.create", container, cmd=["/bin/sleep", "600"], attach_stdout=True)
    if isinstance(made, dict) and isinstance(made.get("Id"), str):
        call("exec.inspect", made["Id"])


def _files(own: Own, container: str) -> None:
    call = own.driver.call
    call("containers.put_archive", container, tar_of({"new": b"data"}), path="/")
    call("containers.archive_info", container, path="/new")
    call("containers.archive", container, path="/new")
    call("containers.changes", container)
    call("containers.export", container)


def _images(own: Own, container: str) -> None:
    call, delete = own.driver.call, own.driver.engine.images.delete
    other = own.removed(f"{own.name}-other", delete, force=True)
    call("images.tag", own.name, repo=other, tag="latest")
    archive = call("images.get", other)
    call("images.get_all", names=[other])
    call("images.delete", other)
    if isinstance(archive, bytes):
        call("images.load", archive)
    made = own.removed(f"{own.name}-commit", delete, force=True)
    call("images.commit", container=container, repo=made, tag="latest", labels=own.labels)
    built = own.removed(f"{own.name}-built", delete, force=True)
    recipe = f"FROM {own.name}\nLABEL {LABEL}={own.name}\n".encode()
    call("images.build", tar_of({"Dockerfile": recipe}), t=f"{built}:latest", rm=True)


def _end(own: Own, container: str) -> None:
    call = own.driver.call
    call("containers.update", container, memory=80 * 2**20, memory_swap=160 * 2**20)
    call(
        "containers.rename",
        container,
        name=own.removed(
            f"{container}-renamed", own.driver.engine.containers.delete, force=True, v=True
        ),
    )
    container = f"{container}-renamed"
    call("containers.pause", container)
    call("containers.unpause", container)
    call("containers.kill", container)
    call("containers.wait", container)
    call("containers.restart", container, t=0)
    call("containers.stop", container, t=0)
    call("containers.delete", container, force=True, v=True)


def tar_of(files: dict[str, bytes]) -> bytes:
    """Make a tar archive of files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return archive.getvalue()

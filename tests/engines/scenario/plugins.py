"""A plugin that does nothing, made, published, taken from the registry and run."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.engines.scenario.world import REPO, World, until

__all__ = ["plugins"]

PLUGIN = f"{REPO}-plugin:matrix"
PRIVILEGES = {"capabilities", "device", "mount", "network"}
SOCKET = "plugin.sock"
CONFIG = {
    "entrypoint": ["/bin/sh", "-c", "trap exit TERM; sleep 600 & wait"],
    "mounts": [
        {
            "name": "mount",
            "description": "",
            "settable": ["source"],
            "source": "/tmp",
            "destination": "/mount",
            "type": "bind",
            "options": ["rbind"],
        }
    ],
    "env": [{"name": "WORD", "value": "x", "settable": ["value"]}],
    "interface": {"types": ["moorage.nothing/1.0"], "socket": SOCKET},
    "linux": {
        "capabilities": ["CAP_SYS_TIME"],
        "devices": [
            {"name": "device", "description": "", "settable": ["path"], "path": "/dev/null"}
        ],
    },
    "network": {"type": "none"},
}


def plugins(world: World) -> None:
    """Take a plugin through all that can be done with it."""
    engine = world.engine
    engine.plugins.create(_archive(world), name=PLUGIN)
    list(engine.plugins.push(PLUGIN))
    engine.plugins.delete(PLUGIN)
    # An engine that does much else has answered with fewer, though rarely.
    privileges = until(lambda: _privileges(world))
    list(engine.plugins.pull(privileges, remote=PLUGIN, name=PLUGIN))
    engine.plugins.set(PLUGIN, ["WORD=y"])
    if world.has("plugins.upgrade"):
        list(engine.plugins.upgrade(PLUGIN, privileges, remote=PLUGIN))
    assert engine.plugins.list()
    with _listening(world, engine.plugins.inspect(PLUGIN).id):
        engine.plugins.enable(PLUGIN, timeout=10)
    assert engine.plugins.inspect(PLUGIN).enabled
    engine.plugins.disable(PLUGIN)
    engine.plugins.delete(PLUGIN)


def _privileges(world: World) -> list[Any]:
    found: list[Any] = world.engine.plugins.privileges(remote=PLUGIN)
    return found if {each.name for each in found} == PRIVILEGES else []


def _archive(world: World) -> bytes:
    archive = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(world.busybox)) as files,
        tarfile.open(fileobj=archive, mode="w") as tar,
    ):
        config = tarfile.TarInfo("config.json")
        # An engine refuses content that it has fetched for another plugin.
        data = json.dumps(CONFIG | {"description": world.engine.api_version}).encode()
        config.size = len(data)
        tar.addfile(config, io.BytesIO(data))
        for each in files:
            content = files.extractfile(each) if each.isreg() else None
            each.name = f"rootfs/{each.name}"
            tar.addfile(each, content)
    return archive.getvalue()


@contextlib.contextmanager
def _listening(world: World, plugin: str) -> Iterator[None]:
    """Listen where the engine expects the plugin to: no program of the image can."""
    if world.private is None:
        yield
        return
    folder = Path(f"/proc/{world.private.pid}/root/run/docker/plugins/{plugin}")
    folder.mkdir(parents=True, exist_ok=True)
    place = os.open(folder, os.O_PATH)
    try:
        with socket.socket(socket.AF_UNIX) as listener:
            # The folder's own path is too long for the address of a socket.
            listener.bind(f"/proc/self/fd/{place}/{SOCKET}")
            listener.listen()
            yield
    finally:
        os.close(place)

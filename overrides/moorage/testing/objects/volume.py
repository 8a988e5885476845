"""Volumes of a fake engine, and the mounts of containers."""

from __future__ import annotations

import secrets
from typing import Any

from moorage.testing.objects.clock import timestamp
from moorage.testing.objects.container import Container
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State

__all__ = ["find_volume", "in_use", "mounts_for", "new_volume"]


def new_volume(state: State, name: str, **given: Any) -> dict[str, Any]:
    """Make a volume, or return the one of this name."""
    anonymous = not name
    name = name or secrets.token_hex(32)
    if name in state.volumes:
        return state.volumes[name]
    labels = dict(given.get("Labels") or {})
    if anonymous and state.since("1.42"):
        labels["com.docker.volume.anonymous"] = ""
    made: dict[str, Any] = {
        "Name": name,
        "Driver": given.get("Driver") or "local",
        "Mountpoint": f"/var/lib/docker/volumes/{name}/_data",
        "CreatedAt": timestamp().partition(".")[0] + "Z",
        "Labels": labels or None,
        "Scope": "local",
        "Options": given.get("DriverOpts") or None,
        "anonymous": anonymous,
    }
    state.volumes[name] = made
    state.emit("volume", "create", name, driver=made["Driver"])
    return made


def find_volume(state: State, name: str) -> dict[str, Any]:
    """Find a volume by its name.

    Raises:
        Refused: It does not exist.
    """
    for each in state.volumes.values():
        if name in (each["Name"], each.get("ClusterVolume", {}).get("ID")):
            return each
    raise Refused(404, f"get {name}: no such volume")


def in_use(state: State, name: str) -> list[str]:
    """Return the containers that have a volume."""
    return [
        each.id
        for each in state.containers.values()
        if any(mount.get("Name") == name for mount in each.mounts)
    ]


def mounts_for(state: State, container: Container) -> list[dict[str, Any]]:
    """Make the mounts of a container, and their volumes.

    Raises:
        Refused: A mount is malformed.
    """
    found: dict[str, dict[str, Any]] = {}
    mounts = [_bind(state, each) for each in container.host_config.get("Binds") or ()]
    mounts += [_mount(state, each) for each in container.host_config.get("Mounts") or ()]
    for mount in mounts:
        if mount["Destination"] in found:
            raise Refused(400, f"Duplicate mount point: {mount['Destination']}")
        found[mount["Destination"]] = mount
    for path in container.config.get("Volumes") or {}:
        if path not in found:
            found[path] = _volume(state, "", path, "", mode="")
    return list(found.values())


def _bind(state: State, text: str) -> dict[str, Any]:
    source, *rest = text.split(":")
    if not rest or not rest[0].startswith("/"):
        why = f"invalid mount path: '{rest[0]}' mount path must be absolute" if rest else text
        what = f"invalid volume specification: '{text}'"
        raise Refused(500, f'{what}: invalid mount config for type "volume": {why}')
    mode = rest[1] if len(rest) > 1 else ""
    if source.startswith("/"):
        return _host(source, rest[0], mode)
    return _volume(state, source, rest[0], mode, mode=mode or "z")


def _mount(state: State, given: dict[str, Any]) -> dict[str, Any]:
    kind, target = given.get("Type") or "", given.get("Target") or ""
    if not target:
        raise Refused(
            400, f'invalid mount config for type "{kind}": field Target must not be empty'
        )
    mode = "ro" if given.get("ReadOnly") else ""
    source = given.get("Source") or ""
    match kind:
        case "bind":
            return _host(source, target, "") | {"RW": not mode}
        case "volume":
            options = given.get("VolumeOptions") or {}
            driver = options.get("DriverConfig") or {}
            return _volume(
                state,
                source,
                target,
                mode,
                mode="z",
                Labels=options.get("Labels"),
                Driver=driver.get("Name"),
                DriverOpts=driver.get("Options"),
            )
        case "tmpfs":
            return {
                "Type": "tmpfs",
                "Source": "",
                "Destination": target,
                "Mode": "",
                "RW": not mode,
                "Propagation": "",
            }
        case "image" | "npipe" | "cluster":
            return {
                "Type": kind,
                "Source": source,
                "Destination": target,
                "Mode": "",
                "RW": False,
                "Propagation": "",
            }
    raise Refused(400, f'invalid mount config for type "{kind}": mount type unknown')


def _host(source: str, target: str, mode: str) -> dict[str, Any]:
    return {
        "Type": "bind",
        "Source": source,
        "Destination": target,
        "Mode": mode,
        "RW": "ro" not in mode.split(","),
        "Propagation": "rprivate",
    }


def _volume(
    state: State, name: str, target: str, options: str, *, mode: str, **given: Any
) -> dict[str, Any]:
    volume = new_volume(state, name, **given)
    return {
        "Type": "volume",
        "Name": volume["Name"],
        "Source": volume["Mountpoint"],
        "Destination": target,
        "Driver": volume["Driver"],
        "Mode": mode,
        "RW": "ro" not in options.split(","),
        "Propagation": "",
        "anonymous": not name,
    }

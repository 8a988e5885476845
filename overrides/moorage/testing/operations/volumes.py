"""Operations on volumes."""

from __future__ import annotations

import re
from typing import Any

from moorage.testing.objects.clock import new_id, timestamp
from moorage.testing.objects.filters import matches_labels, same_key
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.volume import find_volume, in_use, new_volume
from moorage.testing.server.answers import Answer, document, nothing
from moorage.testing.server.call import Call, operation

__all__: list[str] = []

_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


def described(volume: dict[str, Any]) -> dict[str, Any]:
    """Return a volume in the engines' form."""
    return {name: value for name, value in volume.items() if name[0].isupper()}


@operation("volumes.list")
def listed(call: Call) -> Answer:
    """List volumes."""
    filters = call.filters("dangling", "driver", "label", "name")
    with call.state.lock:
        found = [
            described(each) for each in call.state.volumes.values() if _matches(call, each, filters)
        ]
        return document(
            {"Volumes": found or (None if not call.state.since("1.42") else []), "Warnings": None}
        )


def _matches(call: Call, volume: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    used = bool(in_use(call.state, volume["Name"]))
    for name, values in filters.items():
        match name:
            case "label":
                good = matches_labels(volume["Labels"], values)
            case "name":
                good = any(same_key(volume["Name"], each) for each in values)
            case "driver":
                good = volume["Driver"] in values
            case _:
                good = call.truth(name, values) != used
        if not good:
            return False
    return True


@operation("volumes.create")
def created(call: Call) -> Answer:
    """Make a volume, or describe the existing one."""
    body = call.body or {}
    name, driver = body.get("Name") or "", body.get("Driver") or "local"
    cluster = body.get("ClusterVolumeSpec")
    with call.state.changing():
        if name and not _NAME.fullmatch(name):
            raise Refused(
                400,
                f'create {name}: "{name}" includes invalid characters for a local volume name, '
                'only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host '
                "directory, use absolute path",
            )
        if driver != "local" and cluster is None:
            raise Refused(
                404 if call.state.since("1.41") else 400,
                f"create {name}: error looking up volume plugin {driver}: plugin "
                f'"{driver}" not found',
            )
        made = new_volume(call.state, **{**body, "name": name})
        if cluster is not None:
            now = timestamp()
            version = {"Index": call.state.event_count}
            made["ClusterVolume"] = {
                "ID": new_id()[:25],
                "Version": version,
                "CreatedAt": now,
                "UpdatedAt": now,
                "Spec": {"Availability": "active", **cluster},
            }
            made["Scope"] = "global"
        return document(described(made), 201)


@operation("volumes.update")
def updated(call: Call) -> Answer:
    """Change a volume of the swarm."""
    with call.state.changing():
        volume = find_volume(call.state, call.path["name"])
        cluster = volume.get("ClusterVolume")
        if cluster is None:
            raise Refused(404, f"volume {call.path['name']} not found")
        cluster["Spec"] = (call.body or {}).get("Spec") or {}
        cluster["UpdatedAt"] = timestamp()
    return nothing(200)


@operation("volumes.inspect")
def inspect(call: Call) -> Answer:
    """Describe a volume."""
    with call.state.lock:
        return document(described(find_volume(call.state, call.path["name"])))


@operation("volumes.delete")
def deleted(call: Call) -> Answer:
    """Remove a volume."""
    with call.state.changing():
        name = call.path["name"]
        if call.flag("force") and name not in call.state.volumes:
            return nothing()
        volume = find_volume(call.state, name)
        if users := in_use(call.state, volume["Name"]):
            raise Refused(409, f"remove {name}: volume is in use - [{', '.join(users)}]")
        del call.state.volumes[volume["Name"]]
        call.state.emit("volume", "destroy", name, driver=volume["Driver"])
    return nothing()


@operation("volumes.prune")
def pruned(call: Call) -> Answer:
    """Remove unused volumes; since 1.42, anonymous ones only."""
    all_ = ("all",) if call.state.since("1.42") else ()
    filters = call.filters("label", "label!", *all_)
    every = not call.since("1.42") or call.truth("all", filters.get("all", ["0"]))
    gone = []
    with call.state.changing():
        for each in list(call.state.volumes.values()):
            if (
                not in_use(call.state, each["Name"])
                and (every or each["anonymous"])
                and matches_labels(each["Labels"], filters.get("label", []))
                and not any(
                    matches_labels(each["Labels"], [one]) for one in filters.get("label!", [])
                )
            ):
                del call.state.volumes[each["Name"]]
                gone.append(each["Name"])
                call.state.emit("volume", "destroy", each["Name"], driver=each["Driver"])
        call.state.emit("volume", "prune", "", reclaimed="0")
    return document({"VolumesDeleted": gone, "SpaceReclaimed": 0})

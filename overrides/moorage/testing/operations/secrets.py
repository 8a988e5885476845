"""Operations on secrets and configs: they differ in that no secret's data is returned."""

from __future__ import annotations

from typing import Any

from moorage.testing.objects.refused import Refused
from moorage.testing.objects.swarm_state import manager, touch, versioned
from moorage.testing.operations.swarm import check_version, found_in, listed
from moorage.testing.server.answers import Answer, document, nothing
from moorage.testing.server.call import Call, operation

__all__: list[str] = []

_INVALID = "rpc error: code = InvalidArgument desc ="


def _kind(call: Call) -> str:
    """Return "secret" or "config"."""
    return call.operation.partition("s.")[0]


def _objects(call: Call) -> dict[str, dict[str, Any]]:
    """Return all secrets or all configs, by their IDs."""
    cluster = manager(call.state)
    return cluster.secrets if _kind(call) == "secret" else cluster.configs


def _found(call: Call) -> dict[str, Any]:
    return found_in(_objects(call), _kind(call), call.path["id"])


def _shown(call: Call, found: dict[str, Any]) -> dict[str, Any]:
    """Return an object without its data, if it is a secret."""
    hidden = "Data" if _kind(call) == "secret" else ""
    return {**found, "Spec": {key: v for key, v in found["Spec"].items() if key != hidden}}


@operation("secrets.list")
@operation("configs.list")
def list_(call: Call) -> Answer:
    """List secrets or configs."""
    with call.state.lock:
        return listed(call, {key: _shown(call, each) for key, each in _objects(call).items()})


@operation("secrets.inspect")
@operation("configs.inspect")
def inspect(call: Call) -> Answer:
    """Describe a secret or a config."""
    with call.state.lock:
        return document(_shown(call, _found(call)))


@operation("secrets.create")
@operation("configs.create")
def create(call: Call) -> Answer:
    """Create a secret or a config."""
    body, kind = call.body or {}, _kind(call)
    name = body.get("Name") or ""
    with call.state.changing():
        objects = _objects(call)
        if not name:
            raise Refused(400, f"{_INVALID} name must be provided")
        if any(each["Spec"]["Name"] == name for each in objects.values()):
            what = f"rpc error: code = AlreadyExists desc = {kind} {name} already exists"
            raise Refused(409, what)
        made = versioned(Spec={**body, "Labels": body.get("Labels") or {}})
        objects[made["ID"]] = made
        call.state.emit(kind, "create", made["ID"], name=name)
    return document({"ID": made["ID"]}, 201)


@operation("secrets.update")
@operation("configs.update")
def update(call: Call) -> Answer:
    """Change the labels of a secret or a config."""
    body = call.body or {}
    with call.state.changing():
        found = _found(call)
        check_version(call, found)
        if body.get("Data") and body["Data"] != found["Spec"].get("Data"):
            raise Refused(400, f"{_INVALID} only updates to Labels are allowed")
        found["Spec"] = {**found["Spec"], "Labels": body.get("Labels") or {}}
        touch(found)
    return nothing(200)


@operation("secrets.delete")
@operation("configs.delete")
def delete(call: Call) -> Answer:
    """Remove a secret or a config that no service uses."""
    kind = _kind(call)
    with call.state.changing():
        found, name = _found(call), f"{kind.capitalize()}s"
        users = [
            service["Spec"]["Name"]
            for service in manager(call.state).services.values()
            for each in service["Spec"]["TaskTemplate"]["ContainerSpec"].get(name) or ()
            if each.get(f"{kind.capitalize()}ID") == found["ID"]
        ]
        if users:
            what = f"{kind} '{found['Spec']['Name']}' is in use by the following service"
            ending = "" if len(users) == 1 else "s"
            raise Refused(400, f"{_INVALID} {what}{ending}: {', '.join(users)}")
        del _objects(call)[found["ID"]]
        call.state.emit(kind, "remove", found["ID"], name=found["Spec"]["Name"])
    return nothing()

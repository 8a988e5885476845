"""Operations on networks."""

from __future__ import annotations

import ipaddress
from typing import Any

from moorage.testing.objects.container import find_container
from moorage.testing.objects.filters import matches_labels, matches_time, same_key
from moorage.testing.objects.network import (
    PREDEFINED,
    attach,
    detach,
    find_network,
    new_network,
    overlapping,
)
from moorage.testing.objects.refused import Refused
from moorage.testing.server.answers import Answer, document, nothing
from moorage.testing.server.call import Call, operation

__all__: list[str] = []

FILTERS = ("dangling", "driver", "id", "label", "name", "scope", "type")


def described(network: dict[str, Any]) -> dict[str, Any]:
    """Return a network in the engines' form."""
    return {name: value for name, value in network.items() if name[0].isupper()}


@operation("networks.list")
def listed(call: Call) -> Answer:
    """List networks."""
    filters = call.filters(*FILTERS)
    with call.state.lock:
        found = [each for each in call.state.networks.values() if _matches(call, each, filters)]
        # Only inspecting a network lists its containers.
        return document([{**described(each), "Containers": {}} for each in found])


def _matches(call: Call, network: dict[str, Any], filters: dict[str, list[str]]) -> bool:
    own = network["Name"] not in PREDEFINED
    for name, values in filters.items():
        match name:
            case "label":
                good = matches_labels(network["Labels"], values)
            case "name":
                good = any(same_key(network["Name"], each) for each in values)
            case "id":
                good = any(network["Id"].startswith(each) for each in values)
            case "driver":
                good = network["Driver"] in values
            case "scope":
                good = network["Scope"] in values
            case "type":
                if not {*values} <= {"custom", "builtin"}:
                    raise Refused(500, f"invalid filter: 'type'='{values[0]}'")
                good = ("custom" if own else "builtin") in values
            case _:
                dangling = call.truth(name, values)
                used = any(network["Id"] in c.endpoints for c in call.state.containers.values())
                good = own and dangling != used
        if not good:
            return False
    return True


@operation("networks.create")
def created(call: Call) -> Answer:
    """Make a network."""
    body = call.body or {}
    state = call.state
    name = body.get("Name") or ""
    with state.changing():
        if not name.strip():
            if not state.since("1.42"):
                raise Refused(500, f"invalid name: {name}")
            raise Refused(400, f"invalid network name: {name}")
        if name in (*PREDEFINED, "default"):
            raise Refused(403, f"operation is not permitted on predefined {name} network ")
        same = [each for each in state.networks.values() if each["Name"] == name]
        if same and (state.since("1.44") or body.get("CheckDuplicate")):
            raise Refused(409, f"network with name {name} already exists")
        driver = body.get("Driver") or "bridge"
        if driver not in ("bridge", "host", "null", "overlay", "macvlan", "ipvlan"):
            raise Refused(
                404, f"could not find plugin {driver} in v1 plugin registry: plugin not found"
            )
        if driver in ("host", "null"):
            raise Refused(403, f'only one instance of "{driver}" network is allowed')
        if driver == "overlay" and state.swarm is None:
            raise Refused(
                503,
                'This node is not a swarm manager. Use "docker swarm init" or "docker swarm '
                'join" to connect this node to swarm and try again.',
            )
        for config in (body.get("IPAM") or {}).get("Config") or ():
            subnet = config.get("Subnet") or ""
            try:
                ipaddress.ip_network(subnet or "10.0.0.0/8", strict=False)
            except ValueError:
                raise Refused(
                    400, f"invalid subnet {subnet}: invalid CIDR block notation"
                ) from None
            if overlapping(state, subnet):
                before = "invalid pool request: " if state.since("1.44") else ""
                raise Refused(403, f"{before}Pool overlaps with other one on this address space")
        made = new_network(state, **{**body, "name": name})
        state.emit("network", "create", made["Id"], name=name, type=driver)
    return document({"Id": made["Id"], "Warning": ""}, 201)


@operation("networks.inspect")
def inspect(call: Call) -> Answer:
    """Describe a network in full."""
    with call.state.lock:
        network = find_network(call.state, call.path["id"])
        made = described(network)
        if network["Scope"] == "swarm":
            made["Peers"] = [{"Name": call.state.id[:12], "IP": "127.0.0.1"}]
        made["Status"] = {"IPAM": {"Subnets": {}}}
        return document(made)


@operation("networks.connect")
def connected(call: Call) -> Answer:
    """Put a container into a network."""
    body = call.body or {}
    with call.state.changing():
        container = find_container(call.state, body.get("Container") or "")
        try:
            network = find_network(call.state, call.path["id"])
        except Refused:
            if not container.running:
                return nothing(200)  # engines look for it when the container is started
            raise
        if network["Id"] in container.endpoints and container.running:
            raise Refused(
                403,
                f"endpoint with name {container.name} already exists in network {network['Name']}",
            )
        attach(call.state, container, network, body.get("EndpointConfig") or {})
    return nothing(200)


@operation("networks.disconnect")
def disconnected(call: Call) -> Answer:
    """Take a container out of a network."""
    body = call.body or {}
    with call.state.changing():
        container = find_container(call.state, body.get("Container") or "")
        try:
            network = find_network(call.state, call.path["id"])
        except Refused:
            if container.running:
                raise
            network = {"Id": "", "Name": call.path["id"]}  # engines don't look for it
        if network["Id"] not in container.endpoints:
            the = "" if container.running else "the "
            raise Refused(
                403 if container.running and call.state.since("1.41") else 500,
                f"container {container.id} is not connected to {the}network {network['Name']}",
            )
        detach(call.state, container, network)
    return nothing(200)


@operation("networks.delete")
def deleted(call: Call) -> Answer:
    """Remove a network."""
    with call.state.changing():
        network = find_network(call.state, call.path["id"])
        name, key = network["Name"], network["Id"]
        if name in PREDEFINED:
            raise Refused(403, f"{name} is a pre-defined network and cannot be removed")
        if network["Containers"]:
            raise Refused(
                403,
                f"error while removing network: network {name} id {key} has active endpoints",
            )
        del call.state.networks[key]
        call.state.emit("network", "destroy", key, name=name, type=network["Driver"])
    return nothing()


@operation("networks.prune")
def pruned(call: Call) -> Answer:
    """Remove all unused networks."""
    filters = call.filters("label", "label!", "until")
    gone = []
    with call.state.changing():
        for each in list(call.state.networks.values()):
            used = any(each["Id"] in c.endpoints for c in call.state.containers.values())
            if (
                each["Name"] not in PREDEFINED
                and not used
                and matches_labels(each["Labels"], filters.get("label", []))
                and not any(
                    matches_labels(each["Labels"], [one]) for one in filters.get("label!", [])
                )
                and matches_time(each["made"], filters.get("until", []))
            ):
                del call.state.networks[each["Id"]]
                gone.append(each["Name"])
        call.state.emit("network", "prune", "", reclaimed="0")
    return document({"NetworksDeleted": gone or None})

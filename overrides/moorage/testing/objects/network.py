"""Networks of a fake engine: addresses, endpoints and published ports."""

from __future__ import annotations

import ipaddress
from typing import Any

from moorage.testing.objects.clock import new_id, now_ns, timestamp, unix_seconds
from moorage.testing.objects.container import Container, find_container
from moorage.testing.objects.refused import Refused
from moorage.testing.objects.state import State

__all__ = [
    "PREDEFINED",
    "attach",
    "attach_default",
    "close_endpoints",
    "detach",
    "endpoint_of",
    "find_network",
    "new_network",
    "open_endpoint",
    "overlapping",
    "predefined",
    "published_ports",
]

PREDEFINED = ("bridge", "host", "none")
_DRIVERS = {"bridge": "bridge", "host": "host", "none": "null"}


def new_network(state: State, name: str, **given: Any) -> dict[str, Any]:
    """Make a network and number it."""
    driver = given.get("Driver") or "bridge"
    ipam = dict(given.get("IPAM") or {})
    config = [dict(each) for each in ipam.get("Config") or ()]
    if not config and driver in ("bridge", "overlay"):
        config = [_free_subnet(state, driver)]
    made: dict[str, Any] = {
        "Name": name,
        "Id": new_id() if driver != "overlay" else new_id()[:25],
        "Created": timestamp(),
        "Scope": given.get("Scope") or ("swarm" if driver == "overlay" else "local"),
        "Driver": driver,
        "EnableIPv4": given.get("EnableIPv4", True),
        "EnableIPv6": bool(given.get("EnableIPv6")),
        "IPAM": {
            "Driver": ipam.get("Driver") or "default",
            "Options": ipam.get("Options") or ({} if given else None),
            "Config": config,
        },
        "Internal": bool(given.get("Internal")),
        "Attachable": bool(given.get("Attachable")),
        "Ingress": bool(given.get("Ingress")),
        "ConfigFrom": given.get("ConfigFrom") or {"Network": ""},
        "ConfigOnly": bool(given.get("ConfigOnly")),
        "Containers": {},
        "Options": given.get("Options") or {},
        "Labels": given.get("Labels") or {},
        "addresses": 1,
        "made": unix_seconds(now_ns()),
    }
    state.networks[made["Id"]] = made
    return made


def predefined(state: State) -> None:
    """Make the networks that every engine has."""
    for name in PREDEFINED:
        new_network(state, name, Driver=_DRIVERS[name])


def find_network(state: State, name: str) -> dict[str, Any]:
    """Find a network by its name, its ID or a prefix of the ID.

    Raises:
        Refused: It does not exist.
    """
    networks = list(state.networks.values())
    found = [each for each in networks if each["Id"] == name]
    found += [each for each in networks if each["Name"] == name]
    found += [each for each in networks if name and each["Id"].startswith(name)]
    if found:
        return found[0]
    raise Refused(404, f"network {name} not found")


def _free_subnet(state: State, driver: str) -> dict[str, str]:
    used = {
        config.get("Subnet")
        for each in state.networks.values()
        for config in each["IPAM"]["Config"]
    }
    template = "172.{}.0.0/16" if driver == "bridge" else "10.0.{}.0/24"
    place = 17 if driver == "bridge" else 1
    while template.format(place) in used:
        place += 1
    subnet = template.format(place)
    return {"Subnet": subnet, "Gateway": str(next(ipaddress.ip_network(subnet).hosts()))}


def attach(
    state: State, container: Container, network: dict[str, Any], settings: dict[str, Any]
) -> None:
    """Put a container into a network."""
    number = len(state.containers) + network["addresses"]
    network["addresses"] += 1
    endpoint: dict[str, Any] = {
        "IPAMConfig": settings.get("IPAMConfig"),
        "Links": settings.get("Links"),
        "Aliases": settings.get("Aliases"),
        "MacAddress": "",
        "DriverOpts": settings.get("DriverOpts"),
        "GwPriority": settings.get("GwPriority") or 0,
        "NetworkID": network["Id"],
        "EndpointID": "",
        "Gateway": "",
        "IPAddress": "",
        "IPPrefixLen": 0,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
        "DNSNames": None,
        "number": number,
        "settings": settings,
    }
    container.endpoints[network["Id"]] = endpoint
    if container.running:
        open_endpoint(state, container, network["Id"])


def open_endpoint(state: State, container: Container, network_id: str) -> None:
    """Assign addresses to the endpoint of a running container."""
    network, endpoint = state.networks[network_id], container.endpoints[network_id]
    _tell(state, container, network, "connect")
    if network["Driver"] in ("host", "null"):
        endpoint["EndpointID"] = new_id()
        return
    subnet = next((each for each in network["IPAM"]["Config"] if each.get("Subnet")), None)
    if subnet is None:
        return
    addresses = ipaddress.ip_network(subnet["Subnet"], strict=False)
    gateway = subnet.get("Gateway") or str(next(addresses.hosts()))
    taken = {each["IPv4Address"].partition("/")[0] for each in network["Containers"].values()}
    taken |= {gateway, *(subnet.get("AuxiliaryAddresses") or {}).values()}
    asked = (settings_of(endpoint).get("IPAMConfig") or {}).get("IPv4Address")
    address = asked or next(str(each) for each in addresses.hosts() if str(each) not in taken)
    tail = [int(each) for each in address.split(".")]
    mac = "02:42:" + ":".join(f"{each:02x}" for each in tail)
    aliases = settings_of(endpoint).get("Aliases") or ()
    endpoint |= {
        "EndpointID": new_id(),
        "DNSNames": [container.name, container.id[:12], *aliases],
        "Gateway": gateway,
        "IPAddress": address,
        "IPPrefixLen": addresses.prefixlen,
        "MacAddress": mac,
    }
    network["Containers"][container.id] = {
        "Name": container.name,
        "EndpointID": endpoint["EndpointID"],
        "MacAddress": mac,
        "IPv4Address": f"{address}/{addresses.prefixlen}",
        "IPv6Address": "",
    }


def settings_of(endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return the requested settings of an endpoint."""
    found: dict[str, Any] = endpoint["settings"]
    return found


def attach_default(state: State, container: Container) -> None:
    """Open the endpoints of a container that is being started.

    Raises:
        Refused: A network no longer exists.
    """
    mode = container.host_config.get("NetworkMode") or "default"
    if mode.startswith("container:"):
        find_container(state, mode.partition(":")[2])
    if not container.endpoints and not mode.startswith("container:"):
        name = "bridge" if mode == "default" else mode
        attach(state, container, find_network(state, name), {})
    for network_id in container.endpoints:
        if network_id not in state.networks:
            raise Refused(404, f"network {network_id} not found")
        open_endpoint(state, container, network_id)


def close_endpoints(state: State, container: Container) -> None:
    """Release the addresses of a container that has ended."""
    for network_id, endpoint in container.endpoints.items():
        endpoint |= {"EndpointID": "", "Gateway": "", "IPAddress": "", "IPPrefixLen": 0}
        endpoint["MacAddress"] = ""
        if network_id in state.networks:
            _tell(state, container, state.networks[network_id], "disconnect")
            state.networks[network_id]["Containers"].pop(container.id, None)


def _tell(state: State, container: Container, network: dict[str, Any], action: str) -> None:
    about = {"container": container.id, "name": network["Name"], "type": network["Driver"]}
    state.emit("network", action, network["Id"], about)


def detach(state: State, container: Container, network: dict[str, Any]) -> None:
    """Take a container out of a network."""
    container.endpoints.pop(network["Id"], None)
    network["Containers"].pop(container.id, None)
    _tell(state, container, network, "disconnect")


def endpoint_of(endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return an endpoint in the engines' form."""
    return {name: value for name, value in endpoint.items() if name[0].isupper()}


def published_ports(state: State, container: Container) -> dict[str, Any]:
    """List the published ports of a running container, and their addresses."""
    if container.host_config.get("NetworkMode") in ("host", "none"):
        return {}
    bindings = container.host_config.get("PortBindings") or {}
    everything = container.host_config.get("PublishAllPorts")
    made: dict[str, Any] = {}
    for port in {**(container.config.get("ExposedPorts") or {}), **bindings}:
        name = port if "/" in port else f"{port}/tcp"
        given = bindings.get(port) or ([{}] if everything else None)
        made[name] = given and [
            {
                "HostIp": each.get("HostIp") or "0.0.0.0",  # noqa: S104 - it is reported, not bound
                "HostPort": each.get("HostPort") or str(state.new_port()),
            }
            for each in given
        ]
    return made


def overlapping(state: State, subnet: str) -> bool:
    """Return whether a network has addresses of a subnet."""
    if not subnet:
        return False
    wanted = ipaddress.ip_network(subnet, strict=False)
    for network in state.networks.values():
        for config in network["IPAM"]["Config"]:
            if not config.get("Subnet"):
                continue
            other = ipaddress.ip_network(config["Subnet"], strict=False)
            if wanted.version == other.version and wanted.overlaps(other):
                return True
    return False

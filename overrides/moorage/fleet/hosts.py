"""The engines of a fleet: addresses, contexts of the docker CLI, or the nodes of a swarm."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from moorage.connect import ConnectOptions
from moorage.host.parse import parse_host

if TYPE_CHECKING:
    import ssl

    from moorage.host.tls import TLS
    from moorage.transport.hooks import EventHooks

__all__ = ["FleetOptions", "Hosts", "node_hosts", "places"]

Hosts: TypeAlias = Iterable[str] | Mapping[str, str]
"""Addresses of engines, as `moorage.connect(host=)` takes them; or a mapping of names to them."""


class FleetOptions(TypedDict, total=False):
    """Options for opening each engine of a fleet; see `moorage.connect`."""

    tls: ssl.SSLContext | TLS | None
    connect_timeout: float | None
    event_hooks: EventHooks | None
    headers: Mapping[str, str] | None


def places(hosts: Hosts, contexts: Iterable[str]) -> dict[str, ConnectOptions]:
    """Return each engine's address by its name.

    Raises:
        TypeError: The hosts or the contexts are a str, or hold something other than str.
        ValueError: A host is malformed, two engines have one name, or no engine is given.
    """
    found: dict[str, ConnectOptions] = {}
    named: Iterable[tuple[Any, Any]]
    if isinstance(hosts, Mapping):
        named = hosts.items()
    else:
        named = ((each, each) for each in _several("hosts", hosts))
    for name, host in named:
        if not isinstance(name, str) or not isinstance(host, str):
            raise TypeError(f"hosts takes str, not {type(host).__name__}")
        parse_host(host)
        _add(found, name, {"host": host})
    for context in _several("contexts", contexts):
        if not isinstance(context, str):
            raise TypeError(f"contexts takes str, not {type(context).__name__}")
        _add(found, context, {"context": context})
    if not found:
        raise ValueError("a fleet needs at least one engine: give hosts or contexts")
    return found


def node_hosts(nodes: Iterable[Any], address: str = "tcp://{address}:2375") -> dict[str, str]:
    """Return the addresses of a swarm's nodes that are ready, by their host names.

    Nodes that share a host name go by their IDs instead. Choose nodes by their labels when you
    list them: `engine.nodes.list(filters={"node.label": "zone=a"})`.

    Args:
        nodes: The result of `engine.nodes.list()`.
        address: The form of an address; `{address}` stands for the node's IP address, and
            `{hostname}` for its name, e.g. `ssh://root@{hostname}`.

    Raises:
        ValueError: The form has something else in braces.
    """
    ready = [each for each in nodes if each.status.state == "ready"]
    names = Counter(each.description.hostname for each in ready)
    found = {}
    for each in ready:
        name, ip = each.description.hostname, each.status.addr or ""
        fields = {"address": f"[{ip}]" if ":" in ip else ip, "hostname": name}
        try:
            host = address.format(**fields)
        except (KeyError, IndexError, ValueError):
            raise ValueError(
                f"address={address!r} may have {{address}} and {{hostname}} in braces, no more"
            ) from None
        found[name if names[name] == 1 else each.id] = host
    return found


def _several(name: str, values: Any) -> Iterable[Any]:
    if isinstance(values, str):
        raise TypeError(f'{name} takes several, not a str: write ["{name[:-1]}"]')
    if not isinstance(values, Iterable):
        raise TypeError(f"{name} takes several, not {type(values).__name__}")
    several: Iterable[Any] = values
    return several


def _add(found: dict[str, ConnectOptions], name: str, place: ConnectOptions) -> None:
    if name in found:
        raise ValueError(f"two engines of the fleet are named {name!r}")
    found[name] = place

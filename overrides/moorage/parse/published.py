"""Ports of containers, and their published addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from typing import TypeAlias

__all__ = ["HostPort", "port", "ports"]

HostPort: TypeAlias = "int | tuple[str, int | None] | None"
"""A port of the host, or an address and a port; None is any free port."""

_PROTOCOLS = ("tcp", "udp", "sctp")
_LAST = 65535


def port(value: str | int) -> str:
    """Return a container's port in the engines' form: "80/tcp".

    Raises:
        TypeError: It is neither a str nor an int.
        ValueError: It is not a port, or a range of them.
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise TypeError(f"a container's port is '80/tcp' or 80, not {type(value).__name__}")
    number, slash, protocol = str(value).partition("/")
    protocol = protocol.lower() if slash else "tcp"
    valid = number.isascii() and number.isdigit() and len(number) <= 5
    if not valid or not 0 < int(number) <= _LAST or protocol not in _PROTOCOLS:
        raise ValueError(
            f"{value!r:.100} is not a container's port: write e.g. '80/tcp' or '53/udp'"
        )
    return f"{int(number)}/{protocol}"


def ports(
    value: Mapping[str, HostPort | Iterable[HostPort]]
    | Mapping[int, HostPort | Iterable[HostPort]],
) -> dict[str, list[tuple[str, str]]]:
    """Read the ports to publish.

    Args:
        value: Maps each container's port, such as "80/tcp" or 80, to a port of the host, an address
            and a port, several of them in a list, or None for any free port.

    Returns:
        The addresses and ports of the host, by the container's port.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: A value is not a port or an address, or a port appears twice.
    """
    if not isinstance(value, Mapping):
        kind = type(value).__name__
        raise TypeError(
            f"ports is a mapping from the container's port: {{'80/tcp': 8080}}, not {kind}"
        )
    found: dict[str, list[tuple[str, str]]] = {}
    for key, given in value.items():
        name = port(key)
        if name in found:
            raise ValueError(f"ports has {name} twice")
        several = isinstance(given, Iterable) and not isinstance(given, str | tuple | Mapping)
        found[name] = [_host_port(name, each) for each in (given if several else [given])]  # type: ignore[union-attr]
        if not found[name]:
            raise ValueError(f"ports[{name!r}] has an empty list: write None for any port")
    return found


def _host_port(name: str, value: object) -> tuple[str, str]:
    address: object = ""
    number = value
    if isinstance(value, tuple):
        if len(value) != 2:
            raise TypeError(f"ports[{name!r}]: a tuple is an address and a port")
        address, number = value
        if not isinstance(address, str):
            raise TypeError(
                f"ports[{name!r}]: several ports are a list; a tuple is an address and a port"
            )
        _check_address(name, address)
    if number is None:
        return str(address), ""
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(
            f"ports[{name!r}] is a port of the host, an address and a port, or None for any, not"
            f" {type(number).__name__}"
        )
    if not 0 <= number <= _LAST:
        raise ValueError(f"ports[{name!r}]: {number} is not a port")
    return str(address), str(number or "")


def _check_address(name: str, address: str) -> None:
    try:
        ip_address(address)
    except ValueError:
        raise ValueError(f"ports[{name!r}]: {address!r:.100} is not an IP address") from None

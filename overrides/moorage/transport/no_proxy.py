"""NO_PROXY: the hosts to reach without a proxy, as the docker CLI (Go) reads it; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

__all__ = ["is_exempt", "is_this_machine"]

_IP: TypeAlias = "IPv4Address | IPv6Address | None"


def is_this_machine(address: str) -> bool:
    """Return whether an address is "localhost" or a loopback address."""
    ip = _ip(address)
    return address.lower() == "localhost" if ip is None else ip.is_loopback


def is_exempt(address: str, port: int, no_proxy: str) -> bool:
    """Return whether NO_PROXY names an address and port.

    Args:
        address: A host's name, or an IP address without brackets.
        port: Its port.
        no_proxy: The names, addresses and nets, with commas between; malformed ones are ignored.
    """
    entries = [each.strip().lower() for each in no_proxy.split(",")]
    if "*" in entries:
        return True
    ip = _ip(address)
    name = _ascii(address.lower())
    return any(_matches(each, name, str(port), ip) for each in entries if each)


def _matches(entry: str, name: str, port: str, ip: _IP) -> bool:
    if "/" in entry:
        return _in_net(entry, ip)
    wanted, wanted_port = _split_port(entry)
    if wanted_port not in ("", port) or not wanted:
        return False
    wanted_ip = _ip(wanted)
    if ip is not None or wanted_ip is not None:
        return wanted_ip == ip
    wanted = _ascii(wanted[1:] if wanted.startswith("*.") else wanted)
    if wanted.startswith("."):
        return name.endswith(wanted)
    return name == wanted or name.endswith(f".{wanted}")


def _split_port(entry: str) -> tuple[str, str]:
    """Split off ":port" with brackets; without a port, brackets stay, as in Go."""
    name, colon, port = entry.rpartition(":")
    if name.startswith("[") and name.endswith("]"):
        return name[1:-1], port
    if not colon or ":" in name:
        return entry, ""
    return name, port


def _in_net(entry: str, ip: _IP) -> bool:
    from ipaddress import ip_network

    # ip_network() accepts masks too (10.0.0.0/255.0.0.0), the CLI only lengths.
    if ip is None or not entry.rpartition("/")[2].isdecimal():
        return False
    try:
        return ip in ip_network(entry, strict=False)
    except ValueError:
        return False


def _ip(address: str) -> _IP:
    # A name in letters has no part that is an address.
    if ":" not in address and not address.rpartition(".")[2].isdecimal():
        return None
    from ipaddress import IPv6Address, ip_address

    try:
        ip = ip_address(address)
    except ValueError:
        return None
    if isinstance(ip, IPv6Address):
        if ip.scope_id is not None:
            return None
        return ip.ipv4_mapped or ip
    return ip


def _ascii(name: str) -> str:
    if name.isascii():
        return name
    try:
        return name.encode("idna").decode()
    except UnicodeError:
        return name

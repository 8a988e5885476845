"""Extra host names, for a container's /etc/hosts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["hosts"]


def hosts(value: Mapping[str, str] | Iterable[str]) -> list[str]:
    """Write host names in the engines' form: "db:10.0.0.5".

    Args:
        value: The addresses by name, or in the form of `docker run --add-host`: "db:10.0.0.5" or
            "db=10.0.0.5". The address "host-gateway" is the host's own.

    Raises:
        TypeError: It has the wrong type.
        ValueError: A name has no address.
    """
    if isinstance(value, str) or not isinstance(value, Iterable):
        kind = type(value).__name__
        raise TypeError(f"extra_hosts is a mapping or a list, such as ['db:10.0.0.5'], not {kind}")
    given = [*value.items()] if isinstance(value, Mapping) else [_pair(each) for each in value]
    for name, address in given:
        if not isinstance(name, str) or not isinstance(address, str):
            raise TypeError("extra_hosts has str as names and addresses")
        if not name or not address or ":" in name:
            raise ValueError(f"extra_hosts: {name!r:.100} needs an address, as in 'db:10.0.0.5'")
    return [f"{name}:{address}" for name, address in given]


def _pair(text: str) -> tuple[str, str]:
    if not isinstance(text, str):
        raise TypeError(f"extra_hosts is a list of str, not of {type(text).__name__}")
    # IPv6 addresses have colons of their own, and may be in brackets.
    separator = "=" if "=" in text else ":"
    name, _, address = text.partition(separator)
    bracketed = address.startswith("[") and address.endswith("]")
    return name, address[1:-1] if bracketed else address

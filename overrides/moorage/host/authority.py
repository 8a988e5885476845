"""The parts of a URL between its scheme and its path."""

from __future__ import annotations

import re
from contextlib import suppress
from ipaddress import IPv6Address
from urllib.parse import unquote

from moorage.host.address import Credentials
from moorage.host.quoting import veiled

__all__ = ["read_address", "read_port", "split_credentials"]


def split_credentials(rest: str) -> tuple[Credentials | None, str]:
    """Split what follows the scheme into credentials, if there are any, and what follows these.

    Raises:
        ValueError: The end of the credentials is ambiguous.
    """
    # No local has the password by itself: tracebacks may show these.
    end = rest.rfind("@")
    if end < 0:
        return None, rest
    if re.search("[/?#@]", rest[:end]):
        # Other parsers would read another host.
        raise ValueError("an @ after a /, ?, # or @: in a password, write these as %2F and so on")
    return Credentials(*map(unquote, rest[:end].partition(":")[::2])), veiled(rest[end + 1 :])


def read_address(written: str) -> str:
    """Read a name, an IPv4 address, or an IPv6 address in brackets.

    Raises:
        ValueError: It is none of these.
    """
    address = written.strip("[]").lower()
    with suppress(ValueError):
        if written.startswith("["):
            return str(IPv6Address(address))
        if re.fullmatch(rb"[\w.-]+", address.encode("idna")):
            return address
    raise ValueError("its address is neither a host's name nor an IP address")


def read_port(digits: str | None) -> int | None:
    """Read a port, if there is one.

    Raises:
        ValueError: It is not a port.
    """
    if not digits:
        return None
    if not 1 <= int(digits) <= 65535:
        raise ValueError("its port is not from 1 to 65535")
    return int(digits)

"""Parse ssh:// hosts, and check their parts.

ssh reads a word that begins with `-` as an option, and its configuration may pass host, user and
port to a shell. So each may have only the characters that such names need.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address

from attrs import frozen

__all__ = ["Ssh", "parse_ssh"]

_USER = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+@-]*")
_ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_PORT = re.compile(r"[0-9]{1,5}")
_PATH = re.compile(r"/[A-Za-z0-9_.,:+=/-]*")
_PARTS = re.compile(
    r"(?:(?P<user>[^/]*)@)?(?P<address>\[[^\]]*\]|[^:/]*)(?::(?P<port>[^/]*))?(?P<path>/.*)?",
    re.DOTALL,
)
_INSTEAD = "give it a Host block in ssh's configuration, and ssh://NAME-OF-THAT-BLOCK here"


@frozen
class Ssh:
    """An engine behind ssh, whose parts are safe to give to ssh.

    Raises:
        ValueError: A part begins with `-`, or has characters special to a shell or to ssh.
    """

    user: str | None
    """None leaves it to ssh, as does no port."""
    address: str
    """The host's name, a name in ssh's configuration, or an IP address."""
    port: int | None = None
    path: str | None = None
    """The engine's socket at the far end; None leaves it to the docker command there."""

    def __attrs_post_init__(self) -> None:
        # No message repeats the user: a malformed URL may have a password there.
        if self.user is not None and not _USER.fullmatch(self.user):
            raise ValueError(f"ssh can't be given such a user: {_INSTEAD}")
        if not (_ADDRESS.fullmatch(self.address) or _is_ipv6(self.address)):
            raise ValueError(f"ssh can't be given the host {self.address!r:.100}: {_INSTEAD}")
        if self.port is not None and not (type(self.port) is int and 0 < self.port < 1 << 16):
            raise ValueError("the port of an ssh:// host must be a number from 1 to 65535")
        if self.path is not None and not _PATH.fullmatch(self.path):
            raise ValueError(
                "the path of an ssh:// host must be that of a socket, without spaces, "
                "percent signs or what means something to a shell"
            )


def parse_ssh(rest: str) -> Ssh:
    """Take apart what follows ssh://, which is [user@]host[:port][/path/to/the/socket].

    Raises:
        ValueError: It is malformed.
    """
    # Checked first: a traceback might show it later.
    if ":" in rest.rpartition("@")[0]:
        raise ValueError("an ssh:// host can't have a password: give ssh a key, or use its agent")
    found = _PARTS.fullmatch(rest)
    assert found is not None  # noqa: S101 - whatever the parts are, they are parts
    user, address, port, path = found.group("user", "address", "port", "path")
    if address.startswith("["):
        address = address[1:-1]
        if not _is_ipv6(address):
            raise ValueError("an address in brackets in an ssh:// host must be an IPv6 address")
    number = None if not port else int(port) if _PORT.fullmatch(port) else 0
    return Ssh(user, address, number, None if path == "/" else path)


def _is_ipv6(address: str) -> bool:
    try:
        return IPv6Address(address).scope_id is None
    except ValueError:
        return False

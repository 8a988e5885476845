"""An engine's address, taken apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from attrs import field, frozen

if TYPE_CHECKING:
    import ssl

    from moorage.host.ssh import Ssh

__all__ = ["DEFAULT_HOST", "Credentials", "Host"]

DEFAULT_HOST = "unix:///var/run/docker.sock"


class Credentials(NamedTuple):
    """A user and a password, for HTTP basic authentication; not shown."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Credentials(…)"


@frozen
class Host:
    """An engine's address, taken apart."""

    name: str
    """Address to show, without credentials."""
    address: str = "localhost"
    """The host's name or IP address."""
    port: int | None = None
    """None unless reached by TCP."""
    prefix: str = ""
    """Prefix of every path, for a proxy before the engine."""
    socket: str | None = None
    """The path of the Unix socket, if it is one."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    """For HTTP basic authentication, which a proxy before the engine may ask for."""
    ssh: Ssh | None = None
    """The ssh destination, if ssh is used."""
    fd: int | None = None
    """The descriptor of a connected socket, if one was given."""
    source: str = "the argument host="
    """The source of this choice, in words."""

    def __str__(self) -> str:
        return self.name

    @property
    def authority(self) -> str:
        """Value of the header Host."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return address if self.port is None else f"{address}:{self.port}"

    @property
    def published_address(self) -> str:
        """The address where ports that containers publish are reached.

        It is the engine's machine: the host of TCP, the one that ssh connects to (which may be a
        name in ssh's configuration), else this machine, "localhost".
        """
        return self.address if self.ssh is None else self.ssh.address

    @property
    def base_url(self) -> str:
        """The URL that every path follows."""
        return f"{'https' if self.tls else 'http'}://{self.authority}{self.prefix}"

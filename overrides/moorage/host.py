"""Where the engine listens: the argument, DOCKER_HOST, or the default socket."""

from __future__ import annotations

import os
import ssl
from urllib.parse import SplitResult, unquote, urlsplit

from attrs import evolve, field, frozen

__all__ = ["DEFAULT_HOST", "Host", "find_host", "parse_host"]

DEFAULT_HOST = "unix:///var/run/docker.sock"
_TCP_PORT = 2375
_TLS_PORT = 2376
_EXAMPLES = "give unix:///path/to/socket or tcp://host:port"


@frozen
class Host:
    """An engine's address, taken apart."""

    name: str
    """As it may be shown: without credentials."""
    address: str = "localhost"
    """The host's name or IP address."""
    port: int | None = None
    """None for a Unix socket."""
    prefix: str = ""
    """What every path begins with, for a proxy before the engine."""
    socket: str | None = None
    """The path of the Unix socket, if it is one."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    credentials: tuple[str, str] | None = field(default=None, repr=False)
    """For HTTP basic authentication, which a proxy before the engine may ask for."""

    def __str__(self) -> str:
        return self.name

    @property
    def authority(self) -> str:
        """What the header Host says."""
        address = f"[{self.address}]" if ":" in self.address else self.address
        return address if self.port is None else f"{address}:{self.port}"

    @property
    def base_url(self) -> str:
        """The URL that every path follows."""
        return f"{'https' if self.tls else 'http'}://{self.authority}{self.prefix}"


def find_host(host: str | None, tls: ssl.SSLContext | None = None) -> Host:
    """Parse the host that is given, else that of the environment, else the default.

    Raises:
        ValueError: the host is malformed, or of a kind that moorage can't reach.
    """
    return parse_host(host or os.environ.get("DOCKER_HOST") or DEFAULT_HOST, tls)


def parse_host(host: str, tls: ssl.SSLContext | None = None) -> Host:
    """Take the URL of an engine apart.

    Args:
        host: the URL.
        tls: what a TCP connection is encrypted by; not at all without it, but for https://.

    Raises:
        ValueError: the host is malformed, or of a kind that moorage can't reach.
    """
    # No message repeats the input: it may hold a password, wherever a malformed URL has put it.
    scheme, separator, rest = host.strip().partition("://")
    if not separator:
        raise ValueError(f"the engine's host has no scheme: {_EXAMPLES}")
    match scheme.lower():
        case "unix":
            if tls is not None:
                raise ValueError("a unix:// host has no TLS: leave out tls=, or give tcp://")
            return _unix(rest)
        case "tcp" | "http":
            return _tcp(rest, tls)
        case "https":
            return _tcp(rest, tls or ssl.create_default_context())
        case "ssh" | "npipe" | "fd" as known:
            raise ValueError(f"{known}:// is not supported yet: use unix:// or tcp://")
    raise ValueError(f"the engine's host has a scheme that no engine has: {_EXAMPLES}")


def _unix(path: str) -> Host:
    if not path.startswith("/"):
        raise ValueError(
            "the path of a unix:// host must be absolute, with three slashes in all: "
            "unix:///var/run/docker.sock"
        )
    return Host(name=f"unix://{path}", socket=path)


def _tcp(rest: str, tls: ssl.SSLContext | None) -> Host:
    try:
        url = urlsplit(f"//{rest}")
        port = (_TLS_PORT if tls else _TCP_PORT) if url.port is None else url.port
    except ValueError:
        # The standard library's message quotes the part that it can't read.
        raise ValueError(
            f"the engine's host has a malformed address or port: {_EXAMPLES}"
        ) from None
    if not url.hostname or any(each.isspace() for each in url.netloc):
        raise ValueError(f"the engine's host names no address: {_EXAMPLES}")
    if url.query or url.fragment:
        raise ValueError(f"the engine's host can't have a query or a fragment: {_EXAMPLES}")
    made = Host("", url.hostname, port, url.path.rstrip("/"), None, tls, _credentials(url))
    return evolve(made, name=f"tcp://{made.authority}{made.prefix}")


def _credentials(url: SplitResult) -> tuple[str, str] | None:
    if url.username is None:
        return None
    return unquote(url.username), unquote(url.password or "")

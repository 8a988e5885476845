"""Takes the URL of an engine apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import evolve

from moorage.host.address import DEFAULT_HOST, Host
from moorage.host.quoting import quoted, veiled
from moorage.host.tls import TLS, secured

if TYPE_CHECKING:
    import ssl

__all__ = ["may_have_tls", "parse_host"]

_PLAIN_PORT, _TLS_PORT = 2375, 2376
# A path without its first slash, which docker-py takes too; a relative one begins with a dot.
_TWO_SLASHES = re.compile(r"[\w-][\w./-]*", re.ASCII)
_EXAMPLES = "unix:///path/to/socket, tcp://host:port or ssh://user@host"
_TCP = re.compile(
    r"(?P<address>\[[^\[\]/]+\]|[^:/?#\[\]]+)(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<prefix>(?:/[\w.~!$&'()*+,;=:%-]*)*)",
    re.ASCII,
)


def parse_host(host: str, tls: ssl.SSLContext | TLS | None = None) -> Host:
    """Take the URL of an engine apart.

    Args:
        host: The URL: unix://, tcp://, http://, https://, ssh:// or fd://; as in docker-py, also
            http+unix://, and an absolute path, of a Unix socket.
        tls: TLS material for TCP connections; without it, only https:// is encrypted.

    Raises:
        ValueError: The host is malformed, or of a kind that moorage can't reach; or the TLS
            material can't be used.
    """
    host = veiled(host)
    try:
        return _parse(veiled(host.strip()), tls)
    except ValueError as error:
        raise ValueError(f"{quoted(host)}: {error}") from None


def may_have_tls(host: str) -> bool:
    """Return whether the host's scheme supports TLS."""
    return _scheme(host) not in ("unix", "http+unix", "ssh", "fd", "npipe")


def _scheme(host: str) -> str:
    host = veiled(host.strip())
    return "unix" if host.startswith("/") else host.partition("://")[0].lower()


def _parse(host: str, tls: ssl.SSLContext | TLS | None) -> Host:
    if host.startswith("/"):
        host = veiled(f"unix://{host}")
    if "://" not in host:
        raise ValueError(f"it has no scheme: give {_EXAMPLES}")
    if not host.isprintable():
        raise ValueError("it has control characters")
    scheme, rest = _scheme(host), veiled(host.partition("://")[2])
    if tls is not None and scheme in ("unix", "http+unix", "http", "ssh", "fd"):
        raise ValueError(f"a {scheme}:// host has no TLS: give tcp://, or leave TLS out")
    match scheme:
        case "unix":
            return _unix(rest)
        case "http+unix":
            return _http_unix(rest)
        case "tcp" | "http":
            return _tcp(rest, tls)
        case "https":
            return _tcp(rest, tls or TLS())
        case "ssh":
            return _ssh(rest)
        case "fd":
            return _fd(rest)
        case "npipe":
            raise ValueError(f"npipe:// is not supported yet; give {_EXAMPLES}")
    raise ValueError(f"it has a scheme that no engine has: give {_EXAMPLES}")


def _unix(path: str) -> Host:
    if not path:
        path = DEFAULT_HOST.removeprefix("unix://")
    elif _TWO_SLASHES.fullmatch(path):
        path = f"/{path}"
    if not path.startswith("/"):
        raise ValueError(
            "the path of a unix:// host must be absolute, with three slashes in all: "
            "unix:///var/run/docker.sock"
        )
    return Host(name=f"unix://{path}", socket=path)


def _http_unix(path: str) -> Host:
    if path[:3].lower() == "%2f":  # a path that was quoted, to stand in the place of a host
        from urllib.parse import unquote

        path = unquote(path)
        if not path.isprintable():
            raise ValueError("it has control characters")
    return _unix(path)


def _tcp(rest: str, tls: ssl.SSLContext | TLS | None) -> Host:
    from moorage.host.authority import read_address, read_port, split_credentials

    credentials, bare = split_credentials(rest)
    match = _TCP.fullmatch(bare)
    if match is None:
        raise ValueError(
            "it is not an address with a port: give tcp://host:port, an IPv6 address in brackets"
        )
    port = read_port(match["port"]) or (_TLS_PORT if tls else _PLAIN_PORT)
    address, prefix = read_address(match["address"]), match["prefix"].rstrip("/")
    made = Host("", address, port, prefix, None, secured(tls), credentials)
    return evolve(made, name=f"tcp://{made.authority}{made.prefix}")


def _ssh(rest: str) -> Host:
    from moorage.host.ssh import parse_ssh

    return Host(name=f"ssh://{rest.rstrip('/')}", ssh=parse_ssh(rest))


def _fd(number: str) -> Host:
    if not re.fullmatch("[0-9]{1,9}", number):
        raise ValueError("give fd:// and the number of a connected socket's descriptor, as fd://3")
    return Host(name=f"fd://{int(number)}", fd=int(number))

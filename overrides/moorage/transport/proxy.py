"""The proxy for an engine's TCP port, from the environment; without I/O.

Every connection uses a tunnel (CONNECT, RFC 9110, section 9.3.6): upgrades need one.
"""

from __future__ import annotations

import base64
import os
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from attrs import field, frozen

from moorage.host.address import Credentials, Host
from moorage.host.authority import read_address, read_port
from moorage.host.quoting import veiled
from moorage.transport.no_proxy import is_exempt, is_this_machine
from moorage.wire import http1
from moorage.wire.dial_errors import DialFailed
from moorage.wire.message import Headers

if TYPE_CHECKING:
    import ssl

__all__ = ["Proxy", "find_proxy"]

_PORTS = {"http": 80, "https": 443}
_PLACE = re.compile(r"(?P<address>\[[^\[\]]+\]|[^:\[\]]+)(?::(?P<port>[0-9]{0,5}))?", re.ASCII)
_AUTHENTICATION_REQUIRED = 407


@frozen
class Proxy:
    """A proxy that makes tunnels."""

    address: str
    port: int
    variable: str
    """The environment variable that names it."""
    tls: ssl.SSLContext | None = field(default=None, repr=False)
    """TLS for the connection to the proxy itself."""
    authorization: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        return f"the proxy {address}:{self.port} ({self.variable})"

    def request(self, authority: str) -> bytes:
        """Write the request for a tunnel to "address:port"."""
        headers = Headers(Host=authority)
        if self.authorization is not None:
            headers["Proxy-Authorization"] = self.authorization
        return http1.request_head("CONNECT", authority, http1.header_lines(headers))

    def check(self, head: http1.Head) -> None:
        """Check the response to the request for a tunnel.

        Raises:
            DialFailed: The proxy refused the tunnel.
        """
        if head.status == _AUTHENTICATION_REQUIRED:
            raise DialFailed(
                f"it wants other credentials ({head.status} {head.reason}): "
                f"check those in {self.variable}"
            )
        if not 200 <= head.status < 300:
            raise DialFailed(
                f"it refuses a tunnel ({head.status} {head.reason}): NO_PROXY names what is to be "
                "reached without it"
            )


def find_proxy(host: Host) -> Proxy | None:
    """Return the proxy of HTTP_PROXY, or of HTTPS_PROXY where TLS is spoken, unless NO_PROXY.

    The variables are read as by the docker CLI, which also never uses a proxy for this machine.

    Raises:
        ValueError: The proxy's URL is malformed, or has an unsupported scheme.
    """
    if host.port is None:
        return None
    variable, url = _environment("HTTPS_PROXY" if host.tls else "HTTP_PROXY")
    if not url or is_this_machine(host.address):
        return None
    if is_exempt(host.address, host.port, _environment("NO_PROXY")[1]):
        return None
    if variable.upper() == "HTTP_PROXY" and os.environ.get("REQUEST_METHOD"):
        raise ValueError(
            f"{variable} is not used in a CGI program (REQUEST_METHOD is set): there, whoever "
            "sends the header Proxy sets it. Set NO_PROXY to reach the engine without a proxy"
        )
    return _parse(url, variable)


def _environment(variable: str) -> tuple[str, str]:
    """Return the name and the value of a variable in capitals, else in lower case."""
    for name in (variable, variable.lower()):
        if value := veiled(os.environ.get(name, "")):
            return name, value
    return variable, ""


def _parse(url: str, variable: str) -> Proxy:
    scheme, credentials, place = _split(url)
    if scheme not in _PORTS:
        raise ValueError(
            f"{variable} has the scheme {scheme!r}: only http:// and https:// are supported"
        )
    try:
        match = _PLACE.fullmatch(place)
        address = read_address(match["address"] if match else "")
        port = read_port(match["port"] if match else None)
    except ValueError:
        # The message does not repeat the URL: it may hold a password.
        raise ValueError(
            f"{variable} is malformed: it must be http://address:port, or https://address:port"
        ) from None
    tls = _system_tls() if scheme == "https" else None
    authorization = None if credentials is None else _basic(credentials)
    return Proxy(address, port or _PORTS[scheme], variable, tls, authorization)


def _split(url: str) -> tuple[str, Credentials | None, str]:
    """Split a URL into its scheme, the credentials, and the address with the port."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        scheme, rest = "http", url
    user, separator, place = re.split("[/?#]", rest, maxsplit=1)[0].rpartition("@")
    credentials = Credentials(*map(unquote, user.partition(":")[::2])) if separator else None
    return scheme.lower(), credentials, veiled(place)


def _basic(credentials: Credentials) -> str:
    return f"Basic {base64.b64encode(':'.join(credentials).encode()).decode()}"


def _system_tls() -> ssl.SSLContext:
    from moorage.host.tls import TLS

    return TLS().context()

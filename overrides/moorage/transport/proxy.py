"""The proxy before an engine's TCP port, which the environment names; without I/O.

Every connection goes through a tunnel (CONNECT, RFC 9110, section 9.3.6): an upgraded one could
not be passed on otherwise.
"""

from __future__ import annotations

import base64
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from attrs import field, frozen

from moorage.host import Host
from moorage.wire import http1
from moorage.wire.message import Headers

__all__ = ["Proxy", "find_proxy"]

_PORT = 80


@frozen
class Proxy:
    """A proxy that makes tunnels."""

    address: str
    port: int
    authorization: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.address}:{self.port}"

    def request(self, authority: str) -> bytes:
        """Ask for a tunnel to "address:port"."""
        headers = Headers(Host=authority)
        if self.authorization is not None:
            headers["Proxy-Authorization"] = self.authorization
        return http1.request_head("CONNECT", authority, http1.header_lines(headers))

    def check(self, head: http1.Head) -> None:
        """Look at the answer.

        Raises:
            ConnectionRefusedError: there is no tunnel.
        """
        if not 200 <= head.status < 300:
            raise ConnectionRefusedError(
                f"the proxy {self} refuses a tunnel ({head.status} {head.reason}); "
                "NO_PROXY names what is to be reached without it"
            )


def find_proxy(host: Host) -> Proxy | None:
    """Return the proxy of HTTP_PROXY, or of HTTPS_PROXY where TLS is spoken, unless NO_PROXY.

    As for the docker CLI, this machine itself is never reached through a proxy.

    Raises:
        ValueError: the proxy's URL is malformed, or of a kind that makes no tunnels.
    """
    if host.port is None or _is_this_machine(host.address):
        return None
    variable = "https" if host.tls else "http"
    url = getproxies_environment().get(variable)
    if not url or proxy_bypass(f"{host.address}:{host.port}"):
        return None
    return _parse(url, f"{variable.upper()}_PROXY")


def _is_this_machine(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address.lower() == "localhost"


def _parse(url: str, variable: str) -> Proxy:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme != "http":
        raise ValueError(f"{variable} has the scheme {parts.scheme!r}: only http:// is supported")
    try:
        address, port = parts.hostname, parts.port or _PORT
    except ValueError:
        address, port = None, 0
    # The message does not repeat the URL: it may hold a password.
    if not address:
        raise ValueError(f"{variable} is malformed: it is to be http://address:port")
    if parts.username is None:
        return Proxy(address, port)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return Proxy(address, port, f"Basic {base64.b64encode(pair).decode()}")

"""Where the engine is, and how it is reached: hosts, the CLI's contexts, TLS material."""

from moorage.host.address import DEFAULT_HOST, Host
from moorage.host.find import find_host
from moorage.host.parse import parse_host
from moorage.host.ssh import Ssh
from moorage.host.tls import TLS

__all__ = ["DEFAULT_HOST", "TLS", "Host", "Ssh", "find_host", "parse_host"]

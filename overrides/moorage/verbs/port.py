"""Find the address at which a container's port is published."""

from __future__ import annotations

from functools import partial
from typing import Any

from moorage.errors import EngineError
from moorage.parse.published import port as port_name
from moorage.transport.steps import Await, Steps

__all__ = ["port"]

_ANY = ("", "0.0.0.0", "::")  # noqa: S104 - what engines answer


def port(engine: Any, container: str, private: str | int) -> Steps[tuple[str, int]]:
    """Return the address and the port at which a container's port is published.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID.
        private: The container's port, such as "80/tcp" or 80.

    Returns:
        The address to connect to, and the port. If it is published at all addresses, the engine's
        host, or 127.0.0.1 for an engine on this machine.

    Raises:
        NotFound: The container does not exist.
        EngineError: The port is not published; a container publishes its ports while it runs.

    GET /containers/{id}/json.
    """
    name = port_name(private)
    about = yield Await(partial(engine.containers.inspect, container))
    settings = about.network_settings
    published = {} if settings is None else settings.ports or {}
    found = [each for each in published.get(name) or () if each.host_port]
    if not found:
        others = ", ".join(key for key, value in published.items() if value) or "none"
        raise EngineError(f"{container} does not publish {name} now; published ports: {others}")
    # Engines list IPv4 and IPv6 separately.
    found.sort(key=lambda each: ":" in (each.host_ip or ""))
    address = found[0].host_ip or ""
    return (_host(engine) if address in _ANY else address), int(found[0].host_port)


def _host(engine: Any) -> str:
    host = engine.host
    is_here = host.port is None and host.ssh is None
    return "127.0.0.1" if is_here else str(host.published_address)

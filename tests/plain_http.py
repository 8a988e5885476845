"""Plain HTTP to an engine, real or fake, beside moorage."""

from __future__ import annotations

import httpx

__all__ = ["plain_http"]


def plain_http(host: str, timeout: float = 60) -> httpx.Client:
    """Make a client of a host without TLS; its base is the engine's root."""
    scheme, _, place = host.partition("://")
    uds, name = (place, "engine") if scheme == "unix" else (None, place)
    # httpx would load the system's authorities for each client, which takes longer than most tests.
    transport = httpx.HTTPTransport(uds=uds, verify=False)
    return httpx.Client(transport=transport, base_url=f"http://{name}", timeout=timeout)

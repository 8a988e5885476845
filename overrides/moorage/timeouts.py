"""Default timeouts, in seconds."""

from __future__ import annotations

__all__ = ["CONNECT_TIMEOUT", "PING_TIMEOUT"]

CONNECT_TIMEOUT = 10.0
"""For a connection."""

PING_TIMEOUT = 60.0
"""For an answer in negotiation: a ping takes no time, but starting an engine by its socket does."""

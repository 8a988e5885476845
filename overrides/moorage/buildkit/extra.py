"""Check for the libraries that sessions need."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

__all__ = ["HINT", "installed"]

HINT = "pip install 'moorage[buildkit]'"


@cache
def installed() -> bool:
    """Return whether the extra `buildkit` is installed."""
    try:
        return find_spec("h2") is not None and find_spec("google.protobuf") is not None
    except ModuleNotFoundError:  # there is no package google
        return False

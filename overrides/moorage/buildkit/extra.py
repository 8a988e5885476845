"""Whether the libraries are there that sessions need."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

__all__ = ["HINT", "installed"]

HINT = "pip install 'moorage[buildkit]'"


@cache
def installed() -> bool:
    """Tell whether the extra `buildkit` is installed."""
    try:
        return find_spec("h2") is not None and find_spec("google.protobuf") is not None
    except ModuleNotFoundError:  # there is no package google
        return False

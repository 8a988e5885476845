"""The version of moorage, for the header User-Agent: reading installed metadata is slow."""

from __future__ import annotations

__all__ = ["VERSION"]

VERSION = "0.1.0"

"""The error of a copy."""

__all__ = ["VendorError"]


class VendorError(Exception):
    """A copy can't be made, written or read; the message says why, and what to do."""

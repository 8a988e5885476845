"""Errors of private engines."""

__all__ = ["PrivateEngineError"]


class PrivateEngineError(Exception):
    """A private engine, or a package for one, could not be obtained; the message says why."""

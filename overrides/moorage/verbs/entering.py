"""Warnings about context managers of verbs that were never entered."""

from __future__ import annotations

import warnings
from inspect import GEN_CREATED, getgeneratorstate

from moorage.transport.steps import Steps

__all__ = ["warn_if_never_entered"]


def warn_if_never_entered(steps: Steps[object], message: str) -> None:
    """Warn, in a `__del__`, about steps that were never begun."""
    if getgeneratorstate(steps) == GEN_CREATED:
        warnings.warn(message, ResourceWarning, stacklevel=3)

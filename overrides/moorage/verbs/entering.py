"""Warnings and errors about context managers of verbs that were never entered, or twice."""

from __future__ import annotations

import warnings
from inspect import GEN_CREATED, getgeneratorstate

from moorage.transport.steps import Steps

__all__ = ["refuse_if_entered", "warn_if_never_entered"]


def warn_if_never_entered(steps: Steps[object], message: str) -> None:
    """Warn, in a `__del__`, about steps that were never begun."""
    if getgeneratorstate(steps) == GEN_CREATED:
        warnings.warn(message, ResourceWarning, stacklevel=3)


def refuse_if_entered(steps: Steps[object]) -> None:
    """Raise RuntimeError for steps that were begun: they can't be begun again."""
    if getgeneratorstate(steps) != GEN_CREATED:
        raise RuntimeError("this was entered before: call the verb again for another block")

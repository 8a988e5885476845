"""Context managers of verbs that were never entered, or are entered again."""

from __future__ import annotations

import warnings
from inspect import GEN_CREATED, getgeneratorstate

from moorage.transport.steps import Steps

__all__ = ["refuse_second_entry", "warn_if_never_entered"]


def warn_if_never_entered(steps: Steps[object], message: str) -> None:
    """Warn, in a `__del__`, about steps that were never begun."""
    if getgeneratorstate(steps) == GEN_CREATED:
        warnings.warn(message, ResourceWarning, stacklevel=3)


def refuse_second_entry(steps: Steps[object], verb: str) -> None:
    """Refuse to enter a context manager again.

    Raises:
        RuntimeError: It was entered before.
    """
    if getgeneratorstate(steps) != GEN_CREATED:
        raise RuntimeError(f"{verb} can be entered once: call it again")

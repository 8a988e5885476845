"""The progress of a service towards what it was to be."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from attrs import define, field

from moorage.printable import one_line

__all__ = ["OnServiceProgress", "ServiceProgress", "TaskProgress"]


@define
class TaskProgress:
    """A task of a service."""

    state: str
    """The engine's word: "pending", "preparing", "starting", "running", "failed" …"""
    node: str
    """The ID of its node; "" if it has none yet."""
    error: str
    """What it died of, or why no node takes it; "" if nothing is wrong."""


@define
class ServiceProgress:
    """How far a service is from what it was to be; the same object is told again and again."""

    name: str
    running: int = 0
    """The tasks that run as the service is now; of a job, those that are complete."""
    desired: int = 0
    """The tasks that there are to be."""
    update: str = ""
    """The engine's word for the update: "updating", "rollback_started" …; "" if there is none."""
    message: str = ""
    """What the engine says of it."""
    tasks: dict[str, TaskProgress] = field(factory=dict)
    """By their names, "web.1"; those of the service as it is now."""
    outcome: str | None = None
    """"converged" or "failed", when it is over."""

    def __str__(self) -> str:
        states = ", ".join(f"{name} {each.state}" for name, each in self.tasks.items())
        parts = (f"{self.running} of {self.desired}", self.update, states, self.outcome)
        return one_line(f"{self.name}: {'; '.join(filter(None, parts))}")


OnServiceProgress: TypeAlias = Callable[[ServiceProgress], object]
"""Called with the progress each time that something has changed; `print` shows it."""

"""The progress of a service's convergence."""

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
    """The engine's state: "pending", "preparing", "starting", "running", "failed" …"""
    node: str
    """The ID of its node; "" if it has none yet."""
    error: str
    """Its error, or why no node takes it; "" without one."""


@define
class ServiceProgress:
    """The progress of a service; the same object is reported each time."""

    name: str
    running: int = 0
    """The number of tasks running by the current specification; of a job, the completed ones."""
    desired: int = 0
    """The number of tasks required."""
    update: str = ""
    """The engine's state of the update: "updating", "rollback_started" …; "" without one."""
    message: str = ""
    """The engine's message about it."""
    tasks: dict[str, TaskProgress] = field(factory=dict)
    """The tasks of the current specification by name, "web.1"."""
    outcome: str | None = None
    """"converged" or "failed" at the end."""

    def __str__(self) -> str:
        states = ", ".join(f"{name} {each.state}" for name, each in self.tasks.items())
        parts = (f"{self.running} of {self.desired}", self.update, states, self.outcome)
        return one_line(f"{self.name}: {'; '.join(filter(None, parts))}")


OnServiceProgress: TypeAlias = Callable[[ServiceProgress], object]
"""Called with the progress after each change; `print` shows it."""

"""The number of tasks that a service needs, and of those that run as specified."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = ["TaskCount", "works"]

_ENDED = ("complete", "shutdown", "failed", "rejected", "orphaned", "remove")


class TaskCount:
    """The number of tasks a service needs, and of those that run as specified.

    Args:
        service: The service, as JSON: an old version has no fields for jobs.
        tasks: The tasks of the current specification.
        nodes: The nodes that work.
    """

    def __init__(self, service: dict[str, Any], tasks: Iterable[Any], nodes: set[str]) -> None:
        mode = service["Spec"].get("Mode", {})
        job = mode.get("ReplicatedJob", mode.get("GlobalJob"))
        self.is_job = job is not None
        iteration = service.get("JobStatus", {}).get("JobIteration", {}).get("Index")
        found = [
            each
            for each in tasks
            if not self.is_job or each.to_dict().get("JobIteration", {}).get("Index") == iteration
        ]
        live = [
            each
            for each in found
            if each.desired_state in ("new", "ready", "running", "complete")
            and each.status.state not in _ENDED
        ]
        if self.is_job:
            done = [each for each in found if each.status.state == "complete"]
        else:
            done = [
                each
                for each in live
                if each.desired_state == each.status.state == "running" and each.node_id in nodes
            ]
        self.tasks = sorted(done + live if self.is_job else live or found, key=_place)
        self.done = len(done)
        present = {*map(_place, live + done)}
        # The swarm makes a task for each node that is eligible, all at once.
        nodes_taken = {*map(_place, found)} if "GlobalJob" in mode else present
        self.desired = _replicas(mode, len(nodes_taken))
        least = 0 if "Replicated" in mode or "ReplicatedJob" in mode else 1
        self.is_whole = self.done == self.desired >= least
        missing = len(present) < max(self.desired, least)
        # A job starts a task when another is complete; a busy swarm takes its time for the first.
        self.is_short = missing and not (self.is_job and live) and bool(found or least)


def _replicas(mode: dict[str, Any], nodes: int) -> int:
    if "ReplicatedJob" in mode:
        job = mode["ReplicatedJob"]
        return int(job.get("TotalCompletions", job.get("MaxConcurrent", 1)))
    if "Global" in mode or "GlobalJob" in mode:
        return nodes
    return int(mode.get("Replicated", {}).get("Replicas", 1))


def works(node: Any) -> bool:
    """Return whether a node takes tasks: it is up, and not drained."""
    takes: bool = node.spec.availability != "drain" and node.status.state != "down"
    return takes


def _place(task: Any) -> tuple[int, str]:
    return (task.slot or 0, "" if task.slot else task.node_id or "")

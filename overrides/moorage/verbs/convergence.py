"""The convergence of a service: its tasks, and the update that replaces them."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import Any

from moorage.errors import EngineError, ServiceFailed, TimedOut, Unavailable
from moorage.parse.timestamps import parse_timestamp
from moorage.progress import OnServiceProgress, ServiceProgress, TaskProgress
from moorage.transport.steps import Await, Pause, Steps
from moorage.verbs.executed import Collector, tail
from moorage.verbs.task_count import TaskCount, works

__all__ = ["converged"]

_PAUSE = 0.2
_MONITOR = 5.0
"""Default of seconds that tasks must run before they count."""
_GIVEN_UP = 10.0
"""Seconds in which the swarm restarts a task, if it does."""
_LEADERLESS = 60.0
"""Seconds that a swarm has to elect another leader."""
_SHOWN = 5
_TAIL = "50"
_UNDER_WAY = ("updating", "rollback_started")


def converged(
    client: Any, service: str, seconds: float | None, on_progress: OnServiceProgress | None
) -> Steps[Any]:
    """Wait until a service has converged, and return it.

    Args:
        client: The engine.
        service: The service's ID.
        seconds: The timeout; None waits for ever.
        on_progress: Called when something has changed.

    Raises:
        ServiceFailed: It can't converge.
        TimedOut: The timeout expired.
    """
    watch = _Watch(client, service, on_progress)
    deadline = None if seconds is None else monotonic() + seconds
    late = f" did not converge in {seconds:g} s" if seconds is not None else ""
    try:
        while not (yield from watch.look(deadline)):
            if deadline is not None and monotonic() >= deadline:
                raise TimedOut((yield from watch.problem(late))[0])
            yield Pause(_PAUSE)
    except BaseException as error:
        watch.report("failed")
        if isinstance(error, TimedOut) and late not in str(error):
            raise TimedOut(f"the service {service}{late}: {error}") from error
        raise
    watch.report("converged")
    return watch.service


class _Watch:
    """A service, and the observations so far.

    Attributes:
        service: The service, as it was last inspected.
    """

    def __init__(self, client: Any, service: str, on_progress: OnServiceProgress | None) -> None:
        self.service: Any = None
        self._client = client
        self._id = service
        self._on_progress = on_progress
        self._progress = ServiceProgress("")
        self._reported = ""
        self._whole_since: float | None = None
        self._short_since: float | None = None
        self._leaderless_since: float | None = None

    def report(self, outcome: str | None = None) -> None:
        """Report the progress, if it changed."""
        self._progress.outcome = outcome
        now = repr(self._progress)
        if self._on_progress is not None and self._progress.name and now != self._reported:
            self._reported = now
            self._on_progress(self._progress)

    def look(self, deadline: float | None) -> Steps[bool]:
        """Look at the service once; returns whether it has converged."""
        try:
            whole = yield from self._look(deadline)
        except Unavailable:
            # It is not a manager, or the managers have no leader at the moment.
            self._leaderless_since = self._leaderless_since or monotonic()
            if self.service is None or monotonic() - self._leaderless_since >= _LEADERLESS:
                raise
            return False
        self._leaderless_since = None
        return whole

    def _look(self, deadline: float | None) -> Steps[bool]:
        timeout = {} if deadline is None else {"timeout": max(deadline - monotonic(), 0) + 1}
        inspect = self._client.services.inspect
        self.service = yield Await(partial(inspect, self._id, **timeout))
        filters = {"service": [self._id], "_up-to-date": ["true"]}
        tasks = yield Await(partial(self._client.tasks.list, filters=filters, **timeout))
        nodes = yield Await(partial(self._client.nodes.list, **timeout))
        counted = TaskCount(
            self.service.to_dict(), tasks, {each.id for each in nodes if works(each)}
        )
        status = self.service.update_status
        progress = self._progress
        progress.name = self.service.spec.name
        progress.update = (status and status.state) or ""
        progress.message = (status and status.message) or ""
        progress.running, progress.desired = counted.done, counted.desired
        progress.tasks = {_named(progress.name, each): _progress_of(each) for each in counted.tasks}
        self.report()
        yield from self._fail_if_over(counted)
        whole = progress.update not in _UNDER_WAY and counted.is_whole
        self._whole_since = (self._whole_since or monotonic()) if whole else None
        return self._whole_since is not None and (
            counted.is_job
            or progress.update == "completed"
            or monotonic() - self._whole_since >= self._monitor()
        )

    def _monitor(self) -> float:
        update = self.service.spec.update_config
        nanoseconds = None if update is None else update.monitor
        return nanoseconds / 1e9 if nanoseconds else _MONITOR

    def _fail_if_over(self, counted: TaskCount) -> Steps[None]:
        state = self._progress.update
        # After a requested rollback, the engine keeps the former specification.
        undone = state == "rollback_completed" and "PreviousSpec" not in self.service.to_dict()
        if state in ("paused", "rollback_paused") or undone:
            what = {"paused": "update is paused", "rollback_paused": "rollback is paused"}
            yield from self._fail(f"'s {what.get(state, 'update was rolled back')}")
        short = counted.is_short and state not in _UNDER_WAY
        self._short_since = (self._short_since or monotonic()) if short else None
        if self._short_since is not None and monotonic() - self._short_since >= _GIVEN_UP:
            reason = (
                "has tasks that ended and are not started again"
                if counted.desired
                else "has no task"
            )
            yield from self._fail(f" {reason}")

    def _fail(self, what: str) -> Steps[None]:
        message, errors = yield from self.problem(what)
        raise ServiceFailed(message, self._progress.update, errors)

    def problem(self, what: str) -> Steps[tuple[str, tuple[str, ...]]]:
        """Describe the problem, with the tasks' errors."""
        progress = self._progress
        count = f"{progress.running} of {progress.desired} tasks are as they should be"
        said = f" ({progress.message})" if progress.message else ""
        message = f"the service {progress.name}{what}{said}: {count}"
        filters = {"service": [self._id]}
        if not progress.update.startswith("rollback"):
            filters["_up-to-date"] = ["true"]  # else those that failed are of the undone update
        try:
            tasks = yield Await(partial(self._client.tasks.list, filters=filters, timeout=10.0))
        except EngineError:
            return message, ()  # the first error is the one to report
        failed = [each for each in tasks if each.status.err and not self._is_old(each)]
        failed.sort(key=lambda task: parse_timestamp(task.created_at) or 0, reverse=True)
        errors = tuple(dict.fromkeys(each.status.err for each in failed))
        for error in errors[:_SHOWN]:
            names = dict.fromkeys(_named(progress.name, x) for x in failed if x.status.err == error)
            message += f"\n  {', '.join([*names][:_SHOWN])}: {error}"
        output = (yield from _last_output(self._client, failed)) if failed else b""
        return message + tail(output), errors

    def _is_old(self, task: Any) -> bool:
        """Return whether a task is from before the update."""
        status = self.service.update_status
        began = parse_timestamp(status.started_at) if status and status.started_at else None
        made = parse_timestamp(task.created_at)
        return began is not None and made is not None and made < began


def _named(service: str, task: Any) -> str:
    return f"{service}.{task.slot or task.node_id or task.id}"


def _progress_of(task: Any) -> TaskProgress:
    status = task.status
    return TaskProgress(status.state or "", task.node_id or "", status.err or "")


def _last_output(client: Any, tasks: list[Any]) -> Steps[bytes]:
    """Return the last output of the first of tasks that has some."""
    for task in tasks[:_SHOWN]:
        output = Collector()
        # Since API 1.29; before, a service's output is that of all of its tasks.
        logs = client.tasks.logs if hasattr(client.tasks, "logs") else client.services.logs
        name = task.id if hasattr(client.tasks, "logs") else task.service_id
        frames = logs(name, stdout=True, stderr=True, tail=_TAIL, total_timeout=5.0)
        try:
            yield Await(partial(frames.copy_to, output.stdout, output.stderr))
        except EngineError:
            pass  # some nodes and log drivers can't be read; the original error matters more
        finally:
            frames.disconnect()
        if found := output.interleaved():
            return found
    return b""

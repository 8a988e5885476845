"""Wait until a container is healthy."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from time import monotonic
from typing import Any

from moorage.errors import EngineError, TimedOut, Unhealthy
from moorage.parse.durations import duration
from moorage.transport.steps import Await, Pause, Steps
from moorage.verbs.executed import Collector, tail

__all__ = ["wait_healthy"]

_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 0.5
_TAIL = "50"


def wait_healthy(engine: Any, container: str, timeout: float | timedelta) -> Steps[None]:
    """Wait until a container's health check says that it is healthy.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID.
        timeout: Seconds to wait, or a timedelta.

    Raises:
        NotFound: There is no such container.
        Unhealthy: The container is unhealthy, has ended, or has no health check. The message ends
            with its last output.
        TimedOut: The timeout expired; the message ends with the last output.

    GET /containers/{id}/json, several times.
    """
    seconds = duration(timeout) / 1e9
    deadline = monotonic() + seconds
    pause = _FIRST_PAUSE
    while True:
        left = max(deadline - monotonic(), 0.001)
        try:
            about = yield Await(partial(engine.containers.inspect, container, timeout=left + 1))
        except TimedOut as error:
            raise TimedOut(f"{container} did not get healthy in {seconds:g} s: {error}") from None
        state = about.state
        health = None if state is None else state.health
        status = "" if health is None else health.status
        if status == "healthy":
            return
        problem = _problem(state, status)
        expired = monotonic() >= deadline
        if problem or expired:
            checks = _last_check(health)
            end = yield from _last_output(engine, container)
            if problem:
                raise Unhealthy(f"{container} {problem}{checks}{end}")
            raise TimedOut(f"{container} did not get healthy in {seconds:g} s{checks}{end}")
        yield Pause(max(min(pause, deadline - monotonic()), 0))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _problem(state: Any, status: str) -> str:
    """Say why there is nothing to wait for; "" if there is."""
    running = state is not None and (state.running or state.status in ("created", "restarting"))
    if not running:
        code = getattr(state, "exit_code", None)
        return f"has ended with exit code {code}" if code is not None else "does not run"
    if status == "unhealthy":
        return "is unhealthy"
    return "" if status == "starting" else "has no health check: give health= when it is created"


def _last_check(health: Any) -> str:
    checks = [] if health is None else [each for each in health.log or () if each is not None]
    text = (checks[-1].output or "").strip() if checks else ""
    return f"; the last check said: {text[-500:]}" if text else ""


def _last_output(engine: Any, container: str) -> Steps[str]:
    """Return the last output of a container, as the end of a message."""
    output = Collector()
    frames = engine.containers.logs(
        container, stdout=True, stderr=True, tail=_TAIL, total_timeout=10.0
    )
    try:
        yield Await(partial(frames.copy_to, output.stdout, output.stderr))
    except EngineError:
        pass  # some log drivers can't be read; the error itself is what counts
    finally:
        frames.disconnect()
    return tail(output.interleaved())

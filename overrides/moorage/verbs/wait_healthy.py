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
    """Wait until a container's health check reports it healthy.

    Args:
        engine: The engine, whose operations the steps call or await.
        container: The container's name or ID.
        timeout: Seconds to wait, or a timedelta.

    Raises:
        NotFound: The container does not exist.
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
            raise TimedOut(
                f"{container} did not become healthy in {seconds:g} s: {error}"
            ) from None
        state = about.state
        status, output = _health(state)
        if status == "healthy":
            return
        problem = _problem(state, status)
        expired = monotonic() >= deadline
        if problem or expired:
            checks = f"; the last check said: {output[-500:]}" if output else ""
            end = yield from _last_output(engine, container)
            if problem:
                raise Unhealthy(f"{container} {problem}{checks}{end}")
            raise TimedOut(f"{container} did not become healthy in {seconds:g} s{checks}{end}")
        yield Pause(max(min(pause, deadline - monotonic()), 0))
        pause = min(pause * 1.5, _LONGEST_PAUSE)


def _problem(state: Any, status: str) -> str:
    """Return why waiting is pointless; "" if it is not."""
    running = state is not None and (state.running or state.status in ("created", "restarting"))
    if not running:
        code = getattr(state, "exit_code", None)
        return f"has ended with exit code {code}" if code is not None else "does not run"
    if status == "unhealthy":
        return "is unhealthy"
    return "" if status == "starting" else "has no health check: give health= when it is created"


def _health(state: Any) -> tuple[str, str]:
    """Return the status of the health check, and its last output; "" without one."""
    health = getattr(state, "health", None)
    if health is not None:
        outputs = [each.output for each in health.log or () if each is not None]
        return health.status, (outputs[-1] or "").strip() if outputs else ""
    # The models have it since API 1.39; engines send it at any version.
    sent = getattr(state, "extra", {}).get("Health")
    if not isinstance(sent, dict):
        return "", ""
    log = [each for each in sent.get("Log") or () if isinstance(each, dict)]
    return str(sent.get("Status", "")), str(log[-1].get("Output", "")).strip() if log else ""


def _last_output(engine: Any, container: str) -> Steps[str]:
    """Return the last output of a container, as the end of a message."""
    output = Collector()
    frames = engine.containers.logs(
        container, stdout=True, stderr=True, tail=_TAIL, total_timeout=10.0
    )
    try:
        yield Await(partial(frames.copy_to, output.stdout, output.stderr))
    except EngineError:
        pass  # some log drivers can't be read; the original error matters more
    finally:
        frames.disconnect()
    return tail(output.interleaved())

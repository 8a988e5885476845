"""Find the highest API version that the engine and this installation both speak; in steps."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from moorage.arguments import as_is
from moorage.errors import APIError, EngineError, InvalidAnswer, UnsupportedVersion
from moorage.request import Options, Request
from moorage.response import Response
from moorage.timeouts import PING_TIMEOUT
from moorage.transport.pool import Pool
from moorage.transport.steps import Steps
from moorage.versions.bundled import NOTHING_BUNDLED
from moorage.versions.numbers import span, version_key
from moorage.wire.failures import failure

__all__ = ["choose", "negotiation"]


def choose(bundled: Sequence[str], engine_max: str, engine_min: str | None = None) -> str | None:
    """Choose the highest bundled version in the engine's range; None if there is none."""
    low = version_key(engine_min) if engine_min else (0, 0)
    common = [each for each in bundled if low <= version_key(each) <= version_key(engine_max)]
    return max(common, key=version_key, default=None)


def negotiation(bundled: Sequence[str], pool: Pool) -> Steps[str]:
    """Ask the engine for its versions, and choose one.

    Args:
        bundled: The versions that this installation has, the oldest first.
        pool: The connections to the engine; its requests have no version yet.

    Raises:
        UnsupportedVersion: The two have no version in common.
        InvalidAnswer: The host is not an engine.
        APIError: The engine answered with an error.
    """
    engine_max, engine_min = (yield from _ping(pool)), None
    version = choose(bundled, engine_max)
    if version != engine_max:
        # The ping does not report the engine's oldest version, but its newest one is always
        # allowed: only for another one is a second request needed.
        try:
            engine_min = (yield from _ask_range(pool))[0]
        except EngineError:
            engine_min = None
        version = choose(bundled, engine_max, engine_min)
    if version is None:
        raise UnsupportedVersion(_refusal(bundled, engine_max, engine_min))
    return version


def _ping(pool: Pool) -> Steps[str]:
    # HEAD came with API 1.40, and some proxies refuse it.
    for method in ("HEAD", "GET"):
        response = yield from _ask(pool, "SystemPing", method, "/_ping")
        if version := response.headers.get("api-version"):
            return _checked(version)
    # A proxy refused the ping, or stripped its header; /version has the API version in its body.
    refused = failure("SystemPing", response)
    if refused is not None and not 400 <= response.status < 500:
        raise refused
    try:
        newest = (yield from _ask_range(pool))[1]
    except (APIError, InvalidAnswer):
        if refused is not None:
            raise refused from None
        raise
    if newest is None:
        raise InvalidAnswer(
            "the host does not report an API version, as an engine does; check the host"
        )
    return newest


def _ask_range(pool: Pool) -> Steps[tuple[str | None, str | None]]:
    response = yield from _ask(pool, "SystemVersion", "GET", "/version")
    if error := failure("SystemVersion", response):
        raise error
    try:
        body = json.loads(response.body)
        oldest, newest = body.get("MinAPIVersion"), body.get("ApiVersion")
    except (ValueError, AttributeError, RecursionError):
        raise InvalidAnswer(
            "SystemVersion: the response is not the JSON that an engine sends"
        ) from None
    return (_checked(oldest) if oldest else None), (_checked(newest) if newest else None)


def _ask(pool: Pool, operation: str, method: str, path: str) -> Steps[Response]:
    options = Options(timeout=pool.timeout or PING_TIMEOUT)
    request: Request[Any] = Request(operation, method, path, as_is)
    return (yield from pool.call(request, options))


def _checked(version: Any) -> str:
    """Return an engine's version, without a patch level: "1.40" for "1.40.0"."""
    text = str(version)
    major_minor = ".".join(text.split(".")[:2])
    try:
        version_key(major_minor)
    except ValueError:
        raise InvalidAnswer(
            f"the host says that its API version is {text[:40]!r}; check the host"
        ) from None
    return major_minor


def _refusal(bundled: Sequence[str], engine_max: str, engine_min: str | None) -> str:
    engine = f"API {engine_min} to {engine_max}" if engine_min else f"API up to {engine_max}"
    if not bundled:
        return f"the engine speaks {engine}; this installation of moorage {NOTHING_BUNDLED}"
    if version_key(engine_max) < version_key(bundled[0]):
        way_out = "upgrade the engine"
    elif engine_min and version_key(engine_min) > version_key(bundled[-1]):
        way_out = (
            "upgrade moorage, or let the engine accept older versions (DOCKER_MIN_API_VERSION)"
        )
    else:
        way_out = "install a moorage that has one of the engine's versions"
    ours = span(bundled)
    return f"the engine speaks {engine}; this installation of moorage has {ours}: {way_out}"

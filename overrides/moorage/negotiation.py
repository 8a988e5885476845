"""Find the highest API version that the engine and this installation both speak.

No I/O stands here: `negotiation` is a generator that yields requests and is sent the answers, so
that the sync and the async transport are driven by the same code.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Sequence
from typing import Any

from moorage.answer import Answer
from moorage.contract import Request, as_is
from moorage.errors import EngineError, InvalidAnswer, UnsupportedVersion
from moorage.transport.failures import failure
from moorage.versions import NOTHING_BUNDLED, number, span

__all__ = ["choose", "negotiation"]

_PING = "/_ping"
_VERSION = "/version"


def choose(bundled: Sequence[str], engine_max: str, engine_min: str | None = None) -> str | None:
    """Choose the highest bundled version in the engine's range; None if there is none."""
    low = number(engine_min) if engine_min else (0, 0)
    common = [each for each in bundled if low <= number(each) <= number(engine_max)]
    return max(common, key=number, default=None)


def negotiation(bundled: Sequence[str]) -> Generator[Request[Any], Answer, str]:
    """Negotiate: yields requests without a version, takes their answers, returns the version.

    Raises:
        UnsupportedVersion: the two have no version in common.
        InvalidAnswer: what answers is no engine.
        APIError: the engine answered with an error.
    """
    engine_max, engine_min = (yield from _ping()), None
    version = choose(bundled, engine_max)
    if version != engine_max:
        # The ping does not tell the engine's oldest version, and the newest one it speaks is
        # always allowed: only then is a second request needed.
        try:
            engine_min = (yield from _ask_range())[0]
        except EngineError:
            engine_min = None
        version = choose(bundled, engine_max, engine_min)
    if version is None:
        raise UnsupportedVersion(_refusal(bundled, engine_max, engine_min))
    return version


def _ping() -> Generator[Request[Any], Answer, str]:
    # HEAD came with API 1.40, and some proxies refuse it.
    for method in ("HEAD", "GET"):
        answer = yield Request("SystemPing", method, _PING, as_is)
        if version := answer.headers.get("api-version"):
            return _checked(version)
    if error := failure("SystemPing", answer):
        raise error
    # Something stripped the header on its way; an engine's version is in the body of this one.
    newest = (yield from _ask_range())[1]
    if newest is None:
        raise InvalidAnswer(
            "what answers there does not tell its API version, as an engine does: check the host"
        )
    return newest


def _ask_range() -> Generator[Request[Any], Answer, tuple[str | None, str | None]]:
    answer = yield Request("SystemVersion", "GET", _VERSION, as_is)
    if error := failure("SystemVersion", answer):
        raise error
    try:
        body = json.loads(answer.body)
        oldest, newest = body.get("MinAPIVersion"), body.get("ApiVersion")
    except (ValueError, AttributeError, RecursionError):
        raise InvalidAnswer(
            "SystemVersion: the answer is not the JSON that an engine sends"
        ) from None
    return (_checked(oldest) if oldest else None), (_checked(newest) if newest else None)


def _checked(version: Any) -> str:
    try:
        number(version)
    except (ValueError, TypeError):
        raise InvalidAnswer(
            f"what answers there calls {str(version)[:40]!r} its API version: check the host"
        ) from None
    return str(version)


def _refusal(bundled: Sequence[str], engine_max: str, engine_min: str | None) -> str:
    engine = f"API {engine_min} to {engine_max}" if engine_min else f"API up to {engine_max}"
    if not bundled:
        return f"the engine speaks {engine}; this installation of moorage {NOTHING_BUNDLED}"
    if number(engine_max) < number(bundled[0]):
        way_out = "upgrade the engine"
    elif engine_min and number(engine_min) > number(bundled[-1]):
        way_out = (
            "upgrade moorage, or let the engine accept older versions (DOCKER_MIN_API_VERSION)"
        )
    else:
        way_out = "install a moorage that has one of the engine's versions"
    ours = span(bundled)
    return f"the engine speaks {engine}; this installation of moorage has {ours}: {way_out}"

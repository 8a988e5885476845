"""The choice of a build's builder: BuildKit, or the engine's classic one."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from enum import Enum
from functools import partial
from typing import Any

from moorage.buildkit.extra import HINT, installed
from moorage.errors import OperationUnavailable
from moorage.transport.steps import Await, Steps
from moorage.versions.numbers import version_key

__all__ = ["Builder", "choose"]

_log = logging.getLogger(__name__)
_SINCE = "1.40"
# BuildKit would ignore these before Docker 23, whose API is this one.
_NEW = {"contexts": "contexts", "shmsize": "shm_size", "ulimits": "ulimits"}
_NEW_SINCE = "1.42"
# BuildKit would ignore these.
_CLASSIC = frozenset(
    {"cpuperiod", "cpuquota", "cpusetcpus", "cpushares", "memory", "memswap", "q", "squash"}
)
_NETWORKS = ("default", "host", "none")


class Builder(Enum):
    """The way a build is done."""

    CLASSIC = "classic"
    ARCHIVE = "BuildKit, from an archive"
    SESSION = "BuildKit, with a session"


def choose(
    engine: Any, builder: str | None, needs: Collection[str], fields: Mapping[str, Any]
) -> Steps[Builder]:
    """Choose the builder; at most a query is sent to the engine.

    Args:
        engine: The engine.
        builder: The builder that was asked for by name.
        needs: The given keywords that need a session.
        fields: The other keywords, by the engine's names.

    Raises:
        ValueError: The keywords are for different builders.
        ImportError: The choice needs the extra `buildkit`, which is not installed.
        OperationUnavailable: The engine has no BuildKit, or the API version has none.
    """
    if builder not in (None, "classic", "buildkit"):
        raise ValueError(f'builder is "classic", "buildkit" or None, not {builder!r}')
    classic = sorted(_CLASSIC & {*fields})
    if fields.get("networkmode", "default") not in _NETWORKS:
        classic.append("network")
    if builder == "classic" and needs:
        raise ValueError(f"build: {next(iter(needs))}= takes BuildKit, not the classic builder")
    wanted = bool(needs) or builder == "buildkit"
    if classic and wanted:
        raise ValueError(f"build: such {classic[0]}= is the classic builder's; BuildKit has none")
    if builder == "classic" or classic:
        return Builder.CLASSIC
    if needs and not installed():
        raise ImportError(f"build: {next(iter(needs))}= takes libraries: {HINT}")
    if not wanted and not installed():
        return Builder.CLASSIC
    what = f"build({next(iter(needs))}=)" if needs else "build(builder='buildkit')"
    if version_key(engine.api_version) < version_key(_SINCE):
        if wanted:
            raise OperationUnavailable(
                f"{what} needs API {_SINCE}; this engine speaks {engine.api_version}"
            )
        return Builder.CLASSIC
    headers = (yield Await(partial(engine.request, "GET", "/_ping"))).headers
    # Docker's engines have it since 18.09; Podman, and engines on Windows, do not.
    without = "Podman" if "libpod-api-version" in headers else ""
    if headers.get("ostype") == "windows":
        without = "an engine on Windows"
    if wanted and without:
        raise OperationUnavailable(f"{what} takes BuildKit, which {without} does not have")
    if not wanted and (without or headers.get("builder-version") != "2"):
        return Builder.CLASSIC
    new = next((name for key, name in _NEW.items() if key in needs or key in fields), None)
    newest = headers.get("api-version", engine.api_version)
    if new and version_key(newest) < version_key(_NEW_SINCE):
        if not wanted:
            return Builder.CLASSIC
        raise OperationUnavailable(
            f"build({new}=) takes BuildKit of an engine with API {_NEW_SINCE}, as Docker 23 and "
            f"newer have it; this one has {newest}"
        )
    if installed():
        return Builder.SESSION
    _log.warning(
        "BuildKit builds from an archive, without its log, credentials, secrets, ssh and outputs: "
        "for these, %s",
        HINT,
    )
    return Builder.ARCHIVE

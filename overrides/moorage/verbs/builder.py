"""Which builder a build takes: BuildKit, or the engine's classic one."""

from __future__ import annotations

import logging
from collections.abc import Collection
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
# BuildKit would pass over them.
_CLASSIC = frozenset(
    {"cpuperiod", "cpuquota", "cpusetcpus", "cpushares", "memory", "memswap", "q", "squash"}
)


class Builder(Enum):
    """How a build is done."""

    CLASSIC = "classic"
    ARCHIVE = "BuildKit, from an archive"
    SESSION = "BuildKit, with a session"


def choose(
    engine: Any, builder: str | None, needs: Collection[str], fields: Collection[str]
) -> Steps[Builder]:
    """Choose; nothing has been sent yet but a question.

    Args:
        engine: The engine.
        builder: The builder that was asked for by name.
        needs: The keywords that were given and that only a session can serve.
        fields: The other keywords.

    Raises:
        ValueError: The keywords are for different builders.
        ImportError: What was asked for takes the extra, which is not installed.
        OperationUnavailable: The engine has no BuildKit, or the API version has none.
    """
    if builder not in (None, "classic", "buildkit"):
        raise ValueError(f'builder is "classic", "buildkit" or None, not {builder!r}')
    classic = sorted(_CLASSIC & {*fields})
    if builder == "classic" and needs:
        raise ValueError(f"build: {next(iter(needs))}= takes BuildKit, not the classic builder")
    wanted = bool(needs) or builder == "buildkit"
    if classic and wanted:
        raise ValueError(f"build: {classic[0]}= is the classic builder's; BuildKit has no such")
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
    if installed():
        return Builder.SESSION
    _log.warning(
        "BuildKit builds from an archive, without its log, credentials, secrets, ssh and outputs: "
        "for these, %s",
        HINT,
    )
    return Builder.ARCHIVE

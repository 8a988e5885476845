"""Opens the engines: starts the private ones, and asks each which API versions it speaks."""

from __future__ import annotations

import contextlib

import moorage
from moorage.host import find_host
from moorage.host.quoting import veiled
from moorage.private import PrivateEngineError, private_release
from moorage_pytest.target import About, TestedHost

__all__ = ["open_host"]


def open_host(host: TestedHost, stack: contextlib.ExitStack) -> About:
    """Reach an engine, which is stopped by the stack if it is started here.

    Returns:
        What it says of itself; or why it can't be asked, in one line.
    """
    url = host.url and veiled(host.url)
    shown = host.name
    try:
        if host.release:
            url = stack.enter_context(private_release(host.release)).host
        shown = str(find_host(url))
        with moorage.connect(host=url) as engine:
            said = engine.system.version()
    except (moorage.EngineError, PrivateEngineError, ValueError) as error:
        return About(shown, url, failure=f"no engine {host.name}: {error}{_hint(host)}")
    return About(
        shown,
        url,
        said.version or "?",
        said.min_api_version or engine.api_version,
        said.api_version or engine.api_version,
        engine.api_version,
    )


def _hint(host: TestedHost) -> str:
    if host.url or host.release:
        return ""
    return "\nName one by --engine-host HOST, or have one started by --engine-private 28.5"

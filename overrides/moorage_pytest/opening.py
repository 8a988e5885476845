"""Open the engines: start the private ones, and query each one's API versions."""

from __future__ import annotations

import contextlib

import moorage
from moorage.host import find_host
from moorage.host.quoting import veiled
from moorage.negotiation import negotiation
from moorage.printable import one_line
from moorage.private import PrivateEngineError, private_release
from moorage.transport.sync import Transport
from moorage.transport.threads import run
from moorage.versions.bundled import bundled_versions, find_version
from moorage.versions.numbers import VERSION_VARIABLE
from moorage_pytest.target import About, TestedHost

__all__ = ["open_host"]


def open_host(host: TestedHost, stack: contextlib.ExitStack) -> About:
    """Connect to an engine; the stack stops one started here.

    Returns:
        Its facts; or the reason why it can't be reached, in one line.
    """
    url = host.url and veiled(host.url)
    shown = host.name
    try:
        if host.release:
            started = private_release(host.release, min_api=host.min_api)
            url = stack.enter_context(started).host
        elif host.recorded:
            from moorage.testing import Replayer

            host.tape = stack.enter_context(Replayer(host.recorded))
            url = host.tape.host
        elif host.fake_version:
            from moorage.testing import FakeEngine

            host.fake = stack.enter_context(FakeEngine(host.fake_version))
            url = host.fake.host
        shown = str(find_host(url))
        negotiated = _negotiated(url)
        with moorage.connect(version=negotiated, host=url) as engine:
            said = engine.system.version()
    except (moorage.EngineError, PrivateEngineError, ValueError, OSError) as error:
        return About(shown, url, failure=f"no engine {host.name}: {error}{_hint(host)}")
    chosen = find_version(None)
    return About(
        shown,
        url,
        one_line(said.version or "?"),
        said.min_api_version or negotiated,
        said.api_version or negotiated,
        chosen or negotiated,
        VERSION_VARIABLE if chosen else "",
    )


def _negotiated(url: str | None) -> str:
    """Negotiate, even if DOCKER_API_VERSION names a version that the engine may refuse."""
    transport = Transport(find_host(url))
    try:
        return run(negotiation(bundled_versions(), transport.pool))
    finally:
        transport.close()


def _hint(host: TestedHost) -> str:
    if host.url or host.release or host.fake_version or host.recorded:
        return ""
    return (
        "\nName one by --engine-host HOST, have one started by --engine-private 28.5, or leave "
        'these tests out: -m "not engine" or --engine-missing skip'
    )

"""Find the engine: given, named by the environment or the docker CLI, or at a default socket.

The order is the docker CLI's, with more steps after it; docs/hosts.md has the table.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import TYPE_CHECKING

from attrs import evolve

from moorage.host.address import DEFAULT_HOST, Host
from moorage.host.parse import may_have_tls, parse_host
from moorage.host.quoting import veiled
from moorage.host.tls import TLS, environment_tls

if TYPE_CHECKING:
    import ssl

__all__ = ["DEFAULT_SOCKET", "DEFAULT_SOURCE", "find_host", "is_socket"]

DEFAULT_SOURCE = "the default socket"
DEFAULT_SOCKET = DEFAULT_HOST.removeprefix("unix://")
_DEFAULT_TLS_HOST = "tcp://localhost:2376"
RUNTIME_FOLDERS = "/run/user"
PODMAN_SOCKET = "/run/podman/podman.sock"


def find_host(
    host: str | None = None,
    tls: ssl.SSLContext | TLS | None = None,
    context: str | None = None,
) -> Host:
    """Find the engine.

    Args:
        host: Its URL.
        tls: TLS material for TCP, instead of that of the environment or the context.
        context: The name of a context of the docker CLI.

    Raises:
        TypeError: Both a host and a context are given, or one of another type.
        ValueError: The host is malformed, or of a kind that moorage can't reach; there is no such
            context; or a file of a context or of TLS can't be used.
    """
    _check(host, context, tls)
    if host is not None:
        host = veiled(host)
        return _parsed(host, "the argument host=", tls, environment_tls())
    if context is not None:
        return _of_context(context, f"the context {context!r} of the argument context=", tls)
    if os.environ.get("DOCKER_HOST"):
        return _of_environment(tls)
    if name := os.environ.get("DOCKER_CONTEXT"):
        return _of_context(name, f"the context {name!r} of DOCKER_CONTEXT", tls)
    from moorage.host.contexts import current_context

    if current := current_context():
        return _of_context(current[0], f"the current context {current[0]!r} in {current[1]}", tls)
    return _of_environment(tls)


def _check(host: object, context: object, tls: object) -> None:
    if host is not None and context is not None:
        raise TypeError("give host= or context=, not both")
    if context is not None and not isinstance(context, str):
        raise TypeError(f"context takes the name of one, a str, not {type(context).__name__}")
    if tls is not None and not isinstance(tls, TLS):
        import ssl

        if not isinstance(tls, ssl.SSLContext):
            raise TypeError(
                "tls takes a TLS(ca=…, cert=…, key=…) or an ssl.SSLContext, not"
                f" {type(tls).__name__}"
            )


def _parsed(
    host: str, source: str, tls: ssl.SSLContext | TLS | None, ambient: TLS | None = None
) -> Host:
    """Parse a host; TLS of the environment applies where possible, TLS that is given must fit."""
    host = veiled(host)
    if tls is None and may_have_tls(host):
        tls = ambient
    try:
        return evolve(parse_host(host, tls), source=source)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None


def _of_context(name: str, source: str, tls: ssl.SSLContext | TLS | None) -> Host:
    from moorage.host.contexts import DEFAULT, load_context

    if name == DEFAULT:
        return _of_environment(tls)
    try:
        context = load_context(name)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None
    return _parsed(context.host, source, tls, context.tls)


def _of_environment(tls: ssl.SSLContext | TLS | None) -> Host:
    ambient = environment_tls()
    if named := veiled(os.environ.get("DOCKER_HOST", "")):
        return _parsed(named, "DOCKER_HOST", tls, ambient)
    if wanted := tls or ambient:
        return _parsed(_DEFAULT_TLS_HOST, "the default where TLS is wanted", wanted)
    for path, source in _sockets():
        if is_socket(path):
            return _parsed(f"unix://{path}", source, None)
    return _parsed(f"unix://{DEFAULT_SOCKET}", DEFAULT_SOURCE, None)


def _sockets() -> Iterator[tuple[str, str]]:
    yield DEFAULT_SOCKET, DEFAULT_SOURCE
    runtime = os.environ.get("XDG_RUNTIME_DIR", "").rstrip("/")
    if not runtime.startswith("/"):
        # Services and cron lack the variable, but the folder exists all the same.
        runtime = f"{RUNTIME_FOLDERS}/{os.getuid()}"
    yield f"{runtime}/docker.sock", "the rootless socket"
    # Where rootless Docker was set up without the variable.
    yield os.path.expanduser("~/.docker/run/docker.sock"), "the rootless socket"  # noqa: PTH111
    yield f"{runtime}/podman/podman.sock", "Podman's socket"
    yield PODMAN_SOCKET, "Podman's socket"


def is_socket(path: str) -> bool:
    """Return whether a socket exists that this user may see."""
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)  # noqa: PTH116 - pathlib is slow to import
    except (OSError, ValueError):  # missing, or in a folder this user can't read
        return False

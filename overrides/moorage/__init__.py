"""The Docker Engine API in Python, one typed client per API version.

import moorage

with moorage.connect() as engine:
    for container in engine.containers.list(all=True):
        print(container.id, container.state)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from moorage.connect import connect, connect_async
from moorage.errors import (
    APIError,
    BadRequest,
    Conflict,
    ConnectionFailed,
    CredentialsFailed,
    EngineError,
    ExecuteTimedOut,
    Forbidden,
    InvalidAnswer,
    NotFound,
    OperationFailed,
    OperationUnavailable,
    ServerError,
    StreamInterrupted,
    TimedOut,
    Unauthorized,
    Unavailable,
    UnsafeArchive,
    UnsupportedVersion,
)

if TYPE_CHECKING:
    from moorage import auth
    from moorage.auth.registry_auth import RegistryAuth
    from moorage.execute import Executed
    from moorage.host.tls import TLS
    from moorage.path_stat import PathStat
    from moorage.response import Response
    from moorage.streams.frames import Line, Output
    from moorage.timestamps import parse_timestamp
    from moorage.wire.frames import Frame

    VERSIONS: tuple[str, ...]

__all__ = [
    # Opening an engine
    "connect",
    "connect_async",
    "VERSIONS",
    # Credentials
    "auth",
    "RegistryAuth",
    # Values
    "Response",
    "Executed",
    "Frame",
    "Line",
    "Output",
    "PathStat",
    "TLS",
    "parse_timestamp",
    # Errors
    "EngineError",
    "APIError",
    "BadRequest",
    "Unauthorized",
    "Forbidden",
    "NotFound",
    "Conflict",
    "ServerError",
    "Unavailable",
    "OperationFailed",
    "UnsupportedVersion",
    "OperationUnavailable",
    "ConnectionFailed",
    "TimedOut",
    "StreamInterrupted",
    "ExecuteTimedOut",
    "UnsafeArchive",
    "CredentialsFailed",
    "InvalidAnswer",
]


_HOMES = {
    "Executed": "execute",
    "Frame": "wire.frames",
    "Line": "streams.frames",
    "Output": "streams.frames",
    "PathStat": "path_stat",
    "RegistryAuth": "auth.registry_auth",
    "Response": "response",
    "TLS": "host.tls",
    "parse_timestamp": "timestamps",
}


if not TYPE_CHECKING:  # to a type checker, there is no more than it sees

    def __getattr__(name: str) -> Any:
        # Imported when first asked for, to keep `import moorage` fast.
        if name == "auth":
            return import_module("moorage.auth")
        if name == "VERSIONS":
            return import_module("moorage.bundled").bundled_versions()
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

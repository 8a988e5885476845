"""The Docker Engine API in Python, one typed client per API version.

import moorage

with moorage.connect() as engine:
    for container in engine.containers.list(all=True):
        print(container.id, container.state)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from moorage import auth
from moorage.auth import RegistryAuth
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
from moorage.execute import Executed
from moorage.host import TLS
from moorage.path_stat import PathStat
from moorage.response import Response
from moorage.streams.frames import Line, Output
from moorage.timestamps import parse_timestamp
from moorage.wire.frames import Frame

if TYPE_CHECKING:
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


if not TYPE_CHECKING:  # to a type checker, there is no more than it sees

    def __getattr__(name: str) -> Any:
        # The generated package imports this one; it is asked late, to keep them from a circle.
        if name == "VERSIONS":
            return import_module("moorage.versions").bundled_versions()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

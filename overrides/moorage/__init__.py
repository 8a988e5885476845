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
    BuildFailed,
    Conflict,
    ConnectionFailed,
    CredentialsFailed,
    EditConflict,
    EngineError,
    ExecuteTimedOut,
    Forbidden,
    InvalidAnswer,
    NotFound,
    OperationFailed,
    OperationUnavailable,
    RunFailed,
    ServerError,
    ServiceFailed,
    StreamClosed,
    StreamInterrupted,
    TimedOut,
    Unauthorized,
    Unavailable,
    Unhealthy,
    UnsafeArchive,
    UnsupportedVersion,
)

if TYPE_CHECKING:
    from moorage import auth, parse, progress
    from moorage.archives.context import context
    from moorage.archives.path_stat import PathStat
    from moorage.auth.reference import Reference
    from moorage.auth.registry_auth import RegistryAuth
    from moorage.buildkit.secret_sources import EnvVar
    from moorage.host.address import Host
    from moorage.host.find import find_host
    from moorage.host.tls import TLS
    from moorage.parse.timestamps import parse_timestamp
    from moorage.response import Response
    from moorage.streams.download import AsyncDownload, Download
    from moorage.streams.events import AsyncEvents, Events
    from moorage.streams.frames import AsyncFrames, Frames, Line, Output
    from moorage.streams.json_stream import AsyncJsonStream, JsonStream
    from moorage.streams.session import AsyncSession, Session
    from moorage.streams.websocket import AsyncWebSocket, WebSocket
    from moorage.verbs.executed import Executed
    from moorage.verbs.running_container import AsyncRunning, Running
    from moorage.wire.frames import Frame

    VERSIONS: tuple[str, ...]
    __version__: str

__all__ = [
    # Opening an engine
    "connect",
    "connect_async",
    "find_host",
    "Host",
    "VERSIONS",
    "__version__",
    # Credentials
    "auth",
    "RegistryAuth",
    # Short forms of the docker CLI
    "parse",
    "Reference",
    # Parts of the verbs
    "context",
    "progress",
    "EnvVar",
    # Values
    "Response",
    "Executed",
    "Running",
    "AsyncRunning",
    "Frame",
    "Line",
    "Output",
    "PathStat",
    "TLS",
    "parse_timestamp",
    # Streams, as operations return them
    "AsyncDownload",
    "Download",
    "AsyncEvents",
    "Events",
    "AsyncFrames",
    "Frames",
    "AsyncJsonStream",
    "JsonStream",
    "AsyncSession",
    "Session",
    "AsyncWebSocket",
    "WebSocket",
    # Errors
    "EngineError",
    "APIError",
    "BadRequest",
    "BuildFailed",
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
    "StreamClosed",
    "ExecuteTimedOut",
    "RunFailed",
    "Unhealthy",
    "ServiceFailed",
    "EditConflict",
    "UnsafeArchive",
    "CredentialsFailed",
    "InvalidAnswer",
]


_HOMES = {
    "AsyncDownload": "streams.download",
    "AsyncEvents": "streams.events",
    "AsyncFrames": "streams.frames",
    "AsyncJsonStream": "streams.json_stream",
    "AsyncSession": "streams.session",
    "AsyncWebSocket": "streams.websocket",
    "EnvVar": "buildkit.secret_sources",
    "Download": "streams.download",
    "Events": "streams.events",
    "Executed": "verbs.executed",
    "Frame": "wire.frames",
    "Frames": "streams.frames",
    "Host": "host.address",
    "JsonStream": "streams.json_stream",
    "Line": "streams.frames",
    "Output": "streams.frames",
    "PathStat": "archives.path_stat",
    "Reference": "auth.reference",
    "RegistryAuth": "auth.registry_auth",
    "context": "archives.context",
    "Response": "response",
    "AsyncRunning": "verbs.running_container",
    "Running": "verbs.running_container",
    "Session": "streams.session",
    "TLS": "host.tls",
    "WebSocket": "streams.websocket",
    "find_host": "host.find",
    "parse_timestamp": "parse.timestamps",
}


if not TYPE_CHECKING:  # a type checker sees only the names above

    def __getattr__(name: str) -> Any:
        # Imported when first asked for, to keep `import moorage` fast.
        if name in ("auth", "parse", "progress"):
            return import_module(f"moorage.{name}")
        if name == "VERSIONS":
            return import_module("moorage.versions.bundled").bundled_versions()
        if name == "__version__":
            return import_module("importlib.metadata").version("moorage")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f".{_HOMES[name]}", __name__), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

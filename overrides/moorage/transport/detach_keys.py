"""The detach keys of config.json, for sessions that are given none: as the docker CLI does."""

from __future__ import annotations

import logging
from typing import Any

from moorage.host.config import config_path, member, read_config
from moorage.parse.detach_keys import detach_keys
from moorage.request import Request

__all__ = ["with_detach_keys"]

_log = logging.getLogger(__name__.removesuffix("transport.detach_keys") + "host")


def with_detach_keys(request: Request[Any]) -> None:
    """Give a request that begins a session the configured keys, unless it has keys of its own."""
    match request.operation:
        case "ContainerAttach" | "ContainerAttachWebsocket":
            if request.query.get("detachKeys") is None and (keys := _configured()):
                request.query = {**request.query, "detachKeys": keys}
        case "ContainerExec":
            body = request.json
            if body.get("Tty") and body.get("DetachKeys") is None and (keys := _configured()):
                body["DetachKeys"] = keys


def _configured() -> str | None:
    path = config_path()
    try:
        keys = member(read_config(path) or {}, "detachKeys")
        if not isinstance(keys, str | None):
            raise ValueError(f"{path}: detachKeys is no str")
        detach_keys(keys or "")
    except ValueError as error:
        _log.warning("did not send the detach keys of config.json: %s", error)
        return None
    return keys

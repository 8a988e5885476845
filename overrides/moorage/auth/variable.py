"""Credentials in DOCKER_AUTH_CONFIG, which take precedence over config.json."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from moorage.auth.config import Config

__all__ = ["VARIABLE", "of_variable"]

VARIABLE = "DOCKER_AUTH_CONFIG"


def of_variable() -> Config | None:
    """Read the variable; None if it is not set.

    Raises:
        ValueError: It is malformed; the message shows no value.
    """
    if not os.environ.get(VARIABLE):
        return None
    entries = _entries()
    if entries is None:
        raise ValueError(f'{VARIABLE} is not {{"auths": {{"registry": {{"auth": "base64"}}}}}}')
    return Config(Path(VARIABLE), "", {}, entries)


def _entries() -> dict[str, Any] | None:
    # No error is raised here: the frame holds the secrets.
    try:
        data = json.loads(os.environ[VARIABLE])
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not data.keys() <= {"auths"}:
        return None
    entries = data.get("auths") or {}
    if not isinstance(entries, dict):
        return None
    for entry in entries.values():
        if not isinstance(entry, dict) or entry.keys() != {"auth"}:
            return None
        if not isinstance(entry["auth"], str) or not entry["auth"]:
            return None
    return entries

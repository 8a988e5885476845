"""The docker CLI's folder of configuration, and the JSON in it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["config_folder", "config_path", "member", "parse_config", "read_config", "read_json"]


def config_folder() -> Path:
    """Return the folder: DOCKER_CONFIG, else ~/.docker."""
    from pathlib import Path

    named = os.environ.get("DOCKER_CONFIG")
    # Unlike pathlib's, this does not fail for a user who has no home.
    return Path(named or os.path.expanduser("~/.docker"))  # noqa: PTH111


def config_path() -> str:
    """Return the path of config.json; a str, since pathlib is slow to import."""
    named = os.environ.get("DOCKER_CONFIG")
    return os.path.join(named or os.path.expanduser("~/.docker"), "config.json")  # noqa: PTH111, PTH118


def parse_config(data: bytes) -> dict[str, Any]:
    """Parse a config.json as the CLI does: an empty file and null are empty.

    Raises:
        ValueError: It is malformed; the error may carry its content.
    """
    text = data.decode().lstrip(" \t\r\n")
    # Anything after the document is ignored.
    found = json.JSONDecoder().raw_decode(text)[0] if text else None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("it is not an object")
    return found


def member(data: dict[str, Any], name: str) -> Any:
    """Look up a member of a config.json; case is ignored, and the last one wins."""
    found = [value for key, value in data.items() if key.lower() == name.lower()]
    return found[-1] if found else None


def read_config(path: str) -> dict[str, Any] | None:
    """Read a config.json; None if this user has none.

    Raises:
        ValueError: It is malformed; the message shows no content, which may be secret.
    """
    return _read(path, parse_config)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None if this user has no such file.

    Raises:
        ValueError: It is malformed; the message shows no content, which may be secret.
    """
    return _read(str(path), _parse_object)


def _parse_object(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("it is not an object")
    return found


def _read(path: str, parse: Callable[[bytes], dict[str, Any]]) -> dict[str, Any] | None:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib is slow to import
            return parse(file.read())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        problem = str(error)
    # Raised here because the error above carries the whole document.
    raise ValueError(f"{path} is not the JSON that the docker CLI writes: {problem}")

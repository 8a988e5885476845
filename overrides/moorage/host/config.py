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
    """Parse a config.json as the CLI does: nothing at all and null are empty; an end is an end.

    Raises:
        ValueError: It is malformed. The error may carry what it holds.
    """
    text = data.decode().lstrip(" \t\r\n")
    # What follows the document is not read.
    found = json.JSONDecoder().raw_decode(text)[0] if text else None
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ValueError("it is no object")
    return found


def member(data: dict[str, Any], name: str) -> Any:
    """Look up a member of a config.json; letters' case does not matter, and the last one counts."""
    found = [value for key, value in data.items() if key.lower() == name.lower()]
    return found[-1] if found else None


def read_config(path: str) -> dict[str, Any] | None:
    """Read a config.json; None where it is not there for this user.

    Raises:
        ValueError: It is malformed. What is in it is not shown: it may be secret.
    """
    return _read(path, parse_config)


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where the file is not there for this user.

    Raises:
        ValueError: It is malformed. What is in it is not shown: it may be secret.
    """
    return _read(str(path), _parse_object)


def _parse_object(data: bytes) -> dict[str, Any]:
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("it is no object")
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
    # Here, since the error above carries all of the document.
    raise ValueError(f"{path} is not the JSON that the docker CLI writes: {problem}")

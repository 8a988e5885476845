"""The docker CLI's folder of configuration, and the JSON in it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["config_folder", "read_json"]


def config_folder() -> Path:
    """Return the folder: DOCKER_CONFIG, else ~/.docker."""
    from pathlib import Path

    named = os.environ.get("DOCKER_CONFIG")
    # Unlike pathlib's, this does not fail for a user who has no home.
    return Path(named or os.path.expanduser("~/.docker"))  # noqa: PTH111


def read_json(path: Path) -> dict[str, Any] | None:
    """Read a JSON object; None where the file is not there for this user.

    Raises:
        ValueError: it is malformed. What is in it is not shown: it may be secret.
    """
    try:
        data = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        problem = str(error)
    else:
        if isinstance(data, dict):
            return data
        del data
        problem = "it is no object"
    # Here, since the error above carries all of the document.
    raise ValueError(f"{path} is not the JSON that the docker CLI writes: {problem}")

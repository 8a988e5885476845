"""Load images from a tar archive."""

from __future__ import annotations

import re
from typing import Any

from moorage.errors import OperationFailed
from moorage.progress import OnProgress, reported
from moorage.request import AsyncContent
from moorage.transport.steps import Steps
from moorage.verbs.following import followed

__all__ = ["load"]

_LOADED = re.compile(r"Loaded image(?: ID|\(s\))?: (.+)")


def load(
    engine: Any, source: AsyncContent, *, on_progress: OnProgress | None = None
) -> Steps[list[str]]:
    """Load images from a tar archive made by `save`.

    Args:
        engine: The engine, whose operations the steps call or await.
        source: The archive: a path, bytes, an open binary file, or chunks.
        on_progress: Called with a `moorage.progress.Progress`; `moorage.progress.rich()` shows it.

    Returns:
        The names of the loaded images; the ID of one without a name.

    Raises:
        OperationFailed: The archive has no images.
        APIError: The engine refused it.
        OSError: The file can't be read.
    """
    names: list[str] = []
    with reported(on_progress, "load", "images") as report:

        def take(item: Any) -> None:
            for line in (item.stream or "").splitlines():
                if found := _LOADED.fullmatch(line.strip()):
                    names.extend(found[1].split(","))
            report(item)

        yield from followed(engine.images.load(source), take)
        if not names:
            raise OperationFailed("the archive has no images", "ImageLoad")
    return names

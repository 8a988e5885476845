"""Save images to a tar archive."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from os import PathLike
from typing import Any

from moorage.streams.writing import Writable
from moorage.transport.steps import Await, Steps

__all__ = ["save"]


def save(
    engine: Any, references: str | Iterable[str], destination: str | PathLike[str] | Writable
) -> Steps[int]:
    """Save images to a tar archive, for `load`.

    Args:
        engine: The engine, whose operations the steps call or await.
        references: One or several names or IDs; a name without a tag means all its tags.
        destination: A path, which changes only when everything has arrived; or an open binary file.

    Returns:
        The bytes written.

    Raises:
        ValueError: No image is named.
        NotFound: An image does not exist; older engines raise ServerError.
        StreamInterrupted: The connection was cut.
        OSError: The file can't be written.
    """
    names = [references] if isinstance(references, str) else [*references]
    if not names or not all(isinstance(each, str) and each for each in names):
        raise ValueError("save() takes the name of an image, or several")
    download = engine.images.get_all(names=names)
    try:
        length: int = yield Await(partial(download.write_to, destination))
    finally:
        download.disconnect()
    return length

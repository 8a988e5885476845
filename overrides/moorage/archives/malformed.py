"""Tar archives that are none, or would be unsafe to extract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from moorage.errors import InvalidAnswer, UnsafeArchive

__all__ = ["tar_errors"]

# Errors that tarfile raises, besides its own, for headers that no program would write.
_MALFORMED = (ArithmeticError, AttributeError, EOFError, LookupError, TypeError, ValueError)


@contextmanager
def tar_errors() -> Iterator[None]:
    """Raise what tarfile raises as moorage's errors.

    Raises:
        UnsafeArchive: Python's filter refuses a member.
        InvalidAnswer: The bytes are no tar archive.
    """
    # Imported here: streams are used without archives.
    import tarfile

    try:
        yield
    except (tarfile.TarError, *_MALFORMED) as error:
        # Python before 3.11.4 has no filters.
        if isinstance(error, getattr(tarfile, "FilterError", ())):
            raise UnsafeArchive(f"the archive is not extracted: {error}") from error
        raise InvalidAnswer(f"what came is no tar archive ({error})") from error

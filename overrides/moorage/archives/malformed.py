"""Malformed tar archives, and those that are unsafe to extract."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from moorage.errors import InvalidAnswer, UnsafeArchive

__all__ = ["tar_errors"]

# Errors that tarfile raises, besides its own, for headers that no program would write.
_MALFORMED = (
    *(ArithmeticError, AttributeError, EOFError, LookupError),
    *(MemoryError, RecursionError, TypeError, ValueError),
)
# Errors of the operating system that a member's name, target, size or time causes; a full disk or a
# missing permission is none of them.
_MEMBER = {
    *(errno.EEXIST, errno.EFBIG, errno.EILSEQ, errno.EINVAL, errno.EISDIR, errno.ELOOP),
    *(errno.EMLINK, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.EOVERFLOW),
}


@contextmanager
def tar_errors(name: str = "") -> Iterator[None]:
    """Translate errors of tarfile, and system errors caused by a member, to moorage's errors.

    Args:
        name: The member that is extracted, if one is.

    Raises:
        UnsafeArchive: The member can't be made in a file system.
        InvalidAnswer: The bytes are not a tar archive.
    """
    # Imported here: streams are used without archives.
    import tarfile

    try:
        yield
    except (tarfile.TarError, *_MALFORMED) as error:
        raise InvalidAnswer(f"the content is not a tar archive ({error!s:.200})") from error
    except OSError as error:
        if not name or error.errno not in _MEMBER:
            raise
        raise UnsafeArchive(
            f"the archive is not extracted: {name!r:.200} can't be made ({error.strerror})"
        ) from error

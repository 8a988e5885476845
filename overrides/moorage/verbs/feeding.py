"""The input of a process, from its source to its session."""

from __future__ import annotations

from functools import partial

from moorage.errors import StreamInterrupted
from moorage.streams.session import AsyncSession, Session
from moorage.transport.steps import Await, Steps
from moorage.transport.upload import Upload

__all__ = ["feed"]


def feed(
    session: Session | AsyncSession, upload: Upload, piece: bytes | bytearray | memoryview
) -> Steps[None]:
    """Write all input to a session, and end it.

    Args:
        session: The session.
        upload: The rest of the input.
        piece: The first piece of it.
    """
    try:
        while piece:
            yield Await(partial(session.write, bytes(piece)))
            piece = yield from upload.piece()
        yield Await(session.close_write)
    except StreamInterrupted:
        # The command need not read all its input; the end of its output tells how it ended.
        pass

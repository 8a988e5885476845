"""Split frames, which end anywhere, into whole lines; without I/O."""

from __future__ import annotations

from moorage.wire.frames import Frame

__all__ = ["LineSplitter"]


class LineSplitter:
    """Joins the pieces of each stream's lines, however the frames are cut."""

    def __init__(self) -> None:
        self._pending: dict[str, list[Frame]] = {}

    def feed(self, frame: Frame) -> list[Frame]:
        """Add a frame, and return the lines that are complete now, without their ends."""
        pending = self._pending.setdefault(frame.stream, [])
        head, end, rest = frame.data.rpartition(b"\n")
        if not end:
            pending.append(frame)
            return []
        whole = b"".join([*(each.data for each in pending), head])
        pending[:] = [Frame(frame.stream, rest)] if rest else []
        # A terminal ends its lines with \r\n.
        return [Frame(frame.stream, line.removesuffix(b"\r")) for line in whole.split(b"\n")]

    def close(self) -> list[Frame]:
        """End the input; returns the last unended line of each stream."""
        return [
            Frame(pending[0].stream, b"".join(each.data for each in pending))
            for pending in self._pending.values()
            if pending
        ]
